/** Rules S1 to S4: what a resolved call is worth, and what happens when the host dies or the disk is full. */
import { afterEach, expect, test } from 'vitest'
import { action, AgenticSystem, field } from '../../lib/index.ts'
import { applyOps } from '../../lib/protocol/ops.ts'
import { createWorld, type Device, type World } from '../../testing/index.ts'
import { readLedger } from '../../worker/run/ledger-store.ts'
import { opened, rejection, watchNetwork } from './opened.ts'

class Book extends AgenticSystem {
  @field lines: string[] = []
  @field count = 0
  @field big = ''
  @action() write(line: string) {
    this.lines.push(line)
    return this.lines.length
  }
  @action() increment() {
    return ++this.count
  }
  @action() grow(size: number) {
    this.big = 'x'.repeat(size)
  }
  @action() stamp() {
    this.lines.push(`${this.turn.uuid()} ${this.turn.now()}`)
  }
  @action() look() {
    return this.count
  }
}

let world: World
function start(options: { sync?: boolean } = {}): World {
  return (world = createWorld({ systems: { Book }, ...options }))
}
afterEach(() => world.close())

async function reloaded(device: Device, id = 'x') {
  device.kill()
  await device.restart()
  return opened<Book>(device, id)
}

async function ledger(device: Device, id = 'x') {
  const stored = await device.disk.read({ system: 'Book', id })
  if (stored === undefined) throw new Error('Nothing is stored.')
  return { ...readLedger(stored).ledger, stored }
}

test('[S1] a call resolves only after its commit is stored, which tabs may see before', async () => {
  start({ sync: false })
  const { handle } = await opened<Book>(world.device('a'))
  const other = await opened<Book>(world.device('a'))
  const letGo = world.device('a').disk.hold()
  let isResolved = false
  const call = handle.write('one')
  void call.then(() => (isResolved = true))
  await world.settle()
  expect([isResolved, call.status.value, handle.lines.value, other.handle.lines.value]).toEqual([false, 'running', ['one'], ['one']])
  letGo()
  await world.settle()
  expect(isResolved).toBe(true)
})

test('[S1] a call that changes nothing resolves only after what it saw is stored', async () => {
  start({ sync: false })
  const { handle } = await opened<Book>(world.device('a'))
  const letGo = world.device('a').disk.hold()
  void handle.increment()
  let seen: number | undefined
  void handle.look().then((count) => (seen = count))
  await world.settle()
  expect(seen).toBe(undefined)
  letGo()
  await world.settle()
  expect(seen).toBe(1)
})

test('[S1] a call that was resolved is there after everything on the device has died', async () => {
  start({ sync: false })
  const device = world.device('a')
  let { handle } = await opened<Book>(device)
  for (const line of ['one', 'two', 'three']) {
    await handle.write(line)
    ;({ handle } = await reloaded(device))
    expect(handle.lines.value.at(-1)).toBe(line)
  }
})

test('[S2] a snapshot and the commits after it are the state, at any number of calls', async () => {
  start({ sync: false })
  const device = world.device('a')
  let { handle } = await opened<Book>(device)
  const snapshots = new Set<number>()
  for (let n = 1; n <= 700; n++) {
    await handle.write(`${n}`)
    if (n % 50 !== 0) continue
    snapshots.add((await ledger(device)).stored.upTo)
    ;({ handle } = await reloaded(device))
    expect(handle.lines.value).toEqual(Array.from({ length: n }, (_, i) => `${i + 1}`))
  }
  // Compaction has happened, more than once.
  expect(snapshots.size).toBeGreaterThan(2)
})

test('[S2] what is stored after a snapshot stays short', async () => {
  start({ sync: false })
  const device = world.device('a')
  const { handle } = await opened<Book>(device)
  let longest = 0
  for (let n = 0; n < 40; n++) {
    await handle.grow(10_000)
    longest = Math.max(
      longest,
      (await ledger(device)).stored.entries.reduce((size, { text }) => size + text.length, 0),
    )
  }
  expect(longest).toBeLessThan(100_000)
})

