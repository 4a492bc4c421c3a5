/** What the server says, as frames. Commits and snapshots go out as the texts that engines keep, never parsed again. */
import type { ServerMessage } from '../lib/protocol/sync-messages.ts'
import { encode } from '../lib/protocol/wire.ts'

/** Commits go out in frames of about this size, so that a slow line can be told from a dead one; a larger commit goes alone. */
export const CHUNK_BYTES = 512 * 1024

/** Three bytes are the most that one character takes, so a part is at most 510 KiB, and a frame with it 1 MiB. */
const SNAPSHOT_PART_CHARS = 170 * 1024

const encoder = new TextEncoder()

export function frame(message: ServerMessage): string {
  return encode(message)
}

/** Errors of one instance name it; those without concern the socket. */
export function errorFrame(code: string, message: string, more: { readonly instance?: string; readonly retryMs?: number } = {}): string {
  return frame({ type: 'error', code, message, ...more })
}

/** `commits` messages, as few as fit the size of a chunk. */
export function commitsFrames(instance: string, log: string, from: number, texts: readonly string[]): string[] {
  const frames: string[] = []
  for (let start = 0; start < texts.length;) {
    const end = start + countThatFit(texts, start)
    const head = encode({ type: 'commits', instance, log, from: from + start }).slice(0, -1)
    frames.push(`${head},"commits":[${texts.slice(start, end).join(',')}]}`)
    start = end
  }
  return frames
}

/** How many of the texts from `start` on fit into one chunk; at least one. */
function countThatFit(texts: readonly string[], start: number): number {
  let bytes = 0
  let end = start
  for (; end < texts.length; end++) {
    bytes += encoder.encode(texts[end]).length + 1
    if (bytes > CHUNK_BYTES) break
  }
  return Math.max(1, end - start)
}

export function snapshotFrames(instance: string, text: string): string[] {
  const parts = Math.max(1, Math.ceil(text.length / SNAPSHOT_PART_CHARS))
  return Array.from({ length: parts }, (_, part) =>
    frame({ type: 'snapshot-part', instance, part, parts, text: text.slice(part * SNAPSHOT_PART_CHARS, (part + 1) * SNAPSHOT_PART_CHARS) }),
  )
}
