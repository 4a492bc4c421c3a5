/** Several tabs of one device in real Chromium: what they show, how soon, and what survives when processes are killed. */
import { expect, inject, test } from 'vitest'
import { openBoard, openBoards, seeded, titlesIn } from './harness/board.ts'
import { startDevice } from './harness/chromium.ts'

test('[F1] [F2] two tabs show the same tasks, and each other’s changes within 10 ms (median)', async () => {
  const device = await startDevice()
  const [one, two] = await openBoards(device, { count: 2 })
  await one!.evaluate(() => Promise.all(Array.from({ length: 1000 }, (_, i) => window.board.add(`task ${i}`))))
  await two!.evaluate(() => window.until(() => window.titles().length === 1000))
  expect(await titlesIn(two!)).toEqual(await titlesIn(one!))

  const UPDATES = 200
  await two!.evaluate(() => window.answerPings('clock'))
  const offset = await one!.evaluate(() => window.clockOffset('clock'))
  await two!.evaluate(() => window.watchFirstTitle())
  const calls = await one!.evaluate((updates) => window.renameFirst(updates), UPDATES)
  await two!.evaluate((last) => window.until(() => window.titles()[0] === last), calls.at(-1)![0])
  const seen = new Map(await two!.evaluate(() => [...window.seen]))
  const took = calls.flatMap(([title, at]) => (seen.has(title) ? [seen.get(title)! - (at + offset)] : [])).toSorted((a, b) => a - b)
  const median = took[Math.floor(took.length / 2)]!
  console.log(
    `Tab to tab, ${took.length} of ${UPDATES} updates seen one by one: median ${median.toFixed(2)} ms, p95 ${took[Math.floor(took.length * 0.95)]!.toFixed(2)} ms`,
  )
  expect(took.length).toBeGreaterThan(UPDATES / 2)
  expect(median).toBeLessThan(10)
  expect(device.errors).toEqual([])
})

test('[S1] [H5] a reload right after a resolved call loses nothing', async () => {
  const device = await startDevice()
  const tab = await openBoard(device)
  for (let i = 0; i < 10; i++) {
    await tab.evaluate((i) => window.board.add(`task ${i}`), i)
    await tab.reload()
    await tab.evaluate(() => window.opened)
    expect(await titlesIn(tab)).toEqual(Array.from({ length: i + 1 }, (_, n) => `task ${n}`))
  }
  expect(device.errors).toEqual([])
})

test('[S1] [S3] a browser killed right after a resolved call, 20 times, has lost none of them and doubled none', async () => {
  const KILLS = 20
  const WIDTH = 4
  const device = await startDevice()
  const resolved = new Set<string>()
  const check = (titles: string[]) => {
    const held = new Set(titles)
    expect([...resolved].filter((title) => !held.has(title))).toEqual([])
    expect(titles).toHaveLength(held.size)
  }
  for (let round = 0; round < KILLS; round++) {
    const tab = await openBoard(device)
    check(await titlesIn(tab))
    await new Promise<void>((gone, failed) => {
      let toGo = 1 + ((round * 7) % 13)
      const report = (title: string) => {
        resolved.add(title)
        if (--toGo === 0) device.kill().then(gone, failed)
      }
      const run = async () => {
        await tab.exposeFunction('report', report)
        await tab.evaluate(({ round, width }) => window.keepAdding(`round ${round} task`, width), { round, width: WIDTH })
      }
      run().catch((error: unknown) => toGo > 0 && failed(error))
    })
    await device.start()
  }
  const last = await titlesIn(await openBoard(device))
  check(last)
  expect(last.length).toBeLessThanOrEqual(resolved.size + KILLS * WIDTH)
  console.log(`${KILLS} kills of the browser: ${resolved.size} calls had resolved, ${last.length} tasks are there`)
})

test('[S3] [Q2] [Q4] [H4] workers killed while two tabs call: both attach to the next one, and every call takes effect once, in order', async () => {
  const KILLS = 25
  const device = await startDevice()
  const tabs = await openBoards(device, { count: 2 })
  const random = seeded(2)
  let reported = (): void => undefined
  /** Resolves once so many more calls have resolved. */
  const calls = (count: number) => new Promise<void>((resolve) => (reported = () => void (--count <= 0 && resolve())))
  for (const [i, tab] of tabs.entries()) {
    await tab.exposeFunction('report', () => reported())
    await tab.evaluate((name) => window.keepAdding(name, 4), ['one', 'two'][i]!)
  }
  for (let kills = 1; kills <= KILLS; kills++) {
    await calls(1 + Math.floor(random() * 20))
    expect(await device.killSharedWorkers()).toBe(1)
    for (const tab of tabs) await tab.evaluate((times) => window.until(() => window.attachments.value === times), kills + 1)
  }
  const added: number[] = []
  for (const tab of tabs) added.push(await tab.evaluate(() => window.stopAdding()))
  await Promise.all(tabs.map((tab) => tab.evaluate((count) => window.until(() => window.titles().length >= count), added[0]! + added[1]!)))

  const [one, two] = [await titlesIn(tabs[0]!), await titlesIn(tabs[1]!)]
  expect(two).toEqual(one)
  for (const [i, name] of ['one', 'two'].entries()) {
    expect(one.filter((title) => title.startsWith(name))).toEqual(Array.from({ length: added[i]! }, (_, n) => `${name} ${n}`))
  }
  console.log(`${KILLS} kills of the worker under ${one.length} calls of two tabs: all took effect once`)
  expect(device.errors).toEqual([])
})

test('[H4] a worker killed while it starts is replaced as well, and the call that waits for it takes effect once', async () => {
  const device = await startDevice()
  const tab = await openBoard(device)
  const call = tab.evaluate(() => window.board.add('one'))
  await device.killSharedWorkers()
  await expect.poll(() => device.killSharedWorkers(), { interval: 0 }).toBe(1) // as soon as the next one is there
  await call
  expect(await titlesIn(tab)).toEqual(['one'])
  await tab.reload()
  await tab.evaluate(() => window.opened)
  expect(await titlesIn(tab)).toEqual(['one'])
})

test('[H4] a tab opened after a worker was killed shows what the others show', async () => {
  const device = await startDevice()
  const before = await openBoard(device)
  await before.evaluate(() => window.board.add('before'))
  await device.killSharedWorkers()
  const call = before.evaluate(() => window.board.add('after'))
  const [fresh] = await device.openTabs(`${inject('pagesUrl')}board.html`)
  await call
  await fresh!.evaluate(() => window.opened.then(() => window.until(() => window.titles().length === 2)))
  expect(await titlesIn(fresh!)).toEqual(['before', 'after'])
})
