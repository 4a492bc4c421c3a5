/** What one frame tells a tab: everything since the last, in the fewest messages, because each costs (DESIGN 6). */
import type { Op } from '../../lib/protocol/ops.ts'
import type { FeedMessage, Outcome } from '../../lib/protocol/port-messages.ts'
import { isPrimitive } from '../../lib/protocol/value.ts'

type OfType<T extends FeedMessage['type']> = Extract<FeedMessage, { type: T }>

/**
 * 1. Patches are one per handle, at the place of the first: commits made in one go show in one go (rule F3). What a stream
 *    does, or a snapshot, stays between those around it.
 * 2. Calls that began to run are one message, at the place of the first.
 * 3. Calls that one after the other had the same outcome are one message: none is told before the patches it follows (A5).
 */
export class Frame {
  readonly messages: FeedMessage[] = []
  /** Operations by handle, to which more may be added. */
  readonly #ops = new Map<number, Op[]>()
  #running: string[] | undefined
  /** The last message, if it is of outcomes. */
  #ended: (OfType<'outcome' | 'settled'> & { readonly calls: string[] }) | undefined

  constructor(messages: readonly FeedMessage[]) {
    for (const message of messages) this.#add(message)
  }

  #add(message: FeedMessage): void {
    switch (message.type) {
      case 'patch':
        return this.#addPatch(message)
      case 'running':
        return this.#addRunning(message)
      case 'outcome':
      case 'settled':
        return this.#addOutcome(message)
      case 'stream':
      case 'snapshot':
        this.#ops.delete(message.handle)
        return this.#push(message)
      case 'undo':
      case 'presence':
      case 'handle-error':
      case 'sync':
      case 'rejected':
        return this.#push(message)
    }
  }

  #addPatch(message: OfType<'patch'>): void {
    const known = this.#ops.get(message.handle)
    if (known !== undefined) return addAll(known, message.ops)
    const ops = [...message.ops]
    this.#ops.set(message.handle, ops)
    this.#push({ ...message, ops })
  }

  #addRunning(message: OfType<'running'>): void {
    if (this.#running !== undefined) return addAll(this.#running, message.calls)
    this.#running = [...message.calls]
    this.#push({ ...message, calls: this.#running })
  }

  #addOutcome(message: OfType<'outcome' | 'settled'>): void {
    const before = this.#ended
    if (before?.type === message.type && isSameOutcome(before.outcome, message.outcome)) return addAll(before.calls, message.calls)
    const ended = { ...message, calls: [...message.calls] }
    this.#push(ended)
    this.#ended = ended
  }

  #push(message: FeedMessage): void {
    this.messages.push(message)
    this.#ended = undefined
  }
}

function addAll<T>(list: T[], more: readonly T[]): void {
  for (const item of more) list.push(item)
}

function isSameOutcome(a: Outcome, b: Outcome): boolean {
  return a.ok && b.ok && a.settled === b.settled && isPrimitive(a.value) && Object.is(a.value, b.value)
}
