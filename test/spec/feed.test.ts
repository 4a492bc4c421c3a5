/** Rules F1, F2 and the bound of F3: what tabs are told, and what their signals do. F5 stands in storage.test.ts. */
import { effect } from '@preact/signals-core'
import { transfer, wrap } from 'comlink'
import { afterEach, expect, test } from 'vitest'
import { action, AgenticSystem, field } from '../../lib/index.ts'
import { type FeedFrame, type FeedMessage, type HostControl, PORT_PROTOCOL } from '../../lib/protocol/port-messages.ts'
import { createWorld, type World } from '../../testing/index.ts'
import { opened } from './opened.ts'

const gates: (() => void)[] = []

class List extends AgenticSystem {
  @field rows: { id: number; tags: string[] }[] = [
    { id: 1, tags: ['a'] },
    { id: 2, tags: ['b'] },
  ]
  @field meta: { title: string; counts: { up: number; down: number } } = { title: 't', counts: { up: 0, down: 0 } }
  @field seen: number[] = []
  @field total = 0

  @action() see(n: number) {
    this.seen.push(n)
    this.total += n
  }
  @action() tag(id: number, tag: string) {
    this.rows.find((row) => row.id === id)?.tags.push(tag)
  }
  @action() setTitle(title: string) {
    this.meta.title = title
  }
  @action() setSame() {
    this.meta = { title: this.meta.title, counts: { ...this.meta.counts } }
    const { total } = this
    this.total = total
    this.rows = [...this.rows]
  }
  @action() addFirst() {
    this.rows.unshift({ id: 0, tags: [] })
  }
  @action() async wait() {
    await new Promise<void>((resolve) => gates.push(resolve))
  }
}

let world: World
function start(options: { sync?: boolean } = {}): World {
  gates.length = 0
  return (world = createWorld({ systems: { List }, ...options }))
}
afterEach(() => world.close())

test('[F1] a tab that joins at any moment has each commit once', async () => {
  start({ sync: false })
  const { handle } = await opened<List>(world.device('a'))
  const late: { seen: { value: readonly number[] }; ready: Promise<void> }[] = []
  for (let n = 0; n < 40; n++) {
    void handle.see(n)
    // Every so many tasks of the loop another tab comes, at each stage of a call's way.
    const home = world.device('a').tab()
    await home.ready
    const joined = home.system<List>({ id: 'x' })
    late.push({ seen: joined.seen, ready: joined.$ready })
    await world.run(n % 7)
  }
  await world.settle()
  for (const { seen, ready } of late) {
    await ready
    expect(seen.value).toEqual(Array.from({ length: 40 }, (_, n) => n))
  }
})

test('[F1] a tab never sees a state that was not, on its way to the present one', async () => {
  start({ sync: false })
  const { handle } = await opened<List>(world.device('a'))
  for (let n = 1; n <= 10; n++) void handle.see(n)
  await world.run(9)
  const home = world.device('a').tab()
  await home.ready
  const joined = home.system<List>({ id: 'x' })
  const sums: [number, number][] = []
  effect(() => void sums.push([joined.total.value, joined.seen.value.reduce((sum, n) => sum + n, 0)]))
  await world.settle()
  expect(sums.at(-1)).toEqual([55, 55])
  for (const [total, sum] of sums) expect(total).toBe(sum)
})

test('[F1] `$ready` waits neither for the queue nor for the network', async () => {
  start()
  const device = world.device('a')
  world.network.cut('a')
  const { handle } = await opened<List>(device)
  const waiting = handle.wait()
  await world.settle()
  const second = await opened<List>(device)
  expect(second.handle.$status.value).toBe('connected')
  expect(waiting.status.value).toBe('running')
  gates[0]?.()
  await waiting
})

test('[F1] before its snapshot a handle shows initial values, and connecting', async () => {
  start({ sync: false })
  const { handle } = await opened<List>(world.device('a'))
  await handle.see(7)
  const home = world.device('a').tab()
  await home.ready
  const late = home.system<List>({ id: 'x' })
  expect([late.total.value, late.$status.value]).toEqual([0, 'connecting'])
  await late.$ready
  expect([late.total.value, late.$status.value]).toEqual([7, 'connected'])
})

