/**
 * Streams as they stand in the state and travel: plain objects with the key `$stream`, so that operations, stores and the
 * server need not know of them. What a stream does while its turn runs are events, shown at once and never stored.
 */
import { type ErrorData, HomeroomError } from './errors.ts'
import { isPlainObject } from './value.ts'

export type StreamStatus = 'idle' | 'streaming' | 'done' | 'error'

export interface StreamRecord {
  /** Names the stream within its instance, wherever it stands. */
  readonly $stream: string
  /** What `reset` goes back to. */
  readonly initial: unknown
  readonly current: unknown
  readonly status: StreamStatus
  readonly error?: ErrorData
}

/** What a stream has just done. */
export type StreamEvent =
  | { readonly type: 'append'; readonly chunk: unknown }
  /** Anything but an append: the stream is now as said. */
  | { readonly type: 'now'; readonly record: StreamRecord }

export function isStreamRecord(value: unknown): value is StreamRecord {
  return isPlainObject(value) && typeof value['$stream'] === 'string' && typeof value['status'] === 'string' && 'current' in value
}

/**
 * Strings and arrays concatenate, objects merge shallowly.
 * @throws HomeroomError `stream/chunk` where the chunk does not go with what is there
 */
export function joinChunk(current: unknown, chunk: unknown): unknown {
  if (typeof current === 'string' && typeof chunk === 'string') return current + chunk
  if (Array.isArray(current) && Array.isArray(chunk)) return [...(current as unknown[]), ...(chunk as unknown[])]
  if (isPlainObject(current) && isPlainObject(chunk)) return { ...current, ...chunk }
  throw new HomeroomError(
    'stream/chunk',
    `A ${kindOf(chunk)} cannot be appended to a stream of ${kindOf(current)}: strings go to strings, arrays to arrays, objects to objects. Use set() to replace the value.`,
  )
}

function kindOf(value: unknown): string {
  return Array.isArray(value) ? 'array' : value === null ? 'null' : typeof value
}
