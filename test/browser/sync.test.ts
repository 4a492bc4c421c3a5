/** Two devices, each a real Chromium on a profile of its own, and the real server process: what they did apart is merged, once. */
import { expect, test } from 'vitest'
import { countIn, openBoard, seeded, titlesIn, untilConfirmed, untilShows } from './harness/board.ts'
import { startDevice } from './harness/chromium.ts'
import { type Fate, type Proxy, startProxy } from './harness/proxy.ts'
import { startSyncServer } from './harness/sync-server.ts'
import type { Tab } from './harness/tab.ts'

test('[Y1] [Y7] two devices add 100 tasks and 100 counts each while offline: both have 200 and 200, so does a third, so does a killed server', async () => {
  const server = await startSyncServer()
  const networks = [await startProxy(server.port), await startProxy(server.port)]
  const devices = await Promise.all([startDevice(), startDevice()])
  const tabs = await Promise.all(devices.map((device, i) => openBoard(device, { sync: networks[i]!.url })))
  for (const tab of tabs) await untilConfirmed(tab)

  for (const network of networks) network.cut()
  for (const tab of tabs) await tab.evaluate(() => window.until(() => window.home.sync.value.state === 'offline'))
  await Promise.all(tabs.map(addAndCount))
  for (const tab of tabs) expect(await tab.evaluate(() => window.home.sync.value.pending)).toBe(200)

  for (const network of networks) network.heal()
  for (const tab of tabs) await untilShows(tab, 200, 200)
  for (const tab of tabs) await untilConfirmed(tab)
  await expectMerged(tabs)

  await server.kill()
  await server.start()
  for (const tab of tabs) await untilConfirmed(tab)
  const fresh = await openBoard(await startDevice(), { sync: server.url })
  await untilShows(fresh, 200, 200)
  await expectMerged([...tabs, fresh])
  await tabs[0]!.evaluate(() => window.board.increment().confirmed)
  for (const tab of [...tabs, fresh]) await untilShows(tab, 200, 201)
  for (const device of devices) expect(device.errors.filter((error) => !error.includes('WebSocket'))).toEqual([])
})

test.each([1, 2])('[Q4] [Y5] acknowledgements and pushes lost on the way, seed %i: everything takes effect once', async (seed) => {
  const server = await startSyncServer()
  const networks = [await startProxy(server.port), await startProxy(server.port)]
  const devices = await Promise.all([startDevice(), startDevice()])
  const tabs = await Promise.all(devices.map((device, i) => openBoard(device, { sync: networks[i]!.url })))
  for (const tab of tabs) await untilConfirmed(tab)

  const breaks = networks.map((network, i) => breakAtRandom(network, seed * 2 + i, 5))
  await Promise.all(tabs.map(addAndCount))
  for (const tab of tabs) await untilShows(tab, 200, 200)
  for (const tab of tabs) await untilConfirmed(tab)
  await expectMerged(tabs)
  const fresh = await openBoard(await startDevice(), { sync: server.url })
  await untilShows(fresh, 200, 200)
  await expectMerged([...tabs, fresh])
  for (const tab of tabs) expect(await tab.evaluate(() => window.home.rejected.value)).toEqual([])
  console.log(`Seed ${seed}: ${breaks.map((count) => `${count.pushes} pushes and ${count.answers} answers`).join('; ')} lost`)
})

test('[Y7] [S3] a browser killed while its acknowledgement is on the way brings nothing twice', async () => {
  const server = await startSyncServer()
  const network = await startProxy(server.port)
  const device = await startDevice()
  const other = await openBoard(await startDevice(), { sync: server.url })
  let total = 0
  for (let round = 0; round < 3; round++) {
    const tab = await openBoard(device, { sync: network.url })
    await untilConfirmed(tab)
    network.judge = (direction) => (direction === 'to-device' ? 'lose' : 'pass')
    await tab.evaluate((round) => window.board.add(`round ${round}`), round)
    total++
    await untilShows(other, total, 0) // so the server has it
    await device.kill()
    network.judge = undefined
    await device.start()
  }
  const back = await openBoard(device, { sync: network.url })
  await untilConfirmed(back)
  await untilShows(back, total, 0)
  expect(await titlesIn(back)).toEqual(await titlesIn(other))
  expect(new Set(await titlesIn(back)).size).toBe(total)
})

/** Adds 100 tasks and counts 100 times, one call after the other, as this device. */
async function addAndCount(tab: Tab, device: number): Promise<void> {
  await tab.evaluate(async (device) => {
    for (let i = 0; i < 100; i++) {
      await window.board.add(`device ${device} task ${i}`)
      await window.board.increment()
    }
  }, device)
}

/** All show the same, and each device's tasks are there once, in the order they were made. */
async function expectMerged(tabs: readonly Tab[]): Promise<void> {
  const first = await titlesIn(tabs[0]!)
  for (const tab of tabs) expect(await titlesIn(tab)).toEqual(first)
  for (const tab of tabs) expect(await countIn(tab)).toBe(200)
  for (const device of [0, 1]) {
    expect(first.filter((title) => title.startsWith(`device ${device}`))).toEqual(
      Array.from({ length: 100 }, (_, i) => `device ${device} task ${i}`),
    )
  }
}

/** Breaks a network so often, at moments that a seed decides: every other time before a push arrives, else before its answer does. */
function breakAtRandom(network: Proxy, seed: number, times: number): { pushes: number; answers: number } {
  const random = seeded(seed)
  const lost = { pushes: 0, answers: 0 }
  network.judge = (direction): Fate => {
    if (lost.pushes + lost.answers >= times || random() > 0.3) return 'pass'
    lost[direction === 'to-server' ? 'pushes' : 'answers']++
    return 'break'
  }
  return lost
}
