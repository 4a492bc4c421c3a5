/** What a hook gives a component: plain values, each read by a getter, so that the component follows only what it reads. */
import type { ReadonlySignal } from '@preact/signals-core'
import { type StreamHandle, type TabStream } from './stream-handle.ts'
import type { SystemHandleState } from './system-handle.ts'

/** Reads a signal for a component, which renders again when it changes. */
export type ReadSignal = <T>(signal: ReadonlySignal<T>) => T

/** @param handle one whose host has said what the system has */
export function makeView(handle: SystemHandleState, read: ReadSignal): object {
  const { fields = [], actions = [] } = handle.shape ?? {}
  // The handle is the prototype: it refuses names that the system does not have, and says which it has.
  const view = Object.create(handle.proxy) as object
  const define = (name: string, get: () => unknown): void => void Object.defineProperty(view, name, { get, enumerable: true })
  define('actions', () => handle.actions)
  define('$status', () => read(handle.status))
  define('$error', () => read(handle.error))
  // A system's own member of that name comes before the connection's.
  if (!handle.has('status')) define('status', () => read(handle.status))
  if (!handle.has('error')) define('error', () => read(handle.error))
  for (const name of fields) define(name, () => (handle.stream(name) === undefined ? read(handle.field(name)) : readStream(handle.stream(name) as TabStream, read)))
  for (const name of actions) define(name, () => handle.action(name))
  return Object.freeze(view)
}

/** A stream whose value and status the component follows if it reads them. */
function readStream(stream: TabStream, read: ReadSignal): StreamHandle<unknown> {
  return {
    get current() {
      return read(stream.record).current
    },
    get status() {
      return read(stream.record).status
    },
    get error() {
      void read(stream.record)
      return stream.error
    },
    value: () => stream.value(),
    [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator](),
  }
}
