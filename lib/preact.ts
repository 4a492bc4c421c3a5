/** Hooks for Preact. Reading a field of the view subscribes the component to that field only. */
import '@preact/signals'
import { type ComponentChildren, createContext, h, type VNode } from 'preact'
import { useContext, useEffect, useMemo } from 'preact/hooks'
import type { AgenticSystem } from './system/agentic-system.ts'
import { defaultHome } from './tab/connect.ts'
import type { TabHome } from './tab/home.ts'
import { makeView } from './tab/system-view.ts'
import type { Home, SystemOptions, SystemView } from './tab/types.ts'

const HomeContext = createContext<TabHome | undefined>(undefined)

/** Gives the components below it another home than the page's first. */
export function HomeProvider({ home, children }: { home: Home; children?: ComponentChildren }): VNode<{ value: TabHome | undefined; children?: ComponentChildren }> {
  return h(HomeContext.Provider, { value: home as TabHome }, children)
}

/**
 * A system as plain values, its actions, and the connection's `status` and `error`. Suspends until the worker has said
 * what it serves; then shows initial values with `status` `'connecting'` until the state is there.
 */
export function useSystem<S extends AgenticSystem>(options: SystemOptions): SystemView<S>
export function useSystem<S extends AgenticSystem>(name: string, options: SystemOptions): SystemView<S>
export function useSystem<S extends AgenticSystem>(nameOrOptions: string | SystemOptions, maybeOptions?: SystemOptions): SystemView<S> {
  const home = useContext(HomeContext) ?? defaultHome()
  const shared = home.share(nameOrOptions, maybeOptions)
  useEffect(() => shared.keep(), [shared])
  const { state } = shared
  if (state.shape === undefined) throw state.error.peek() ?? state.hello
  return useMemo(() => makeView(state), [state]) as SystemView<S>
}
