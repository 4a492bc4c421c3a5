'use client'
/** Hooks for React. Reading a field of the view subscribes the component to that field only. */
import { createContext, createElement, type ReactElement, type ReactNode, useContext, useEffect, useSyncExternalStore } from 'react'
import type { AgenticSystem } from './system/agentic-system.ts'
import type { TabHome } from './tab/home.ts'
import { handleToRender, whyNotHere } from './tab/rendering.ts'
import { renderStreams } from './tab/rendered-streams.ts'
import { SignalReads } from './tab/signal-reads.ts'
import type { SystemHandleState } from './tab/system-handle.ts'
import { makePresenceView, makeView } from './tab/system-view.ts'
import type { Home, PresenceView, SystemOptions, SystemView } from './tab/types.ts'

const HomeContext = createContext<TabHome | undefined>(undefined)

/** Gives the components below it another home than the page's first. */
export function HomeProvider({ home, children }: { home: Home | undefined; children?: ReactNode }): ReactElement {
  return createElement(HomeContext.Provider, { value: home as TabHome | undefined }, children)
}

/**
 * A system as plain values, its actions, and the connection's `status` and `error`. Suspends until the worker has said
 * what it serves; then shows initial values with `status` `'connecting'` until the state is there.
 *
 * The view is a new one in each render, and remembers what that render reads of it; its values and actions stay the same
 * until they change. A stream is a value like any other: a new one with each chunk. In a server the hook throws,
 * whereupon React sends the fallback.
 */
export function useSystem<S extends AgenticSystem>(options: SystemOptions): SystemView<S>
export function useSystem<S extends AgenticSystem>(name: string, options: SystemOptions): SystemView<S>
export function useSystem<S extends AgenticSystem>(nameOrOptions: string | SystemOptions, options?: SystemOptions): SystemView<S> {
  const { state, reads } = useHandle(nameOrOptions, options)
  return makeView(state, (signal) => renderStreams(reads.read(signal), reads.read)) as SystemView<S>
}

/**
 * Who is connected to an instance now, on all devices, with what they chose to show; `set` shows something of this one.
 * With the same options it shares the connection of `useSystem`.
 */
export function usePresence<T = unknown>(options: SystemOptions): PresenceView<T>
export function usePresence<T = unknown>(name: string, options: SystemOptions): PresenceView<T>
export function usePresence<T = unknown>(nameOrOptions: string | SystemOptions, options?: SystemOptions): PresenceView<T> {
  const { state, reads } = useHandle(nameOrOptions, options)
  return makePresenceView(state, (signal) => reads.read(signal)) as PresenceView<T>
}

function useHandle(
  nameOrOptions: string | SystemOptions,
  options: SystemOptions | undefined,
): { state: SystemHandleState; reads: SignalReads } {
  const home = useContext(HomeContext)
  const why = whyNotHere()
  if (why !== undefined) throw why
  const shared = handleToRender(home, nameOrOptions, options)
  const { state } = shared
  const reads = new SignalReads()
  // React compares snapshots before it shows a render, and after: one that is out of date by then is rendered again, and
  // so is one whose handle was closed unused, which opens another.
  const snapshot = (): unknown => (reads.isCurrent() && !state.isClosed ? reads : undefined)
  useSyncExternalStore(reads.subscribe, snapshot, snapshot)
  useEffect(() => shared.keep(), [shared])
  return { state, reads }
}
