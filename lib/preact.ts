/** Hooks for Preact. Reading a field of the view subscribes the component to that field only. */
import '@preact/signals'
import { type ComponentChildren, createContext, h } from 'preact'
import { useContext, useEffect, useMemo, useState } from 'preact/hooks'
import type { AgenticSystem } from './system/agentic-system.ts'
import type { TabHome } from './tab/home.ts'
import { handleToRender, whyNotHere } from './tab/rendering.ts'
import type { SystemHandleState } from './tab/system-handle.ts'
import { makePresenceView, makeView } from './tab/system-view.ts'
import type { Home, PresenceView, SystemOptions, SystemView } from './tab/types.ts'

const HomeContext = createContext<TabHome | undefined>(undefined)

/** Gives the components below it another home than the page's first. */
export function HomeProvider({ home, children }: { home: Home | undefined; children?: ComponentChildren }): ComponentChildren {
  return h(HomeContext.Provider, { value: home as TabHome | undefined }, children)
}

/**
 * A system as plain values, its actions, and the connection's `status` and `error`. Suspends until the worker has said
 * what it serves; then shows initial values with `status` `'connecting'` until the state is there.
 */
export function useSystem<S extends AgenticSystem>(options: SystemOptions): SystemView<S>
export function useSystem<S extends AgenticSystem>(name: string, options: SystemOptions): SystemView<S>
export function useSystem<S extends AgenticSystem>(nameOrOptions: string | SystemOptions, options?: SystemOptions): SystemView<S> {
  const state = useHandle(nameOrOptions, options)
  return useMemo(() => makeView(state, (signal) => signal.value), [state]) as SystemView<S>
}

/**
 * Who is connected to an instance now, on all devices, with what they chose to show; `set` shows something of this one.
 * With the same options it shares the connection of `useSystem`.
 */
export function usePresence<T = unknown>(options: SystemOptions): PresenceView<T>
export function usePresence<T = unknown>(name: string, options: SystemOptions): PresenceView<T>
export function usePresence<T = unknown>(nameOrOptions: string | SystemOptions, options?: SystemOptions): PresenceView<T> {
  const state = useHandle(nameOrOptions, options)
  return useMemo(() => makePresenceView(state, (signal) => signal.value), [state]) as PresenceView<T>
}

function useHandle(nameOrOptions: string | SystemOptions, options: SystemOptions | undefined): SystemHandleState {
  const home = useContext(HomeContext)
  suspendOnServer()
  const shared = handleToRender(home, nameOrOptions, options)
  const { state } = shared
  const [, renderAgain] = useState({})
  useEffect(() => {
    // Closed unused, before this render was shown: the next render opens another.
    if (state.isClosed) renderAgain({})
    return shared.keep()
  }, [shared])
  return state
}

/** A promise that rejects lets Preact's streams end with the fallback; one that stayed open would keep them waiting. */
function suspendOnServer(): void {
  const why = whyNotHere()
  if (why === undefined) return
  const never = Promise.reject(why)
  never.catch(() => undefined)
  throw never
}
