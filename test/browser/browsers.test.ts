/** The way through in the other engines: Firefox and WebKit, with their own SharedWorkers, Web Locks and IndexedDB. */
import { expect, test } from 'vitest'
import { countIn, openBoard, openBoards, titlesIn, untilConfirmed, untilShows } from './harness/board.ts'
import { startDevice } from './harness/chromium.ts'
import { startFirefox } from './harness/firefox.ts'
import { startProxy } from './harness/proxy.ts'
import { startSyncServer } from './harness/sync-server.ts'
import type { AnyDevice } from './harness/tab.ts'
import { startWebKit } from './harness/webkit.ts'

const engines: [string, () => Promise<AnyDevice>][] = [
  ['Firefox', startFirefox],
  ['WebKit', startWebKit],
]

test.each(engines)(
  '[F1] [F2] [A5] [S1] in %s, two tabs show each other’s changes, and a reload right after a resolved call loses nothing',
  async (_, start) => {
    const device = await start()
    const [one, two] = await openBoards(device, { count: 2 })
    expect(await one!.evaluate(() => window.board.add('one').then(() => window.titles()))).toEqual(['one'])
    await untilShows(two!, 1, 0)
    await Promise.all(
      [one!, two!].map((tab) =>
        tab.evaluate(() => Promise.all(Array.from({ length: 50 }, () => window.board.increment())).then(() => undefined)),
      ),
    )
    for (const tab of [one!, two!]) await untilShows(tab, 1, 100)
    await two!.close()
    for (let count = 101; count <= 104; count++) {
      await one!.evaluate(() => window.board.increment())
      await one!.reload() // the only tab: its worker goes with it
      await one!.evaluate(() => window.opened)
      expect(await countIn(one!)).toBe(count)
    }
  },
)

test('[S1] [S3] a Firefox killed right after a resolved call has lost nothing', async () => {
  const device = await startFirefox()
  for (let i = 0; i < 2; i++) {
    const tab = await openBoard(device)
    expect(await countIn(tab)).toBe(i)
    await tab.evaluate(() => window.board.increment())
    await device.kill()
    await device.start()
  }
  expect(await countIn(await openBoard(device))).toBe(2)
})

test('[Y1] [Y7] Chromium, Firefox and WebKit merge what they did apart', async () => {
  const server = await startSyncServer()
  const network = await startProxy(server.port)
  const devices: AnyDevice[] = [await startDevice(), await startFirefox(), await startWebKit()]
  const tabs = []
  for (const device of devices) tabs.push(await openBoard(device, { sync: network.url }))
  for (const tab of tabs) await untilConfirmed(tab)
  network.cut()
  for (const [i, tab] of tabs.entries()) {
    await tab.evaluate(
      (name) =>
        Promise.all(Array.from({ length: 20 }, (_, n) => [window.board.add(`${name} ${n}`), window.board.increment()]).flat()).then(
          () => undefined,
        ),
      `engine ${i}`,
    )
  }
  network.heal()
  for (const tab of tabs) await untilShows(tab, 60, 60)
  for (const tab of tabs) await untilConfirmed(tab)
  const first = await titlesIn(tabs[0]!)
  for (const tab of tabs) expect(await titlesIn(tab)).toEqual(first)
  expect(new Set(first).size).toBe(60)
})
