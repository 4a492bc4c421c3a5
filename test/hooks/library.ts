/** What the shared suite needs of React or Preact. Elements are made by `h`, because the suite knows neither. */
import type { Home } from 'homeroom'
import type { usePresence, useSystem } from 'homeroom/preact'

/** Opaque here: each library has its own elements. */
export type Element = { readonly element: unique symbol } | string | number | null
export type Component<P = object> = (props: P) => Element

export interface Library {
  readonly name: string
  h<P extends object>(type: string | Component<P>, props?: (P & { key?: string }) | null, ...children: Element[]): Element
  readonly useSystem: typeof useSystem
  readonly usePresence: typeof usePresence
  readonly HomeProvider: Component<{ home: Home | undefined; children?: Element }>
  readonly Suspense: Component<{ fallback: Element; children?: Element }>
  /** Shows `error: <code> <message>` when a component below it throws. */
  readonly ErrorBoundary: Component<{ children?: Element }>
  memo<P extends object>(component: Component<P>): Component<P>
  useState<T>(initial: T): [T, (value: T) => void]
  /** Runs `task`, and then all renders and effects that follow from it. */
  act(task: () => void | Promise<void>): Promise<void>
  createRoot(container: HTMLElement): { render(element: Element): void; unmount(): void }
}
