/** What one frame tells a tab: everything since the last, in the fewest messages. */
import type { FeedMessage } from '../../lib/protocol/port-messages.ts'

type Patch = Extract<FeedMessage, { type: 'patch' }>

/**
 * The messages, with patches that come in one frame as one per handle, at the place of the first: commits made in one go
 * show in one go, and cost a tab one change (rule F3). What a stream does, or a snapshot, stays between those around it.
 */
export function mergePatches(messages: readonly FeedMessage[]): FeedMessage[] {
  const merged: FeedMessage[] = []
  const open = new Map<number, Patch['ops'][number][]>()
  for (const message of messages) {
    if (message.type === 'stream' || message.type === 'snapshot') open.delete(message.handle)
    if (message.type !== 'patch') {
      merged.push(message)
      continue
    }
    const earlier = open.get(message.handle)
    if (earlier !== undefined) for (const op of message.ops) earlier.push(op)
    else {
      const ops = [...message.ops]
      open.set(message.handle, ops)
      merged.push({ ...message, ops })
    }
  }
  return merged
}
