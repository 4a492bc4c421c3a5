/** Rules Q1 to Q4: one turn at a time, in order, and each call once. */
import { wrap, transfer } from 'comlink'
import { afterEach, expect, test } from 'vitest'
import { action, AgenticSystem, field } from '../../lib/index.ts'
import { type FeedFrame, type FeedMessage, type HostControl, PORT_PROTOCOL } from '../../lib/protocol/port-messages.ts'
import { createWorld, type Device, type World } from '../../testing/index.ts'
import { readLedger } from '../../worker/run/ledger-store.ts'
import { opened, rejection } from './opened.ts'

/** Turns that wait for the test, by name. */
const gates = new Map<string, () => void>()
/** How often actions have really run, replays included. */
let runs = 0

class Board extends AgenticSystem {
  @field log: string[] = []
  @field stamps: { id: string; at: number; dice: number }[] = []
  @field count = 0

  @action() async slow(name: string) {
    this.log.push(`${name} begins`)
    await new Promise<void>((resolve) => gates.set(name, resolve))
    this.log.push(`${name} ends`)
  }
  @action() async note(name: string, awaits = 0) {
    for (let i = 0; i < awaits; i++) await Promise.resolve()
    this.log.push(name)
  }
  @action() stamp() {
    this.stamps.push({ id: this.turn.uuid(), at: this.turn.now(), dice: this.turn.random() })
    return this.stamps.length
  }
  @action() increment() {
    runs++
    return ++this.count
  }
  @action() look() {
    runs++
    return this.count
  }
  @action() fail() {
    runs++
    throw new Error(`failed at run ${runs}`)
  }
}

let world: World
function start(options: { sync?: boolean } = {}): World {
  gates.clear()
  runs = 0
  return (world = createWorld({ systems: { Board }, ...options }))
}
afterEach(() => world.close())

test('[Q1] a turn waits for the whole turn before it, awaits included, whichever tab it comes from', async () => {
  start({ sync: false })
  const one = await opened<Board>(world.device('a'))
  const two = await opened<Board>(world.device('a'))
  const first = one.handle.slow('first')
  await world.settle()
  const second = two.handle.note('second')
  await world.settle()
  expect([first.status.value, second.status.value]).toEqual(['running', 'queued'])
  gates.get('first')?.()
  await second
  expect(two.handle.log.value).toEqual(['first begins', 'first ends', 'second'])
})

test('[Q1] instances run side by side', async () => {
  start({ sync: false })
  const x = await opened<Board>(world.device('a'), 'x')
  const y = x.home.system<Board>({ id: 'y' })
  const waiting = x.handle.slow('x')
  await y.note('y')
  expect(waiting.status.value).toBe('running')
  gates.get('x')?.()
  await waiting
})

test('[Q1] the turns of a rebase wait for the turn that runs', async () => {
  start()
  const a = await opened<Board>(world.device('a'))
  const b = await opened<Board>(world.device('b'))
  await world.settle()
  const slow = a.handle.slow('a')
  await world.settle()
  await b.handle.note('b').confirmed
  await world.settle()
  gates.get('a')?.()
  await slow
  await world.settle()
  // The replay of `a` runs on top of `b`, and waits for the test again.
  gates.get('a')?.()
  await slow.confirmed
  await world.settle()
  expect(a.handle.log.value).toEqual(['b', 'a begins', 'a ends'])
  expect(b.handle.log.value).toEqual(a.handle.log.value)
})

test('[Q2] calls from one tab run in the order made', async () => {
  start({ sync: false })
  const tabs = [await opened<Board>(world.device('a')), await opened<Board>(world.device('a'))]
  const calls: Promise<void>[] = []
  for (let i = 0; i < 20; i++) {
    for (const [t, { handle }] of tabs.entries()) calls.push(handle.note(`${t}:${i}`, (i * 7) % 5))
    if (i % 6 === 0) await world.settle()
  }
  await Promise.all(calls)
  const log = tabs[0]?.handle.log.value ?? []
  for (const t of [0, 1]) expect(log.filter((name) => name.startsWith(`${t}:`))).toEqual(Array.from({ length: 20 }, (_, i) => `${t}:${i}`))
})

