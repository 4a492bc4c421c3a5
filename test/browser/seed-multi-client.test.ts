/**
 * The classes of the seed on several clients, unchanged but for imports and names that it leaves open, in three tabs.
 * They are compiled as an app would that has `strict` and nothing else in its tsconfig: with standard decorators, which
 * bundlers do not lower yet, so `tsc` does it first.
 */
import { copyFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { root, tsc } from '../tsc.ts'
import { serveFolder, type Served } from './harness/bundles.ts'
import { type Device, startDevice } from './harness/chromium.ts'

declare global {
  interface Window {
    read(field: string): unknown
    call(action: string, ...args: unknown[]): Promise<unknown>
  }
}

let seed: Served
beforeAll(async () => {
  const compiled = await tsc('-p', 'test/seeds/multi-client')
  if (compiled.code !== 0) throw new Error(`test/seeds/multi-client does not compile (is the package built?):\n${compiled.output}`)
  const folder = `${root}.cache/seeds/multi-client`
  copyFileSync(`${root}test/seeds/multi-client/index.html`, `${folder}/index.html`)
  seed = await serveFolder(folder)
})
afterAll(() => seed?.close())

test('[C1] CollaborativeDoc: all clients see who is here, in the seed’s component; one tab closes, and its user goes', async () => {
  const device = await startDevice()
  const [ann, bob, eve] = (await open(device, 'CollaborativeDoc', ['ann', 'bob', 'eve'])) as [Page, Page, Page]
  for (const page of [ann, bob, eve]) await shows(page, ['ann', 'bob', 'eve'])
  await eve.close()
  for (const page of [ann, bob]) await shows(page, ['ann', 'bob'])
  expect(device.errors).toEqual([])
})

test('[C3] CollaborativeDoc: it filters by user, so of two tabs of one user that are both there, one that closes takes both off the list', async () => {
  const device = await startDevice()
  const [ann, , again] = (await open(device, 'CollaborativeDoc', ['ann', 'bob', 'ann'])) as [Page, Page, Page]
  await shows(ann, ['ann', 'bob', 'ann'])
  await again.close()
  await shows(ann, ['bob'])
})

test('[C1] [F2] shared cursors: each client’s cursor is seen by all, and vanishes with its tab', async () => {
  const device = await startDevice()
  const users = ['ann', 'bob', 'eve']
  const pages = (await open(device, 'SharedCursors', users)) as [Page, Page, Page]
  await Promise.all(pages.map((page, i) => call(page, 'updateCursor', users[i], i * 10)))
  for (const page of pages) {
    await reads(page, 'cursors', {
      ann: { position: 0, userId: 'ann' },
      bob: { position: 10, userId: 'bob' },
      eve: { position: 20, userId: 'eve' },
    })
  }
  await pages[1].close()
  for (const page of [pages[0], pages[2]]) {
    await reads(page, 'cursors', { ann: { position: 0, userId: 'ann' }, eve: { position: 20, userId: 'eve' } })
  }
  await device.kill()
  await device.start()
  const [late] = await open(device, 'SharedCursors', ['zoe'])
  await reads(late!, 'cursors', {})
})

test('[A2] [Q1] turns: who is not on turn is refused and changes nothing; of calls made at once one is done, and turns go round', async () => {
  const device = await startDevice()
  const users = ['ann', 'bob', 'eve']
  const pages = (await open(device, 'TurnBased', users)) as [Page, Page, Page]
  await call(pages[0], 'begin', users)
  expect(await call(pages[1], 'takeTurn', 'bob', { square: 1 })).toBe('Error: Not your turn')
  await reads(pages[1], 'moves', [])
  const atOnce = await Promise.all(pages.map((page, i) => call(page, 'takeTurn', 'ann', { square: i })))
  expect(atOnce.toSorted()).toEqual(['Error: Not your turn', 'Error: Not your turn', 'done'])
  for (const [i, page] of [pages[1], pages[2], pages[0]].entries()) {
    expect(await call(page, 'takeTurn', users[(i + 1) % 3], { square: 10 + i })).toBe('done')
  }
  for (const page of pages) {
    await reads(page, 'currentTurn', 'bob')
    await reads(page, 'moves', [{ square: atOnce.indexOf('done') }, { square: 10 }, { square: 11 }, { square: 12 }])
  }
  expect(device.errors).toEqual([])
})

async function open(device: Device, system: string, users: string[]): Promise<Page[]> {
  const pages: Page[] = []
  for (const user of users) pages.push(...(await device.openTabs(`${seed.url}?system=${system}&user=${user}`)))
  for (const page of pages) await page.locator('html[data-state=ready]').waitFor({ state: 'attached' })
  return pages
}

/** Waits until the seed's `<ActiveUsers>` shows these. */
async function shows(page: Page, users: string[]): Promise<void> {
  await expect.poll(() => page.locator('.avatars .avatar').allTextContents(), { timeout: 10_000 }).toEqual(users)
}

async function reads(page: Page, field: string, value: unknown): Promise<void> {
  await expect.poll(() => page.evaluate((field) => window.read(field), field), { timeout: 10_000 }).toEqual(value)
}

/** `'done'`, or what the caller is told instead. */
function call(page: Page, action: string, ...args: unknown[]): Promise<string> {
  return page.evaluate(([action, args]) => window.call(action, ...args).then(() => 'done', String), [action, args] as const)
}