test('[S2] snapshots hold confirmed state only; a pending call keeps arguments, time, id, connection and version', async () => {
  start()
  const device = world.device('a')
  const { handle } = await opened<Book>(device)
  await world.settle()
  await handle.write('confirmed').confirmed
  world.network.cut('a')
  for (let n = 0; n < 300; n++) await handle.write(`${n}`)
  const stamp = handle.stamp()
  await stamp
  const { stored, confirmed, pending } = await ledger(device)
  expect(stored.upTo).toBeGreaterThan(0)
  expect(confirmed['lines']).toEqual(['confirmed'])
  const last = pending.at(-1)
  expect(last?.commit).toMatchObject({ action: 'stamp', args: [], call: stamp.id, at: world.clock.now(), version: 1 })
  expect(last?.connection?.id).toBe(last?.commit.connection)
  const again = await reloaded(device)
  expect(again.handle.lines.value).toEqual(handle.lines.value)
})

test.each([1, 2, 3, 4, 5, 6, 7, 8])('[S2] compaction may die at write %i from where it begins, and before or after it', async (count) => {
  for (const after of [false, true]) {
    start({ sync: false })
    const device = world.device('a')
    const { handle } = await opened<Book>(device)
    await handle.grow(70_000)
    await handle.grow(70_000)
    device.crashAt({ count, after })
    for (let n = 0; n < 8; n++) await handle.write(`${n}`)
    expect(device.disk.isArmed).toBe(false)
    const again = await reloaded(device)
    expect(again.handle.lines.value).toEqual(['0', '1', '2', '3', '4', '5', '6', '7'])
    if (!after) await world.close()
  }
})

test.each([false, true])('[S3] a host may die at any write, and no resolved call is lost and none doubled (sync: %s)', async (sync) => {
  for (let count = 1; count <= 12; count++) {
    for (const after of [false, true]) {
      start({ sync })
      const device = world.device('a')
      const { handle } = await opened<Book>(device)
      device.crashAt({ count, after })
      const results: number[] = []
      for (let n = 0; n < 4; n++) results.push(...(await Promise.all([handle.write(`${n}`), handle.increment()])))
      await world.clock.advance(10_000)
      expect(results).toEqual([1, 1, 2, 2, 3, 3, 4, 4])
      const again = await reloaded(device)
      expect([again.handle.lines.value, again.handle.count.value]).toEqual([['0', '1', '2', '3'], 4])
      if (!(count === 12 && after)) await world.close()
    }
  }
})

test('[S3] a host that dies again while it recovers loses nothing either', async () => {
  start()
  const device = world.device('a')
  const { handle } = await opened<Book>(device)
  await world.settle()
  world.network.cut('a')
  for (let n = 0; n < 5; n++) await handle.increment()
  for (let count = 1; count <= 6; count++) {
    device.killHost()
    device.crashAt({ count: (count % 2) + 1, after: count % 3 === 0 })
    const call = handle.increment()
    expect(await call).toBe(5 + count)
  }
  world.network.heal('a')
  await world.clock.advance(30_000)
  expect((await reloaded(device)).handle.count.value).toBe(11)
})

test('[F5] a commit that is shown but not stored is not pushed; if the host dies, tabs return to what is stored, and the call runs again', async () => {
  start()
  const device = world.device('a')
  const { handle } = await opened<Book>(device)
  await world.settle()
  const frames = watchNetwork(world)
  const shown: (readonly string[])[] = []
  handle.lines.subscribe((lines) => shown.push(lines))
  const letGo = device.disk.hold()
  const call = handle.write('one')
  await world.settle()
  expect(handle.lines.value).toEqual(['one'])
  expect(frames.filter(({ message }) => message.type === 'push')).toEqual([])
  device.killHost()
  letGo()
  await call.confirmed
  expect(shown).toEqual([[], ['one'], [], ['one']])
  expect(frames.filter(({ message }) => message.type === 'push')).toHaveLength(1)
})