test('[F2] the signals of one commit change in one batch', async () => {
  start({ sync: false })
  const { handle } = await opened<List>(world.device('a'))
  const other = await opened<List>(world.device('a'))
  for (const { seen, total } of [handle, other.handle]) {
    const pairs: [number, number][] = []
    effect(() => void pairs.push([seen.value.length, total.value]))
    await handle.see(5)
    await world.settle()
    expect(pairs).toHaveLength(2)
    expect(pairs[1]?.[0]).toBe((pairs[0]?.[0] ?? NaN) + 1)
  }
})

test('[F2] a signal whose value did not change does not fire', async () => {
  start({ sync: false })
  const { handle } = await opened<List>(world.device('a'))
  const fired: Record<string, number> = { rows: -1, meta: -1, seen: -1, total: -1 }
  for (const name of ['rows', 'meta', 'seen', 'total'] as const)
    effect(() => {
      void handle[name].value
      fired[name] = (fired[name] ?? 0) + 1
    })
  await handle.see(1)
  await handle.setSame()
  expect(fired).toEqual({ rows: 0, meta: 0, seen: 1, total: 1 })
})

test('[F2] untouched rows and branches keep their identity', async () => {
  start({ sync: false })
  const { handle } = await opened<List>(world.device('a'))
  const [first, second] = handle.rows.value
  const { counts } = handle.meta.value
  await handle.tag(2, 'new')
  await handle.setTitle('other')
  expect(handle.rows.value[0]).toBe(first)
  expect(handle.rows.value[1]).not.toBe(second)
  expect(handle.rows.value[1]).toEqual({ id: 2, tags: ['b', 'new'] })
  expect(handle.meta.value.counts).toBe(counts)
  await handle.addFirst()
  expect(handle.rows.value[1]).toBe(first)
})

test('[F2] also over the snapshot that follows a new host, and over a rebase', async () => {
  start()
  const device = world.device('a')
  const { handle } = await opened<List>(device)
  const b = await opened<List>(world.device('b'))
  await world.settle()
  const fired = { rows: -1, seen: -1 }
  effect(() => void (handle.rows.value, fired.rows++))
  effect(() => void (handle.seen.value, fired.seen++))
  const rows = handle.rows.value
  device.killHost()
  await world.settle()
  expect(handle.$status.value).toBe('connected')
  expect(fired).toEqual({ rows: 0, seen: 0 })
  world.network.cut('a')
  await handle.see(1)
  await b.handle.see(2).confirmed
  world.network.heal('a')
  await world.clock.advance(30_000)
  expect(handle.seen.value).toEqual([2, 1])
  expect(handle.rows.value).toBe(rows)
  expect(fired).toEqual({ rows: 0, seen: 2 })
})

test('[F3] a tab is told only of what it has open, and of nothing once it has closed it', async () => {
  start({ sync: false })
  const x = await opened<List>(world.device('a'), 'x')
  const y = await opened<List>(world.device('a'), 'y')
  const { port, feed, locks } = world.device('a').dial()
  await locks.hold('homeroom:tab:other')
  const control = wrap<HostControl>(port)
  const heard: FeedMessage[] = []
  feed.receiver.onmessage = ({ data }: MessageEvent<FeedFrame>) =>
    heard.push(...data.messages.filter(({ type }) => type === 'snapshot' || type === 'patch'))
  await control.hello({ protocol: PORT_PROTOCOL, tab: 'other' }, transfer(feed.sender, [feed.sender]))
  await control.open({ handle: 1, system: 'List', id: 'x' })
  await x.handle.see(1)
  await y.handle.see(1)
  await world.settle()
  expect(heard.map(({ type }) => type)).toEqual(['snapshot', 'patch'])
  await control.close(1)
  await x.handle.see(1)
  await world.settle()
  expect(heard).toHaveLength(2)
})

test('[F3] commits of calls made in one go reach other tabs as one change, in order', async () => {
  start({ sync: false })
  const { handle } = await opened<List>(world.device('a'))
  const other = await opened<List>(world.device('a'))
  const shown: (readonly number[])[] = []
  const stop = effect(() => void shown.push(other.handle.seen.value))
  await Promise.all(Array.from({ length: 20 }, (_, n) => handle.see(n)))
  await world.settle()
  stop()
  expect(shown.at(-1)).toEqual(Array.from({ length: 20 }, (_, n) => n))
  expect(shown.length).toBeLessThan(10)
})
