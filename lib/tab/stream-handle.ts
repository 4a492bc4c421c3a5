/** A stream as a tab sees it: its value so far and its status are signals, its chunks can be iterated. */
import { batch, effect, type ReadonlySignal, type Signal, signal } from '@preact/signals-core'
import { errorFromData } from '../protocol/errors.ts'
import { joinChunk, type StreamEvent, type StreamRecord, type StreamStatus } from '../protocol/stream-record.ts'

export interface StreamHandle<T> {
  /** The value so far. Reading it in a component or an effect subscribes. */
  readonly current: T
  readonly status: StreamStatus
  readonly error: Error | undefined
  /** The whole value, once the stream is done; rejects with its error if it fails. */
  value(): Promise<T>
  /** What has come so far as the first chunk, then each chunk until the stream is done; throws its error if it fails. */
  [Symbol.asyncIterator](): AsyncIterableIterator<T>
}

export class TabStream implements StreamHandle<unknown> {
  readonly #record: Signal<StreamRecord>
  readonly #listeners = new Set<(event: StreamEvent) => void>()

  constructor(record: StreamRecord) {
    this.#record = signal(record)
  }

  get record(): ReadonlySignal<StreamRecord> {
    return this.#record
  }
  get current(): unknown {
    return this.#record.value.current
  }
  get status(): StreamStatus {
    return this.#record.value.status
  }
  get error(): Error | undefined {
    return errorOf(this.#record.value)
  }

  value(): Promise<unknown> {
    const whole = new Promise((resolve, reject) => {
      const stop = effect(() => {
        const { status, current } = this.#record.value
        if (status === 'done') resolve(current)
        else if (status === 'error') reject(this.error)
        else return
        queueMicrotask(() => stop())
      })
    })
    // A promise that we derive never raises `unhandledrejection` by itself.
    whole.catch(() => undefined)
    return whole
  }

  async *[Symbol.asyncIterator](): AsyncIterableIterator<unknown> {
    const { current, initial, status } = this.#record.peek()
    const events: StreamEvent[] = []
    let wake: () => void = () => undefined
    const listener = (event: StreamEvent): void => {
      events.push(event)
      wake()
    }
    this.#listeners.add(listener)
    try {
      if (current !== initial) yield current
      if (isOver(status)) return this.#end()
      for (;;) {
        const event = events.shift()
        if (event === undefined) await new Promise<void>((resolve) => (wake = resolve))
        else if (event.type === 'append') yield event.chunk
        else if (isOver(event.record.status)) return this.#end()
        else if (event.record.status === 'streaming') yield event.record.current
      }
    } finally {
      this.#listeners.delete(listener)
    }
  }

  /** Takes what the stream has just done, in a turn that still runs. */
  apply(event: StreamEvent): void {
    const record = this.#record.peek()
    batch(() => {
      this.#record.value =
        event.type === 'now' ? event.record : { ...record, current: joinChunk(record.current, event.chunk), status: 'streaming' }
    })
    this.#tell(event)
  }

  /** Takes the stream as the state has it: committed, or what the host says of it now. */
  become(record: StreamRecord): void {
    const before = this.#record.peek()
    if (before === record || (before.status === record.status && before.current === record.current && before.initial === record.initial))
      return
    this.#record.value = record
    this.#tell({ type: 'now', record })
  }

  #tell(event: StreamEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  #end(): void {
    if (this.#record.peek().status === 'error') throw this.error
  }
}

export function errorOf({ error }: StreamRecord): Error | undefined {
  return error === undefined ? undefined : errorFromData(error)
}

function isOver(status: StreamStatus): boolean {
  return status === 'done' || status === 'error'
}