test('[S4] a full disk rejects the calls concerned with `storage/quota`, and the state is what is stored', async () => {
  start({ sync: false })
  const device = world.device('a')
  const { handle } = await opened<Book>(device)
  await handle.increment()
  const free = device.disk.fill()
  const errors = await Promise.all([rejection(handle.increment()), rejection(handle.increment())])
  for (const error of errors) expect(error).toMatchObject({ code: 'storage/quota' })
  await world.settle()
  expect(handle.count.value).toBe(1)
  // Reads go on.
  expect((await opened<Book>(device)).handle.count.value).toBe(1)
  free()
  expect(await handle.increment()).toBe(2)
  expect((await reloaded(device)).handle.count.value).toBe(2)
})

test('[S4] a call rejected for a full disk may be made again, and a repetition of the same one runs', async () => {
  start({ sync: false })
  const device = world.device('a')
  const { handle } = await opened<Book>(device)
  const free = device.disk.fill()
  await rejection(handle.write('one'))
  free()
  expect(await handle.write('one')).toBe(1)
})

test('[S4] one instance that does not fit fails alone', async () => {
  start({ sync: false })
  const device = world.device('a')
  const x = await opened<Book>(device, 'x')
  const y = await opened<Book>(device, 'y')
  device.disk.fill(({ id }) => id === 'x')
  const letGo = device.disk.hold()
  void rejection(x.handle.increment())
  await world.settle()
  const calls = [rejection(x.handle.increment()), y.handle.increment()] as const
  letGo()
  expect(await calls[0]).toMatchObject({ code: 'storage/quota' })
  expect(await calls[1]).toBe(1)
  expect([x.handle.count.value, y.handle.count.value]).toEqual([0, 1])
})

test('[S4] with sync, what was confirmed while the disk was full is caught up with, and what is pending is confirmed', async () => {
  start()
  const device = world.device('a')
  const a = await opened<Book>(device)
  const b = await opened<Book>(world.device('b'))
  await world.settle()
  const pending = a.handle.increment()
  await pending
  const free = device.disk.fill()
  const frames = watchNetwork(world)
  await b.handle.write('from b').confirmed
  await rejection(a.handle.increment())
  await world.clock.advance(5_000)
  // It asks now and then, not as fast as it can.
  expect(frames.length).toBeLessThan(100)
  free()
  await b.handle.write('more').confirmed
  await world.clock.advance(30_000)
  expect(await pending.confirmed).toBe(1)
  for (const { handle } of [a, b]) expect([handle.lines.value, handle.count.value]).toEqual([['from b', 'more'], 1])
  expect((await reloaded(device)).handle.lines.value).toEqual(['from b', 'more'])
})

test('[S5] an instance that cannot be read is reported, and others go on', async () => {
  start({ sync: false })
  const device = world.device('a')
  const { handle } = await opened<Book>(device, 'x')
  await handle.write('readable')
  await (await opened<Book>(device, 'y')).handle.increment()
  device.kill()
  device.disk.damage((text) => (text.includes('readable') ? text.slice(1) : text))
  await device.restart()
  const home = device.tab()
  const broken = home.system<Book>({ id: 'x' })
  const call = broken.actions.increment()
  expect(await rejection(broken.$ready)).toMatchObject({ code: 'wire/malformed' })
  expect(await rejection(call)).toMatchObject({ code: 'wire/malformed' })
  expect((await opened<Book>(device, 'y')).handle.count.value).toBe(1)
})

test('[S2] what is stored is the log: the confirmed state is the fold of its commits', async () => {
  start()
  const device = world.device('a')
  const { handle } = await opened<Book>(device)
  const frames = watchNetwork(world)
  for (let n = 0; n < 20; n++) await handle.write(`${n}`).confirmed
  await world.settle()
  const pushed = frames.flatMap(({ message }) => (message.type === 'push' ? message.commits : []))
  const { confirmed, head } = await ledger(device)
  expect(
    applyOps(
      { lines: [], count: 0, big: '' },
      pushed.filter(({ call }) => call !== 'create/1').flatMap(({ ops }) => ops),
    ),
  ).toEqual(confirmed)
  expect(head).toBe(21)
})
