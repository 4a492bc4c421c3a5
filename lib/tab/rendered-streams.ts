/**
 * Streams for a framework that compares values instead of following signals: there a stream is a value too, and each
 * chunk makes a new one, and new containers on the way to it. What did not change keeps its identity, so that memo works.
 */
import type { StreamRecord } from '../protocol/stream-record.ts'
import { errorOf, type StreamHandle, TabStream } from './stream-handle.ts'
import type { SignalReads } from './signal-reads.ts'
import { holdsStreams } from './streams.ts'

const renderedStreams = new WeakMap<StreamRecord, StreamHandle<unknown>>()
/** What was last rendered of a container with streams in it. */
const renderedContainers = new WeakMap<object, object>()

/** The value of a field as it is rendered; all streams in it are read. */
export function renderStreams(value: unknown, read: SignalReads['read']): unknown {
  if (value instanceof TabStream) return renderStream(value, read(value.record))
  if (typeof value !== 'object' || value === null || !holdsStreams(value)) return value
  const rendered = mapContainer(value, (item) => renderStreams(item, read))
  const before = renderedContainers.get(value)
  if (before !== undefined && haveSameItems(before, rendered)) return before
  renderedContainers.set(value, rendered)
  return rendered
}

function renderStream(stream: TabStream, record: StreamRecord): StreamHandle<unknown> {
  let rendered = renderedStreams.get(record)
  if (rendered === undefined) {
    const { current, status } = record
    rendered = {
      current,
      status,
      error: errorOf(record),
      value: () => stream.value(),
      [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator](),
    }
    renderedStreams.set(record, rendered)
  }
  return rendered
}

function mapContainer(container: object, change: (item: unknown) => unknown): object {
  if (Array.isArray(container)) return container.map(change)
  if (container instanceof Map) return new Map([...container].map(([key, item]) => [key, change(item)]))
  return Object.fromEntries(Object.entries(container).map(([key, item]) => [key, change(item)]))
}

function haveSameItems(one: object, other: object): boolean {
  const [a, b] = [itemsOf(one), itemsOf(other)]
  return a.every((item, i) => item === b[i])
}

function itemsOf(container: object): unknown[] {
  return container instanceof Map ? [...container.values()] : Object.values(container)
}
