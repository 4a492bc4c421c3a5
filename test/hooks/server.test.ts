/** Rendering on a server, where there is no window and no worker. */
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import { HomeProvider as PreactHomeProvider, useSystem as usePreactSystem } from 'homeroom/preact'
import { HomeProvider, useSystem } from 'homeroom/react'
import { createWorld } from 'homeroom/testing'
import * as preact from 'preact'
import { Suspense as PreactSuspense } from 'preact/compat'
import { renderToString as preactToString, renderToStringAsync } from 'preact-render-to-string'
import { renderToPipeableStream as preactToStream } from 'preact-render-to-string/stream-node'
import { createElement, type ReactNode, Suspense } from 'react'
import { renderToPipeableStream, renderToString } from 'react-dom/server'
import { describe, expect, test, vi } from 'vitest'
import type { Board } from './systems.ts'
import { Board as BoardSystem } from './systems.ts'

const world = createWorld({ systems: { Board: BoardSystem }, sync: false })
const home = world.device('laptop').tab()

describe.each([
  ['without a home', undefined],
  ['with one', home],
])('React, %s', (_, home) => {
  const Title = (): ReactNode => useSystem<Board>({ id: 'x' }).title
  const page = createElement(
    'main',
    null,
    'before ',
    createElement(Suspense, { fallback: 'loading' }, createElement(HomeProvider, { home }, createElement(Title))),
    ' after',
  )

  test('[A20] renderToString shows the fallback', () => {
    const html = renderToString(page)
    expect(withoutMarks(html)).toBe('<main>before loading after</main>')
    expect(html).toContain('<!--$!-->')
  })

  test('[A20] renderToPipeableStream sends the fallback and ends', async () => {
    const onError = vi.fn()
    const { pipe } = renderToPipeableStream(page, { onError })
    expect(withoutMarks(await text(pipe(new PassThrough())))).toBe('<main>before loading after</main>')
    expect(onError.mock.calls).toEqual([[expect.objectContaining({ code: 'home/server' }), expect.anything()]])
  })
})

describe.each([
  ['without a home', undefined],
  ['with one', home],
])('Preact, %s', (_, home) => {
  const { h } = preact
  const Title = () => h('b', null, usePreactSystem<Board>({ id: 'x' }).title)
  const page = h(
    'main',
    null,
    'before ',
    h(PreactSuspense, { fallback: 'loading' }, h(PreactHomeProvider, { home }, h(Title, null))),
    ' after',
  )

  test('[A20] renderToPipeableStream sends the fallback and ends', async () => {
    const { pipe } = preactToStream(page, {})
    const stream = new PassThrough()
    pipe(stream)
    expect(withoutMarks(await text(stream))).toContain('<main>before loading after</main>')
  })

  test('[A20] renderToString and renderToStringAsync, which know no fallback, refuse with the reason', async () => {
    expect(() => preactToString(page)).toThrow('suspenseful rendering')
    await expect(renderToStringAsync(page)).rejects.toMatchObject({ code: 'home/server' })
  })
})

/** The document without comments, templates and scripts. */
function withoutMarks(html: string): string {
  return html.replaceAll(/<!--.*?-->|<template.*?<\/template>|<script.*?<\/script>/gs, '')
}