test('[Q2] calls made before the worker is up run in the order made', async () => {
  start({ sync: false })
  const letGo = world.device('a').disk.hold()
  const handle = world.device('a').tab().system<Board>({ id: 'x' })
  const calls = [0, 1].map((i) => handle.actions.note(`${i}`))
  await world.settle()
  calls.push(...[2, 3].map((i) => handle.actions.note(`${i}`)))
  await world.settle()
  letGo()
  await Promise.all(calls)
  expect(handle.log.value).toEqual(['0', '1', '2', '3'])
})

test('[Q2] so do calls by two handles on one instance', async () => {
  start({ sync: false })
  const letGo = world.device('a').disk.hold()
  const home = world.device('a').tab()
  const handles = [home.system<Board>({ id: 'x' }), home.system<Board>({ id: 'x', metadata: { another: 'connection' } })] as const
  const calls = ([1, 0, 1, 1, 0] as const).map((which, i) => handles[which].actions.note(`${i}`))
  await world.settle()
  letGo()
  await Promise.all(calls)
  expect(handles[0].log.value).toEqual(['0', '1', '2', '3', '4'])
})

test('[Q2] calls that a host has not answered run in the order made on the next one', async () => {
  start({ sync: false })
  const { handle } = await opened<Board>(world.device('a'))
  const letGo = world.device('a').disk.hold()
  const calls = [0, 1, 2].map((i) => handle.note(`${i}`))
  await world.settle()
  world.device('a').killHost()
  calls.push(handle.note('3'))
  letGo()
  await Promise.all(calls)
  expect(handle.log.value).toEqual(['0', '1', '2', '3'])
})

