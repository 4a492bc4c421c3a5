/** What a hook gives a component: plain values, each read by a getter, so that the component follows only what it reads. */
import type { ReadonlySignal } from '@preact/signals-core'
import type { SystemHandleState } from './system-handle.ts'

/**
 * @param handle one whose host has said what the system has
 * @param read reads a signal for a component, which renders again when it changes
 */
export function makeView(handle: SystemHandleState, read: (signal: ReadonlySignal<unknown>) => unknown): object {
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
  for (const name of fields) define(name, () => read(handle.field(name)))
  for (const name of actions) define(name, () => handle.action(name))
  return Object.freeze(view)
}
