// @vitest-environment happy-dom
import { HomeProvider, usePresence, useSystem } from 'homeroom/preact'
import { Component, type ComponentChildren, h, render } from 'preact'
import { memo, Suspense } from 'preact/compat'
import { useState } from 'preact/hooks'
import { act } from 'preact/test-utils'
import type { Library } from './library.ts'
import { describeHooks } from './suite.ts'

class ErrorBoundary extends Component<{ children?: ComponentChildren }, { error?: Error & { code?: string } }> {
  override state: { error?: Error & { code?: string } } = {}
  static override getDerivedStateFromError(error: Error) {
    return { error }
  }
  override render() {
    const { error } = this.state
    return error === undefined ? this.props.children : `error: ${error.code} ${error.message}`
  }
}

describeHooks({
  name: 'Preact',
  h,
  useSystem,
  usePresence,
  HomeProvider,
  Suspense,
  ErrorBoundary,
  memo,
  useState,
  act,
  createRoot: (container: HTMLElement) => ({
    render: (element: ComponentChildren) => render(element, container),
    unmount: () => render(null, container),
  }),
} as unknown as Library)
