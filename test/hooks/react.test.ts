// @vitest-environment happy-dom
import { HomeProvider, usePresence, useSystem } from 'homeroom/react'
import * as React from 'react'
import { createRoot } from 'react-dom/client'
import type { Library } from './library.ts'
import { describeHooks } from './suite.ts'

class ErrorBoundary extends React.Component<{ children?: React.ReactNode }, { error?: Error & { code?: string } }> {
  override state: { error?: Error & { code?: string } } = {}
  static getDerivedStateFromError(error: Error) {
    return { error }
  }
  override render() {
    const { error } = this.state
    return error === undefined ? this.props.children : `error: ${error.code} ${error.message}`
  }
}

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true })

describeHooks({
  name: 'React',
  h: React.createElement,
  useSystem,
  usePresence,
  HomeProvider,
  Suspense: React.Suspense,
  ErrorBoundary,
  memo: React.memo,
  useState: React.useState,
  act: async (task: () => void | Promise<void>) => React.act(async () => task()),
  // What boundaries have caught is no news.
  createRoot: (container: HTMLElement) => createRoot(container, { onCaughtError: () => undefined }),
} as unknown as Library)
