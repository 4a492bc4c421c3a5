/** What a device lacks when it opens an instance, and sending it no faster than the device takes it (rules Y8, V4). */
import type { OpenMessage } from '../lib/protocol/sync-messages.ts'
import { commitsFrames, snapshotFrames } from './answers.ts'
import type { InstanceLog } from './instance-log.ts'

export type Cursor = OpenMessage['cursor']

/** A device that has the instance open. */
export interface Receiver {
  /** Does nothing once the device has left. */
  send(text: string): void
  /** Resolves when little is waiting to be sent: with false where the device has left. */
  drained(): Promise<boolean>
}

export type CatchUp =
  /** The device has commits that this log lacks: it was restored from a backup (rule V6). */
  | { readonly kind: 'lineage' }
  /** The commits after `from` are all that it lacks. */
  | { readonly kind: 'tail'; readonly from: number }
  /** Its cursor is of another log, or older than what is kept: it starts from a snapshot. */
  | { readonly kind: 'snapshot' }

/** Pure. A device without a cursor stands before the first commit. */
export function planCatchUp(
  cursor: Cursor,
  log: { readonly id: string | undefined; readonly head: number; readonly trimmed: number },
  newcomerTail: number,
): CatchUp {
  if (log.id === undefined) return cursor === undefined || cursor.offset === 0 ? { kind: 'tail', from: 0 } : { kind: 'lineage' }
  if (cursor === undefined) return log.trimmed === 0 && log.head <= newcomerTail ? { kind: 'tail', from: 0 } : { kind: 'snapshot' }
  if (cursor.log !== log.id) return { kind: 'snapshot' }
  if (cursor.offset > log.head) return { kind: 'lineage' }
  return cursor.offset >= log.trimmed ? { kind: 'tail', from: cursor.offset } : { kind: 'snapshot' }
}

/** Sends a snapshot. @returns false where the device is gone */
export async function sendSnapshot(receiver: Receiver, instance: string, text: string): Promise<boolean> {
  for (const frame of snapshotFrames(instance, text)) {
    if (!(await receiver.drained())) return false
    receiver.send(frame)
  }
  return receiver.drained()
}

/**
 * Sends the commits after `from` up to the head.
 * @param pace resolves when the next may be sent; with false where the device has left
 * @returns the offset of the last one sent; `undefined` where the device has left
 */
export async function sendTail(
  receiver: Receiver,
  instance: string,
  log: InstanceLog,
  from: number,
  pace = () => receiver.drained(),
): Promise<number | undefined> {
  let sent = from
  while (sent < log.head) {
    const texts = await log.read(sent + 1)
    for (const frame of commitsFrames(instance, log.id as string, sent + 1, texts)) receiver.send(frame)
    sent += texts.length
    if (!(await pace())) return undefined
  }
  return sent
}
