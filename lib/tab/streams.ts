/** The streams of one instance in a tab: wherever a record stands in the state, code sees the stream of that name. */
import { isStreamRecord, type StreamRecord } from '../protocol/stream-record.ts'
import { TabStream } from './stream-handle.ts'

/** Containers, as code sees them, that have a stream in them. */
const holders = new WeakSet<object>()

export function holdsStreams(container: object): boolean {
  return holders.has(container)
}

export class Streams {
  readonly #byName = new Map<string, TabStream>()
  /** What containers of the state look like to code; only those with a stream in them look different. */
  #shown = new WeakMap<object, unknown>()
  /** States without streams, which most are, are shown as they are. */
  #isUsed = false

  /** Notices whether there is a stream in what comes into the state. */
  lookFor(value: unknown): void {
    if (!this.#isUsed) this.#isUsed = hasStream(value)
  }

  of(record: StreamRecord): TabStream {
    let stream = this.#byName.get(record.$stream)
    if (stream === undefined) this.#byName.set(record.$stream, (stream = new TabStream(record)))
    return stream
  }

  named(name: string): TabStream | undefined {
    return this.#byName.get(name)
  }

  /** From the next state on streams are what it says, whatever they have done since the last. */
  forgetLive(): void {
    this.#shown = new WeakMap()
  }

  /** Gives the streams of a new state their values. */
  update(state: unknown): void {
    if (this.#isUsed) this.show(state)
  }

  show(value: unknown): unknown {
    if (!this.#isUsed || typeof value !== 'object' || value === null) return value
    const known = this.#shown.get(value)
    if (known !== undefined) return known
    const shown = this.#show(value)
    this.#shown.set(value, shown)
    return shown
  }

  #show(value: object): unknown {
    if (isStreamRecord(value)) {
      const stream = this.of(value)
      stream.become(value)
      return stream
    }
    if (Array.isArray(value))
      return this.#kept(
        value,
        value.map((item) => this.show(item)),
      )
    if (value instanceof Map) return this.#kept(value, new Map([...value].map(([key, item]) => [key, this.show(item)])))
    if (Object.getPrototypeOf(value) !== Object.prototype) return value
    return this.#kept(value, Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.show(item)])))
  }

  /** The container itself where nothing in it looks different. */
  #kept(value: object, shown: object): object {
    const before = value instanceof Map ? [...value.values()] : Object.values(value)
    const after = shown instanceof Map ? [...shown.values()] : Object.values(shown)
    if (after.every((item, i) => item === before[i])) return value
    holders.add(shown)
    return shown
  }
}

function hasStream(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  if (isStreamRecord(value)) return true
  if (value instanceof Map || Array.isArray(value)) return [...value.values()].some(hasStream)
  return Object.values(value).some(hasStream)
}