test('[Q3] id and time of a call are those of the moment it was made, and its chance is its own', async () => {
  start({ sync: false })
  const { handle } = await opened<Board>(world.device('a'))
  const gate = handle.slow('gate')
  const made = world.clock.now()
  const calls = [handle.stamp(), handle.stamp()]
  await world.clock.advance(5_000)
  gates.get('gate')?.()
  await Promise.all([gate, ...calls])
  const [one, two] = handle.stamps.value
  expect([one?.at, two?.at]).toEqual([made, made])
  expect(one?.id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect(one?.id).not.toBe(two?.id)
  expect(one?.dice).not.toBe(two?.dice)
})

test('[Q3] a replay has the id, time and chance of the call', async () => {
  start()
  const a = await opened<Board>(world.device('a'))
  const b = await opened<Board>(world.device('b'))
  await world.settle()
  world.network.cut('a')
  const call = a.handle.stamp()
  expect(await call).toBe(1)
  const before = a.handle.stamps.value[0]
  await b.handle.stamp().confirmed
  await world.clock.advance(60_000)
  world.network.heal('a')
  await world.clock.advance(30_000)
  expect(await call.confirmed).toBe(2)
  expect(a.handle.stamps.value[1]).toEqual(before)
  expect(b.handle.stamps.value).toEqual(a.handle.stamps.value)
})

test('[Q3] a call that a new host runs again keeps its id, time and chance', async () => {
  start({ sync: false })
  const device = world.device('a')
  const { handle } = await opened<Board>(device)
  const letGo = device.disk.hold()
  const call = handle.stamp()
  await world.settle()
  const shown = handle.stamps.value
  expect(shown).toHaveLength(1)
  await world.clock.advance(5_000)
  device.killHost()
  letGo()
  await call
  expect(handle.stamps.value).toEqual(shown)
})

/** A tab made by hand, so that it can say things twice. */
async function dialByHand(device: Device, tab: string) {
  const { port, feed, locks } = device.dial()
  const leave = await locks.hold(`homeroom:tab:${tab}`)
  const control = wrap<HostControl>(port)
  const heard: FeedMessage[] = []
  feed.receiver.onmessage = ({ data }: MessageEvent<FeedFrame>) => heard.push(...data.messages)
  await control.hello({ protocol: PORT_PROTOCOL, tab, handles: [] }, transfer(feed.sender, [feed.sender]))
  await control.open({ handle: 1, system: 'Board', id: 'x' })
  const outcomes = (id: string) =>
    heard.flatMap((message) => (message.type === 'outcome' && message.calls.includes(id) ? [message.outcome] : []))
  const submit = async (id: string, name: keyof Board & string) => {
    await control.submit([{ id, handle: 1, action: name, args: [], now: world.clock.now() }])
    await world.settle()
  }
  return { outcomes, submit, leave }
}

test('[Q4] a call submitted twice takes effect once, and both are answered alike', async () => {
  start({ sync: false })
  const tab = await dialByHand(world.device('a'), 'tab')
  await tab.submit('tab.1', 'increment')
  await tab.submit('tab.1', 'increment')
  const outcome = { ok: true, value: 1, settled: true }
  expect(tab.outcomes('tab.1')).toEqual([outcome, outcome])
  const { handle } = await opened<Board>(world.device('a'))
  expect(handle.count.value).toBe(1)
})

test('[Q4] outcomes without a commit stand too: a failed call and one that changed nothing do not run again', async () => {
  start({ sync: false })
  const device = world.device('a')
  const before = await dialByHand(device, 'tab')
  await before.submit('tab.1', 'fail')
  await before.submit('tab.2', 'look')
  device.killHost()
  before.leave()
  const after = await dialByHand(device, 'tab')
  await after.submit('tab.1', 'fail')
  await after.submit('tab.2', 'look')
  expect(runs).toBe(2)
  expect(after.outcomes('tab.1')).toEqual([{ ok: false, error: { name: 'Error', message: 'failed at run 1' }, settled: true }])
  expect(after.outcomes('tab.2')).toEqual([{ ok: true, value: 0, settled: true }])
})

test.each([
  ['before', false, 2],
  ['after', true, 1],
] as const)('[Q4] a host that dies right %s it stores a call leaves it in effect once', async (_, after, expectedRuns) => {
  start({ sync: false })
  const device = world.device('a')
  const { handle } = await opened<Board>(device)
  await world.settle()
  device.crashAt({ count: 1, after })
  expect(await handle.increment()).toBe(1)
  expect(handle.count.value).toBe(1)
  expect(runs).toBe(expectedRuns)
})

test.each([false, true])('[Q4] a failed call is told the same by the next host (stored: %s)', async (after) => {
  start({ sync: false })
  const device = world.device('a')
  const { handle } = await opened<Board>(device)
  await world.settle()
  device.crashAt({ count: 1, after })
  expect((await rejection(handle.fail())).message).toBe(`failed at run ${after ? 1 : 2}`)
})

test('[Q4] outcomes are kept until the tab has acknowledged them', async () => {
  start({ sync: false })
  const device = world.device('a')
  const { handle } = await opened<Board>(device)
  await handle.increment()
  expect(await storedOutcomes(device)).toBe(1)
  await world.clock.advance(1_000)
  await handle.increment()
  // The first one went with what was stored next; the second is not acknowledged yet.
  expect(await storedOutcomes(device)).toBe(1)
})

test('[Q4] outcomes are kept until the lock of their tab is free', async () => {
  start({ sync: false })
  const device = world.device('a')
  const { home, handle } = await opened<Board>(device)
  const { handle: other } = await opened<Board>(device)
  const call = handle.increment()
  await call
  home.close()
  await world.settle()
  await other.look()
  await world.clock.advance(1_000)
  expect([...(await ledger(device)).outcomes.keys()].some((id) => id === call.id)).toBe(false)
})

test('[Q4] the outcome of a pending call is kept over a reload of the host, and gets its last word there', async () => {
  start()
  const device = world.device('a')
  const { handle } = await opened<Board>(device)
  await world.settle()
  world.network.cut('a')
  const call = handle.increment()
  await call
  device.killHost()
  await world.clock.advance(1_000)
  expect(call.status.value).toBe('committed')
  world.network.heal('a')
  await world.clock.advance(30_000)
  expect(await call.confirmed).toBe(1)
  expect(call.status.value).toBe('confirmed')
})

test('[Q4] a pending call whose handle was closed gets its last word, also from the next host', async () => {
  start()
  const device = world.device('a')
  const { handle } = await opened<Board>(device)
  await world.settle()
  world.network.cut('a')
  const call = handle.increment()
  await call
  handle.$close()
  await world.settle()
  device.killHost()
  await world.settle()
  world.network.heal('a')
  await world.clock.advance(30_000)
  expect(call.status.value).toBe('confirmed')
})

async function ledger(device: Device) {
  const stored = await device.disk.read({ system: 'Board', id: 'x' })
  if (stored === undefined) throw new Error('Nothing is stored.')
  return readLedger(stored).ledger
}

async function storedOutcomes(device: Device): Promise<number> {
  return (await ledger(device)).outcomes.size
}
