/** What a hook gives a component: plain values, each read by a getter that subscribes to that field's signal only. */
import type { SystemHandleState } from './system-handle.ts'

/** @param handle one whose host has said what the system has */
export function makeView(handle: SystemHandleState): object {
  const { fields = [], actions = [] } = handle.shape ?? {}
  const view = Object.create(null) as object
  const define = (name: string, get: () => unknown): void => void Object.defineProperty(view, name, { get, enumerable: true })
  define('actions', () => handle.actions)
  define('$status', () => handle.status.value)
  define('$error', () => handle.error.value)
  // A system's own field of that name comes before the connection's.
  if (!fields.includes('status')) define('status', () => handle.status.value)
  if (!fields.includes('error')) define('error', () => handle.error.value)
  for (const name of fields) define(name, () => handle.stream(name) ?? handle.field(name).value)
  for (const name of actions) {
    const action = handle.action(name)
    define(name, () => action)
  }
  return Object.freeze(view)
}
