/** `stream<T>(initial)`: a value that grows by chunks, shown in tabs while the action that makes it still runs. */
import { type ErrorData, errorFromData, errorToData, HomeroomError } from '../protocol/errors.ts'
import { joinChunk, type StreamEvent, type StreamRecord, type StreamStatus } from '../protocol/stream-record.ts'
import { copyValue } from '../protocol/value.ts'

declare const streamed: unique symbol

/** A stream as actions use it. */
export interface Stream<T> {
  /** Never there: it keeps plain objects from passing for streams. */
  readonly [streamed]?: T
  /** The value so far. */
  readonly current: T
  readonly status: StreamStatus
  readonly error: Error | undefined
  /** Adds to the value: strings and arrays concatenate, objects merge shallowly. @throws HomeroomError `stream/chunk`, `stream/ended` */
  append(chunk: T extends string ? string : T extends readonly (infer E)[] ? readonly E[] : Partial<T>): void
  /** Replaces the value. */
  set(value: T): void
  /** The value is whole: `value()` in tabs resolves. */
  complete(): void
  /** The value will not become whole: `value()` in tabs rejects with the error. */
  fail(error: unknown): void
  /** Back to the initial value, to be used again. */
  reset(): void
}

/** A stream's state while code works on it. */
export class StreamCell implements Stream<unknown> {
  #record: StreamRecord
  #chunks: unknown[] | undefined
  readonly #changed: (event: StreamEvent) => void

  /** @param changed told of everything the stream does; throws where it must not do anything any more */
  constructor(record: StreamRecord, changed: (event: StreamEvent) => void) {
    this.#record = record
    this.#changed = changed
  }

  /** The stream as it is now. */
  get record(): StreamRecord {
    if (this.#chunks !== undefined) this.#record = { ...this.#record, current: this.#joined(this.#chunks) }
    this.#chunks = undefined
    return this.#record
  }

  /** The stream's name; empty until it has got its place in the state. */
  get name(): string {
    return this.#record.$stream
  }

  /** A stream made by code has no name until it gets its place in the state. */
  nameIfNew(name: () => string): StreamRecord {
    if (this.record.$stream === '') this.#record = { ...this.#record, $stream: name() }
    return this.#record
  }

  /** Makes it as it was, and tells nobody. */
  restore(record: StreamRecord): void {
    this.#chunks = undefined
    this.#record = record
  }

  get current(): unknown {
    return this.record.current
  }
  get status(): StreamStatus {
    return this.#record.status
  }
  get error(): Error | undefined {
    return this.#record.error === undefined ? undefined : errorFromData(this.#record.error)
  }

  append(chunk: unknown): void {
    this.#assertGoesOn('appended to')
    const copied = copyValue(chunk, ['chunk'])
    // Strings join when somebody looks: a value of many chunks costs one pass.
    if (typeof copied === 'string' && typeof this.#record.current === 'string') (this.#chunks ??= []).push(copied)
    else this.#record = { ...this.#record, current: joinChunk(this.current, copied) }
    if (this.#record.status !== 'streaming') this.#record = { ...this.#record, status: 'streaming' }
    this.#changed({ type: 'append', chunk: copied })
  }

  set(value: unknown): void {
    this.#assertGoesOn('set')
    this.#become({ current: copyValue(value, ['value']), status: 'streaming' })
  }

  complete(): void {
    this.#assertGoesOn('completed')
    this.#become({ current: this.current, status: 'done' })
  }

  fail(error: unknown): void {
    this.#become({ current: this.current, status: 'error', error: errorToData(error) })
  }

  reset(): void {
    this.#become({ current: this.#record.initial, status: 'idle' })
  }

  #become(to: { current: unknown; status: StreamStatus; error?: ErrorData }): void {
    this.#chunks = undefined
    const { $stream, initial } = this.#record
    this.#record = { $stream, initial, ...to }
    this.#changed({ type: 'now', record: this.#record })
  }

  #joined(chunks: readonly unknown[]): string {
    return (this.#record.current as string) + chunks.join('')
  }

  #assertGoesOn(what: string): void {
    const { status } = this.#record
    if (status === 'idle' || status === 'streaming') return
    throw new HomeroomError(
      'stream/ended',
      `A stream that is ${status === 'done' ? 'complete' : 'failed'} was ${what}. Call reset() first to use it again.`,
    )
  }
}

/**
 * A stream that begins with `initial`: as a field, or anywhere inside one.
 *
 *     @field summary = stream<string>('')
 */
export function stream<T>(initial: T): Stream<T> {
  const value = copyValue(initial, ['initial'])
  return new StreamCell({ $stream: '', initial: value, current: value, status: 'idle' }, () => undefined) as unknown as Stream<T>
}
