/** What a hook gives a component: plain values, each read when it is asked for, so that the component follows only what it reads. */
import type { ReadonlySignal } from '@preact/signals-core'
import type { Present } from './presence.ts'
import { READ_ONLY, type SystemHandleState } from './system-handle.ts'
import type { PresenceView } from './types.ts'

/**
 * React's hook makes one in each render, and a proxy is made in no time.
 *
 * @param handle one whose host has said what the system has
 * @param read reads a signal for a component, which renders again when it changes
 */
export function makeView(handle: SystemHandleState, read: (signal: ReadonlySignal<unknown>) => unknown): object {
  const get = (key: string | symbol): unknown => {
    const signal = typeof key === 'string' && signalOf(handle, key)
    return signal ? read(signal) : Reflect.get(handle.proxy, key)
  }
  return new Proxy(Object.create(null) as object, {
    get: (_, key) => get(key),
    has: (_, key) => typeof key === 'string' && namesOf(handle).has(key),
    ownKeys: () => [...namesOf(handle)],
    getOwnPropertyDescriptor: (_, key) =>
      typeof key === 'string' && namesOf(handle).has(key) ? { get: () => get(key), enumerable: true, configurable: true } : undefined,
    ...READ_ONLY,
  })
}

/** Who is here, read when it is asked for. */
export function makePresenceView(
  { presence }: SystemHandleState,
  read: (signal: ReadonlySignal<readonly Present[]>) => readonly Present[],
): PresenceView {
  return {
    get value() {
      return read(presence)
    },
    set: presence.set,
  }
}

/** A system's own member of the name `status` or `error` comes before the connection's. */
function signalOf(handle: SystemHandleState, name: string): ReadonlySignal<unknown> | undefined {
  if (handle.isField(name)) return handle.field(name)
  if (name === '$status' || (name === 'status' && !handle.has(name))) return handle.status
  if (name === '$error' || (name === 'error' && !handle.has(name))) return handle.error
  if (name === '$canUndo') return handle.canUndo
  if (name === '$canRedo') return handle.canRedo
  return undefined
}

function namesOf({ shape }: SystemHandleState): Set<string> {
  return new Set([
    'actions',
    '$status',
    '$error',
    '$undo',
    '$redo',
    '$group',
    '$canUndo',
    '$canRedo',
    'status',
    'error',
    ...(shape?.fields ?? []),
    ...(shape?.actions ?? []),
  ])
}
