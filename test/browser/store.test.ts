/** The store contract on real IndexedDB, and on a disk that is full. */
import { expect, inject, test } from 'vitest'
import { storeCases } from '../contract/store-cases.ts'
import { openBoard, titlesIn } from './harness/board.ts'
import { startDevice } from './harness/chromium.ts'
import { startFirefox } from './harness/firefox.ts'
import type { AnyDevice } from './harness/tab.ts'
import { startWebKit } from './harness/webkit.ts'

const page = `${inject('pagesUrl')}store.html`

test.each<[string, () => Promise<AnyDevice>]>([
  ['Chromium', startDevice],
  ['Firefox', startFirefox],
  ['WebKit', startWebKit],
])('[S1] [S2] [H1] the store contract holds on the IndexedDB of %s', async (_, start) => {
  const device = await start()
  const [tab] = await device.openTabs(page)
  for (const title of Object.keys(storeCases)) {
    const failure = await tab!.evaluate((title) => window.runStoreCase(title).then(() => '', String), title)
    expect.soft(failure, title).toBe('')
  }
})

test('[S4] a full disk refuses a write with storage/quota, keeps what was stored and serves reads', async () => {
  const device = await startDevice()
  const [tab] = await device.openTabs(page)
  const session = await device.context.newCDPSession(tab!)
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page).origin, quotaSize: 4_000_000 })
  const { code, written, stored, small } = await tab!.evaluate(() => window.fillStore())
  expect(code).toBe('storage/quota')
  expect(written).toBeGreaterThan(0)
  expect(stored).toBe(written + (small === 'stored' ? 1 : 0))
})

test('[S4] a call that does not fit rejects with storage/quota; tabs show what is stored, and smaller calls go on', async () => {
  const device = await startDevice()
  const [first] = await device.openTabs(page)
  const session = await device.context.newCDPSession(first!)
  // Before the store is opened: Chromium asks for the quota rarely and goes on by what it was told.
  await session.send('Storage.overrideQuotaForOrigin', { origin: new URL(page).origin, quotaSize: 3_000_000 })
  const tab = await openBoard(device)
  await tab.evaluate(() => window.board.add('before'))
  const code = await tab.evaluate(() => window.addLarge(8_000_000))
  expect(code).toBe('storage/quota')
  await tab.evaluate(() => window.until(() => window.titles().length === 1))
  expect(await titlesIn(tab)).toEqual(['before'])
  await tab.evaluate(() => window.board.add('after'))
  await tab.reload()
  await tab.evaluate(() => window.opened)
  expect(await titlesIn(tab)).toEqual(['before', 'after'])
})
