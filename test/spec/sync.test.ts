/** Rules Y1 to Y7 and Y11, and the beginnings of Y9 and Y10: devices, one server, and what they come to. */
import { effect } from '@preact/signals-core'
import { afterEach, describe, expect, test } from 'vitest'
import { action, AgenticSystem, field } from '../../lib/index.ts'
import type { ClientMessage, PushMessage } from '../../lib/protocol/sync-messages.ts'
import { createWorld, type World, type WorldOptions } from '../../testing/index.ts'
import { cutAt, opened, rejection, watchNetwork } from './opened.ts'

class Ward extends AgenticSystem {
  @field onCall: Record<string, boolean> = { ann: true, bob: true }
  @action() leave(name: string) {
    const others = Object.entries(this.onCall).filter(([other, isOn]) => isOn && other !== name)
    if (others.length === 0) return `${name} has to stay`
    this.onCall[name] = false
    return `${name} has left`
  }
}

/** How often `note` has really run, replays included. */
let noteRuns = 0

const SERVER = 'ws://server/app'

class Shop extends AgenticSystem {
  @field stock = 1
  @field orders: { id: string; what: string }[] = []
  @field notes: Record<string, string> = {}
  @field tags = new Set<string>()
  @field byName = new Map<string, number>()
  @field runs = 0

  @action() buy(what: string) {
    if (this.stock < 1) throw Object.assign(new Error(`no stock for ${what}`), { code: 'shop/empty' })
    this.stock--
    this.orders.push({ id: this.turn.uuid(), what })
    return this.orders.length
  }
  @action() restock(count: number) {
    this.stock += count
  }
  @action() note(name: string, text: string) {
    noteRuns++
    this.notes[name] = text
  }
  /** Deletes and sets again, so that the key moves to the end. */
  @action() touch(name: string, text: string) {
    delete this.notes[name]
    this.notes[name] = text
    this.tags.delete(name)
    this.tags.add(name)
    this.byName.delete(name)
    this.byName.set(name, text.length)
  }
  @action() forget(name: string) {
    delete this.notes[name]
    this.tags.delete(name)
    this.byName.delete(name)
  }
  @action() copyNote(from: string, to: string) {
    this.notes[to] = `copy of ${this.notes[from]?.length ?? 'nothing'}`
  }
  @action() noteOnOrder(index: number, text: string) {
    const order = this.orders[index]
    if (order === undefined) throw new Error('no such order')
    this.notes[order.id] = text
  }
  @action() ensureNote(name: string) {
    this.notes[name] ??= 'first'
    return this.notes[name]
  }
  @action() increment() {
    return ++this.runs
  }
  @action({ rebase: 'patches' }) setTo(runs: number) {
    this.runs = runs + this.orders.length
  }
}

let world: World
afterEach(() => world.close())
function start(options: Partial<WorldOptions> = {}): World {
  return (world = createWorld({ systems: { Shop }, ...options }))
}

/** Two devices that have the same instance open, and nothing unsettled. */
async function two<S extends AgenticSystem = Shop>() {
  const a = await opened<S>(world.device('a'))
  const b = await opened<S>(world.device('b'))
  await world.settle()
  return { a, b }
}

const BOUND = 30_000

describe('Y1: confirmed actions ran alone against what precedes them', () => {
  test('[Y1] there is no write skew: of two actions that each read what the other writes, the later runs again and sees the first', async () => {
    start({ systems: { Ward } })
    const { a, b } = await two<Ward>()
    world.network.cut('a')
    world.network.cut('b')
    const [ann, bob] = [a.handle.leave('ann'), b.handle.leave('bob')]
    expect([await ann, await bob]).toEqual(['ann has left', 'bob has left'])
    world.network.heal('a')
    await world.clock.advance(BOUND)
    world.network.heal('b')
    await world.clock.advance(BOUND)
    expect([await ann.confirmed, await bob.confirmed]).toEqual(['ann has left', 'bob has to stay'])
    for (const { handle } of [a, b]) expect(handle.onCall.value).toEqual({ ann: false, bob: true })
  })

  test('[Y1] actions that touch different things are merged without running again', async () => {
    start()
    const { a, b } = await two()
    const frames = watchNetwork(world)
    noteRuns = 0
    world.network.cut('b')
    await b.handle.note('b', 'from b')
    await a.handle.note('a', 'from a').confirmed
    world.network.heal('b')
    await world.clock.advance(BOUND)
    for (const { handle } of [a, b]) expect(handle.notes.value).toEqual({ a: 'from a', b: 'from b' })
    const pushed = pushesOf(frames, 'b').flatMap(({ commits }) => commits)
    expect(pushed.map(({ ops }) => ops)).toEqual([[['set', ['notes', 'b'], 'from b']]])
    expect(noteRuns).toBe(2)
  })

  test('[Y1] an action that read that something is missing runs again when it is there', async () => {
    start()
    const { a, b } = await two()
    world.network.cut('b')
    const ensured = b.handle.ensureNote('key')
    expect(await ensured).toBe('first')
    await a.handle.note('key', 'of a').confirmed
    world.network.heal('b')
    await world.clock.advance(BOUND)
    expect(await ensured.confirmed).toBe('of a')
    for (const { handle } of [a, b]) expect(handle.notes.value).toEqual({ key: 'of a' })
  })
})

describe('Y2: pushes', () => {
  test('[Y2] a push is a chain: it names its base, and each commit the one before it', async () => {
    start()
    const { a } = await two()
    const frames = watchNetwork(world)
    world.network.cut('a')
    for (let i = 0; i < 5; i++) await a.handle.increment()
    world.network.heal('a')
    await world.clock.advance(BOUND)
    const [push] = pushesOf(frames, 'a')
    expect(push?.base).toBe(1)
    expect(push?.commits).toHaveLength(5)
    const keys = push?.commits.map(({ boot, n }) => ({ boot, n })) ?? []
    expect(push?.commits.map(({ prev }) => prev)).toEqual([push?.after === null ? null : { boot: 'create', n: 1 }, ...keys.slice(0, -1)])
  })

  test('[Y2] devices that hammer one value are each served: within about N turns, and in turn', async () => {
    start()
    world.network.latency = () => 20
    const N = 6
    const devices = await Promise.all(Array.from({ length: N }, (_, i) => opened<Shop>(world.device(`d${i}`))))
    await world.clock.advance(5_000)
    const confirmedAt: number[][] = devices.map(() => [])
    const began = world.clock.now()
    for (const [d, { handle }] of devices.entries())
      for (let i = 0; i < 5; i++) void handle.increment().confirmed.then(() => confirmedAt[d]?.push(world.clock.now() - began))
    await world.clock.advance(BOUND)
    for (const times of confirmedAt) expect(times).toHaveLength(5)
    // A round trip is 40 ms; with no reserve the last of six would starve while the others go on.
    for (const times of confirmedAt) expect(Math.max(...times)).toBeLessThan(N * 40 * 4)
    for (const { handle } of devices) expect(handle.runs.value).toBe(N * 5)
  })

  test('[Y2] a device that goes on hammering does not keep another from its turn', async () => {
    start()
    world.network.latency = () => 20
    const { a, b } = await (async () => {
      const opening = two()
      await world.clock.advance(5_000)
      return opening
    })()
    const hammering = { isOver: false }
    const hammer = async (): Promise<void> => {
      while (!hammering.isOver) await a.handle.increment().confirmed
    }
    void hammer()
    await world.clock.advance(500)
    const began = world.clock.now()
    let took = Infinity
    void b.handle.increment().confirmed.then(() => (took = world.clock.now() - began))
    await world.clock.advance(2_000)
    hammering.isOver = true
    expect(took).toBeLessThan(400)
  })

  test('[Y2] what a replaced worker of a device has under way takes effect once', async () => {
    start()
    const { a, b } = await two()
    world.network.hold('a', 'to-server')
    void a.handle.increment()
    await world.settle()
    // The old worker's push is on its way while a new worker of the same device connects.
    world.device('a').usurp()
    world.network.heal('a')
    await world.clock.advance(BOUND)
    const again = await opened<Shop>(world.device('a'))
    await world.clock.advance(BOUND)
    expect(again.handle.runs.value).toBe(1)
    expect(b.handle.runs.value).toBe(1)
  })

  test('[Y2] what the server refuses for good is rejected, and what came after it goes on without it', async () => {
    start({ limits: { commitBytes: 2_000 } })
    const { a, b } = await two()
    world.network.cut('a')
    await a.handle.note('before', 'x')
    const tooLarge = a.handle.note('large', 'x'.repeat(5_000))
    await tooLarge
    const after = a.handle.note('after', 'x')
    await after
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(await rejection(tooLarge.confirmed)).toMatchObject({ code: 'too-large' })
    await after.confirmed
    for (const { handle } of [a, b]) expect(Object.keys(handle.notes.value)).toEqual(['before', 'after'])
    expect(a.home.rejected.value).toMatchObject([{ action: 'note', error: { code: 'too-large' } }])
  })
})

test('[Y2] what rests on a refused action runs again without it, also if the host dies in between', async () => {
  start({ limits: { commitBytes: 2_000 } })
  const { a, b } = await two()
  world.network.cut('a')
  await a.handle.note('large', 'x'.repeat(5_000))
  const copy = a.handle.copyNote('large', 'copy')
  await copy
  let refused = false
  world.network.filter = ({ device, text }) => {
    refused ||= device === 'a' && text.includes('"type":"refused"')
    return refused && text.includes('"type":"push"') ? 'cut' : 'deliver'
  }
  world.network.heal('a')
  await world.clock.advance(BOUND)
  expect(refused).toBe(true)
  world.network.cut('a')
  world.network.filter = () => 'deliver'
  world.device('a').killHost()
  await world.settle()
  expect(a.handle.notes.value).toEqual({ copy: 'copy of nothing' })
  world.network.heal('a')
  await world.clock.advance(BOUND)
  await copy.confirmed
  expect(b.handle.notes.value).toEqual({ copy: 'copy of nothing' })
})

describe('Y3: rebase', () => {
  test('[Y3] pending actions run again in order on the new confirmed state', async () => {
    start()
    const { a, b } = await two()
    world.network.cut('a')
    const calls = [a.handle.increment(), a.handle.increment(), a.handle.increment()]
    expect(await Promise.all(calls)).toEqual([1, 2, 3])
    await b.handle.increment().confirmed
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(await Promise.all(calls.map((call) => call.confirmed))).toEqual([2, 3, 4])
  })

  test('[Y3] a rebase that changes nothing for the user changes no signal', async () => {
    start()
    const { a, b } = await two()
    await b.handle.restock(9).confirmed
    await world.settle()
    world.network.cut('a')
    await a.handle.buy('tea')
    await a.handle.note('n', 'text')
    const fired = { orders: -1, notes: -1, stock: -1 }
    for (const name of ['orders', 'notes', 'stock'] as const) effect(() => void (a.handle[name].value, fired[name]++))
    await b.handle.restock(1).confirmed
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(fired).toEqual({ orders: 0, notes: 0, stock: 1 })
    expect(a.handle.stock.value).toBe(10)
  })

  test('[Y3] what a rebase changes shows at once, never the steps', async () => {
    start()
    const { a, b } = await two()
    world.network.cut('a')
    for (let i = 0; i < 60; i++) await a.handle.increment()
    await b.handle.increment().confirmed
    const shown: number[] = []
    a.handle.runs.subscribe((runs) => shown.push(runs))
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(shown).toEqual([60, 61])
  })

  test('[Y3] a replay that changes nothing is confirmed, not rejected', async () => {
    start()
    const { a, b } = await two()
    world.network.cut('a')
    const note = a.handle.ensureNote('key')
    await note
    await b.handle.ensureNote('key').confirmed
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(note.status.value).toBe('confirmed')
    expect(a.home.rejected.value).toEqual([])
    expect(a.home.sync.value.pending).toBe(0)
  })

  test('[Y3] `rebase: patches` puts the recorded outcome on top instead', async () => {
    start()
    const { a, b } = await two()
    world.network.cut('a')
    await a.handle.setTo(5)
    await b.handle.buy('tea').confirmed
    await b.handle.setTo(100).confirmed
    world.network.heal('a')
    await world.clock.advance(BOUND)
    // Run again it would have set 6, for there is an order by now.
    for (const { handle } of [a, b]) expect(handle.runs.value).toBe(5)
  })
})

describe('Y4: actions that throw on replay', () => {
  async function oneTooMany() {
    start()
    const { a, b } = await two()
    world.network.cut('a')
    const first = a.handle.note('before', 'x')
    const call = a.handle.buy('tea')
    expect(await call).toBe(1)
    const after = a.handle.note('after', 'x')
    await after
    await b.handle.buy('coffee').confirmed
    return { a, b, first, call, after }
  }

  test('[Y4] it is hidden, its `confirmed` rejects, and it stands in home.rejected; what came after it goes on', async () => {
    const { a, b, first, call, after } = await oneTooMany()
    const other = await opened<Shop>(world.device('a'))
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(await rejection(call.confirmed)).toMatchObject({ message: 'no stock for tea', code: 'shop/empty' })
    expect(call.status.value).toBe('rejected')
    await Promise.all([first.confirmed, after.confirmed])
    for (const { handle } of [a, b]) {
      expect(handle.orders.value.map(({ what }) => what)).toEqual(['coffee'])
      expect(handle.notes.value).toEqual({ before: 'x', after: 'x' })
    }
    const listed = {
      id: call.id,
      system: 'Shop',
      instance: 'x',
      action: 'buy',
      args: ['tea'],
      error: { name: 'Error', message: 'no stock for tea', code: 'shop/empty' },
      at: expect.any(Number) as number,
    }
    for (const { home } of [a, other]) expect(home.rejected.value).toEqual([listed])
    expect(b.home.rejected.value).toEqual([])
  })

  test('[Y4] a rejected call stands until it is dismissed, over restarts of the device', async () => {
    const { a, call } = await oneTooMany()
    world.network.heal('a')
    await world.clock.advance(BOUND)
    await rejection(call.confirmed)
    world.device('a').killHost()
    await world.settle()
    expect(a.home.rejected.value.map(({ id }) => id)).toEqual([call.id])
    world.device('a').kill()
    await world.device('a').restart()
    const again = world.device('a').tab()
    await again.ready
    await world.settle()
    expect(again.rejected.value.map(({ id }) => id)).toEqual([call.id])
    again.dismiss(call.id)
    await world.settle()
    expect(again.rejected.value).toEqual([])
    world.device('a').kill()
    await world.device('a').restart()
    const last = world.device('a').tab()
    await last.ready
    await world.settle()
    expect(last.rejected.value).toEqual([])
  })

  test('[Y4] a rejected call may be retried: it is made anew, once, and leaves the list', async () => {
    const { a, b, call } = await oneTooMany()
    world.network.heal('a')
    await world.clock.advance(BOUND)
    await b.handle.restock(1).confirmed
    await world.settle()
    a.home.retry(call.id)
    a.home.retry(call.id)
    await world.clock.advance(BOUND)
    expect(a.home.rejected.value).toEqual([])
    for (const { handle } of [a, b]) expect(handle.orders.value.map(({ what }) => what)).toEqual(['coffee', 'tea'])
  })

  test('[Y4] a retried call that throws again is back in the list', async () => {
    const { a, call } = await oneTooMany()
    world.network.heal('a')
    await world.clock.advance(BOUND)
    a.home.retry(call.id)
    await world.clock.advance(BOUND)
    expect(a.home.rejected.value).toMatchObject([{ action: 'buy', args: ['tea'], error: { code: 'shop/empty' } }])
  })

  test.each([1, 2, 3])('[Y4] a retry whose host dies at write %i is not lost', async (count) => {
    const { a, b, call } = await oneTooMany()
    world.network.heal('a')
    await world.clock.advance(BOUND)
    await b.handle.restock(1).confirmed
    await world.settle()
    for (const after of [false, true]) {
      world.device('a').crashAt({ count, after })
      a.home.retry(call.id)
      await world.clock.advance(BOUND)
      const isListed = a.home.rejected.value.length
      const isBought = a.handle.orders.value.filter(({ what }) => what === 'tea').length
      expect(isListed + isBought).toBe(1)
      if (isBought === 1) return
    }
  })

  test('[Y4] it is rejected only when everything before it is settled: what is before it may still make it good', async () => {
    start()
    const { a, b } = await two()
    world.network.cut('a')
    const restock = a.handle.restock(1)
    await restock
    const call = a.handle.buy('tea')
    await call
    const frames = watchNetwork(world)
    await b.handle.buy('coffee').confirmed
    // It learns of `coffee`, and cannot push.
    world.network.filter = ({ device, toServer, text }) => (device === 'a' && toServer && text.includes('"push"') ? 'cut' : 'deliver')
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect([a.handle.stock.value, call.status.value]).toEqual([0, 'committed'])
    void frames
    world.network.filter = () => 'deliver'
    await world.clock.advance(BOUND)
    expect(await call.confirmed).toBe(2)
    expect(b.handle.orders.value.map(({ what }) => what)).toEqual(['coffee', 'tea'])
  })

  test('[Y4] an action that is hidden shows again when it stops throwing before its turn comes', async () => {
    start()
    const { a, b } = await two()
    world.network.cut('a')
    const before = a.handle.note('before', 'x')
    await before
    const call = a.handle.buy('tea')
    await call
    await b.handle.buy('coffee').confirmed
    world.network.filter = ({ device, toServer, text }) => (device === 'a' && toServer && text.includes('"push"') ? 'cut' : 'deliver')
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(a.handle.orders.value.map(({ what }) => what)).toEqual(['coffee'])
    expect(call.status.value).toBe('committed')
    await b.handle.restock(1).confirmed
    await world.clock.advance(BOUND)
    expect(a.handle.orders.value.map(({ what }) => what)).toEqual(['coffee', 'tea'])
    world.network.filter = () => 'deliver'
    await world.clock.advance(BOUND)
    expect(await call.confirmed).toBe(2)
  })

  test('[Y4] an action that rests on a rejected one is not confirmed on a state that never was', async () => {
    start()
    const { a, b } = await two()
    world.network.cut('a')
    const bought = a.handle.buy('tea')
    await bought
    const noted = a.handle.noteOnOrder(0, 'for my tea')
    await noted
    const tea = a.handle.orders.value[0]?.id ?? ''
    await b.handle.buy('coffee').confirmed
    const coffee = b.handle.orders.value[0]?.id ?? ''
    world.network.heal('a')
    await world.clock.advance(BOUND)
    await rejection(bought.confirmed)
    await noted.confirmed
    // It ran again without the order of tea: the first order is the coffee.
    for (const { handle } of [a, b]) expect(handle.notes.value).toEqual({ [coffee]: 'for my tea' })
    expect(tea).not.toBe(coffee)
  })
})

describe('Y5: every call once', () => {
  test.each(['hello', 'welcome', 'open', 'opened', 'push', 'pushed', 'commits', 'ahead'] as const)(
    '[Y5] a connection that breaks at a `%s` frame leaves every call in effect once',
    async (type) => {
      start()
      const { a, b } = await two()
      world.network.cut('a')
      for (let i = 0; i < 3; i++) await a.handle.increment()
      await b.handle.increment().confirmed
      world.network.heal('a')
      const wasCut = cutAt(world, type, 'a')
      const calls = [a.handle.increment()]
      await world.clock.advance(2_000)
      calls.push(a.handle.increment(), b.handle.increment())
      await world.clock.advance(BOUND)
      expect(await Promise.all(calls.map(({ confirmed }) => confirmed))).toHaveLength(3)
      for (const { handle } of [a, b]) expect(handle.runs.value).toBe(7)
      // `ahead` needs a race that this does not have.
      expect(wasCut()).toBe(type !== 'ahead')
    },
  )

  test('[Y5] a connection that breaks at `ahead` leaves every call in effect once', async () => {
    start()
    const { a, b } = await two()
    world.network.hold('a', 'from-server')
    await b.handle.increment().confirmed
    const wasCut = cutAt(world, 'ahead', 'a')
    const call = a.handle.increment()
    await world.settle()
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(wasCut()).toBe(true)
    expect(await call.confirmed).toBe(2)
    for (const { handle } of [a, b]) expect(handle.runs.value).toBe(2)
  })

  test.each([false, true])(
    '[Y5] a host that dies before or after any write leaves every call in effect once (after: %s)',
    async (after) => {
      for (let count = 1; count <= 14; count++) {
        start()
        const { a, b } = await two()
        world.device('a').crashAt({ count, after })
        world.network.cut('a')
        const calls = [a.handle.increment(), a.handle.buy('tea'), a.handle.increment()]
        await world.settle()
        await b.handle.increment().confirmed
        world.network.heal('a')
        await world.clock.advance(BOUND)
        expect(await Promise.all(calls.map(({ confirmed }) => confirmed))).toEqual([2, 1, 3])
        for (const { handle } of [a, b]) expect([handle.runs.value, handle.orders.value.length]).toEqual([3, 1])
        expect(a.home.sync.value.pending).toBe(0)
        if (count < 14) await world.close()
      }
    },
  )

  test.each(['push', 'pushed'] as const)(
    '[Y5] a host that dies as a `%s` frame is on its way leaves every call in effect once',
    async (type) => {
      start()
      const { a, b } = await two()
      let kills = 0
      world.network.filter = ({ device, text }) => {
        if (device === 'a' && text.includes(`"type":"${type}"`) && kills++ < 3) world.device('a').killHost()
        return 'deliver'
      }
      const calls = [a.handle.increment(), a.handle.increment()]
      await world.clock.advance(BOUND)
      expect(kills).toBeGreaterThan(0)
      expect(await Promise.all(calls.map(({ confirmed }) => confirmed))).toEqual([1, 2])
      for (const { handle } of [a, b]) expect(handle.runs.value).toBe(2)
    },
  )

  test('[Y5] `confirmed` tells the result of the run that counts, also when its push was answered to a dead host', async () => {
    start()
    const { a, b } = await two()
    world.network.cut('a')
    const call = a.handle.increment()
    expect(await call).toBe(1)
    await b.handle.increment().confirmed
    // The host learns of `b`, runs the call again, pushes it, and dies before it hears the answer.
    const device = world.device('a')
    world.network.filter = ({ device: name, toServer, text }) => {
      if (name !== 'a' || !toServer || !text.includes('"type":"push"')) return 'deliver'
      world.network.filter = () => 'deliver'
      device.killHost()
      return 'deliver'
    }
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(await call.confirmed).toBe(2)
    for (const { handle } of [a, b]) expect(handle.runs.value).toBe(2)
  })

  test('[Y5] a server that dies and comes back keeps what it confirmed, and takes the rest once', async () => {
    start()
    const { a, b } = await two()
    await a.handle.increment().confirmed
    world.server.kill()
    const call = a.handle.increment()
    await call
    await world.clock.advance(5_000)
    await world.server.restart()
    await world.clock.advance(BOUND)
    expect(await call.confirmed).toBe(2)
    expect(b.handle.runs.value).toBe(2)
  })

  test('[Y5] a boot counts on over the instances that it serves, and gaps are allowed', async () => {
    start()
    const x = await opened<Shop>(world.device('a'), 'x')
    const y = await opened<Shop>(world.device('a'), 'y')
    const frames = watchNetwork(world)
    for (const { handle } of [x, y, x, y]) await handle.increment().confirmed
    const keys = pushesOf(frames, 'a').flatMap(({ commits }) => commits.flatMap(({ boot, n }) => (boot === 'create' ? [] : [n])))
    expect(keys).toHaveLength(4)
    expect(new Set(keys).size).toBe(4)
    expect(keys).toEqual(keys.toSorted((one, other) => one - other))
  })
})

describe('Y6: equal states', () => {
  test('[Y6] the order of keys, of Map entries and of Set members is the same on every device', async () => {
    start()
    const { a, b } = await two()
    for (const name of ['one', 'two', 'three']) await a.handle.touch(name, 'x').confirmed
    await world.settle()
    world.network.cut('a')
    world.network.cut('b')
    await a.handle.touch('one', 'a')
    await b.handle.touch('two', 'b')
    await b.handle.touch('four', 'b')
    await a.handle.touch('three', 'a')
    await a.handle.forget('one')
    await b.handle.forget('two')
    await a.handle.touch('one', 'a')
    await b.handle.touch('two', 'b')
    world.network.heal('b')
    await world.clock.advance(BOUND)
    world.network.heal('a')
    await world.clock.advance(BOUND)
    const c = await opened<Shop>(world.device('c'))
    await world.settle()
    world.device('a').kill()
    await world.device('a').restart()
    const again = await opened<Shop>(world.device('a'))
    const ordersOf = ({ notes, tags, byName }: typeof a.handle) => [Object.keys(notes.value), [...tags.value], [...byName.value.keys()]]
    for (const { handle } of [a, b, again]) expect(ordersOf(handle)).toEqual(ordersOf(c.handle))
    for (const names of ordersOf(c.handle)) expect(names.toSorted()).toEqual(['four', 'one', 'three', 'two'])
  })

  test.each([
    ['of a long log', { snapshotEvery: 20, newcomerTail: 5 }],
    ['of a short one', { snapshotEvery: 20 }],
  ])(
    '[Y6] a device whose state has gone wrong is noticed by the hash of a snapshot, told so, and repaired; what is pending is kept (%s)',
    async (_, limits) => {
      start({ limits })
      const { a, b } = await two()
      await a.handle.note('key', 'milk').confirmed
      world.device('a').kill()
      world.device('a').disk.damage((text) => text.replaceAll('milk', 'silk'))
      await world.device('a').restart()
      const again = await opened<Shop>(world.device('a'))
      await world.settle()
      expect(again.handle.notes.value['key']).toBe('silk')
      const errors: unknown[] = []
      again.home.sync.subscribe(({ error }) => errors.push(error?.code))
      world.network.cut('a')
      const pending = again.handle.note('pending', 'x')
      await pending
      for (let i = 0; i < 25; i++) await b.handle.increment().confirmed
      world.network.heal('a')
      await world.clock.advance(BOUND)
      for (let i = 0; i < 25; i++) await b.handle.increment().confirmed
      await world.clock.advance(BOUND)
      expect(errors).toContain('sync/mismatch')
      expect(again.handle.notes.value).toEqual({ key: 'milk', pending: 'x' })
      await pending.confirmed
      expect(b.handle.notes.value).toEqual(again.handle.notes.value)
    },
  )

  test('[Y6] a commit that does not fit a state gone wrong is noticed at once', async () => {
    start()
    const { a, b } = await two()
    await a.handle.buy('tea').confirmed
    world.device('a').kill()
    world.device('a').disk.damage((text) => text.replaceAll('"orders"', '"ordres"'))
    await world.device('a').restart()
    const again = await opened<Shop>(world.device('a'))
    await b.handle.restock(1).confirmed
    await b.handle.buy('coffee').confirmed
    await world.clock.advance(BOUND)
    expect(again.handle.orders.value).toEqual(b.handle.orders.value)
  })
})

describe('Y7: offline for ever', () => {
  test('[Y7] a thousand pending actions, made over reloads and crashes, are all confirmed within 30 s', async () => {
    start()
    const { b } = await two()
    const device = world.device('a')
    let { a } = { a: await opened<Shop>(device) }
    world.network.cut('a')
    for (let i = 0; i < 1_000; i++) {
      const call = a.handle.note(`${i}`, 'x')
      if (i % 10 === 0) await call
      if (i % 250 === 120) {
        await call
        device.kill()
        await device.restart()
        a = await opened<Shop>(device)
      }
      if (i % 250 === 200) device.crashAt({ count: 1, after: i % 500 === 200 })
    }
    await world.settle()
    await b.handle.note('other', 'x').confirmed
    await world.clock.advance(3_600_000)
    expect(a.home.sync.value).toMatchObject({ state: 'offline', pending: 1_000 })
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(a.home.sync.value).toMatchObject({ state: 'live', pending: 0 })
    expect(Object.keys(b.handle.notes.value)).toHaveLength(1_001)
    expect(b.handle.notes.value).toEqual(a.handle.notes.value)
  })

  test('[Y7] a long replay lets the loop go on: tabs and other instances are served meanwhile', async () => {
    start()
    const { a, b } = await two()
    world.network.cut('a')
    for (let i = 0; i < 1_000; i++) void a.handle.increment()
    await world.settle()
    await b.handle.increment().confirmed
    const y = await opened<Shop>(world.device('a'), 'y')
    let served = 0
    let servedBefore = -1
    a.handle.runs.subscribe((runs) => void (runs === 1_001 && (servedBefore = served)))
    const ask = (): void => void y.handle.increment().then(() => void (served++, servedBefore < 0 && ask()))
    world.network.filter = ({ device, toServer, text }) => {
      // The commit that sets off the replay is on its way.
      if (device === 'a' && !toServer && text.includes('"commits"') && served === 0) ask()
      return 'deliver'
    }
    world.network.heal('a')
    await world.clock.advance(BOUND)
    // A call takes some tasks of the loop; a replay of a thousand turns leaves room for several.
    expect(servedBefore).toBeGreaterThan(3)
    expect(b.handle.runs.value).toBe(1_001)
  })

  test('[Y7] a device that can reach the server again is in sync within 30 s, however long it could not', async () => {
    start()
    const { a, b } = await two()
    for (const hours of [0.01, 1, 3]) {
      world.network.cut('a')
      void a.handle.increment()
      await world.clock.advance(hours * 3_600_000)
      world.network.heal('a')
      await world.clock.advance(BOUND)
      expect(a.home.sync.value).toMatchObject({ state: 'live', pending: 0 })
      expect(b.handle.runs.value).toBe(a.handle.runs.value)
    }
  })

  test('[Y7] a connection over which nothing comes any more is noticed, and replaced', async () => {
    start()
    const { a, b } = await two()
    world.network.hold('a', 'from-server')
    await b.handle.increment().confirmed
    await world.clock.advance(BOUND)
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(a.handle.runs.value).toBe(1)
  })

  test('[Y7] what is pending goes on after a restart, though no tab opens the instance', async () => {
    start()
    const { a, b } = await two()
    world.network.cut('a')
    await a.handle.increment()
    world.device('a').kill()
    await world.device('a').restart()
    world.network.heal('a')
    const other = await opened<Shop>(world.device('a'), 'y')
    await world.clock.advance(BOUND)
    expect(b.handle.runs.value).toBe(1)
    expect(other.home.sync.value.pending).toBe(0)
  })
})

class Plan extends AgenticSystem {
  @field title = 'untitled'
  @field log: string[] = []
  onCreate() {
    this.log.push(`made ${this.turn.uuid().length}`)
    this.title = `of ${this.id}`
  }
  @action() add(line: string) {
    this.log.push(line)
  }
}
class NewerPlan extends Plan {
  @field votes: Record<string, number> = { yes: 1 }
  @action() vote(name: string) {
    this.votes[name] = (this.votes[name] ?? 0) + 1
    return this.votes[name]
  }
}
class SecondPlan extends NewerPlan {
  static readonly version = 2
  @action() override add(line: string) {
    this.log.push(`2: ${line}`)
  }
}

describe('Y11: creation', () => {
  test('[Y11] a log begins with its creation: initial values, and what onCreate made of them, once', async () => {
    start({ systems: { Plan } })
    const frames = watchNetwork(world)
    const a = await opened<Plan>(world.device('a'))
    await world.settle()
    const b = await opened<Plan>(world.device('b'))
    await world.settle()
    for (const { handle } of [a, b]) expect([handle.title.value, handle.log.value]).toEqual(['of x', ['made 36']])
    const [first] = pushesOf(frames, 'a').flatMap(({ commits }) => commits)
    expect(first).toMatchObject({ boot: 'create', n: 1, version: 1, prev: null, base: 0 })
    world.device('a').kill()
    await world.device('a').restart()
    expect((await opened<Plan>(world.device('a'))).handle.log.value).toEqual(['made 36'])
  })

  test('[Y11] of two devices that create offline the first counts, and the pending calls of the other run on top', async () => {
    start({ systems: { Plan } })
    for (const name of ['a', 'b']) world.network.cut(name)
    const a = await opened<Plan>(world.device('a'))
    const b = await opened<Plan>(world.device('b'))
    await a.handle.add('from a')
    await b.handle.add('from b')
    world.network.heal('b')
    await world.clock.advance(BOUND)
    world.network.heal('a')
    await world.clock.advance(BOUND)
    for (const { handle, home } of [a, b]) {
      expect(handle.log.value).toEqual(['made 36', 'from b', 'from a'])
      expect(home.sync.value).toMatchObject({ pending: 0, state: 'live' })
    }
  })

  test('[Y11] two devices that create at the same moment agree', async () => {
    start({ systems: { Plan } })
    world.network.latency = () => 10
    const [a, b] = [world.device('a').tab().system<Plan>({ id: 'x' }), world.device('b').tab().system<Plan>({ id: 'x' })]
    await Promise.all([a.$ready, b.$ready])
    void a.add('a')
    void b.add('b')
    await world.clock.advance(BOUND)
    expect(a.log.value.toSorted()).toEqual(['a', 'b', 'made 36'])
    expect(b.log.value).toEqual(a.log.value)
  })

  test('[Y11] a field added by a newer build is added once, and older builds keep what it holds', async () => {
    start({ systems: { Plan } })
    const a = await opened<Plan>(world.device('a'))
    await a.handle.add('one').confirmed
    for (const name of ['b', 'c']) world.device(name).update({ Plan: NewerPlan })
    const b = await opened<NewerPlan>(world.device('b'))
    const c = await opened<NewerPlan>(world.device('c'))
    await world.settle()
    await b.handle.vote('yes').confirmed
    await c.handle.vote('yes').confirmed
    await a.handle.add('two').confirmed
    await world.settle()
    for (const { handle } of [b, c]) {
      expect(handle.votes.value).toEqual({ yes: 3 })
      expect(handle.log.value).toEqual(['made 36', 'one', 'two'])
    }
    world.device('a').kill()
    world.device('a').update({ Plan: NewerPlan })
    await world.device('a').restart()
    expect((await opened<NewerPlan>(world.device('a'))).handle.votes.value).toEqual({ yes: 3 })
  })

  test('[Y11] the pending calls of a newer build that created offline run on top of an older build’s log, new fields included', async () => {
    start({ systems: { Plan } })
    const a = await opened<Plan>(world.device('a'))
    await a.handle.add('from a').confirmed
    world.network.cut('b')
    world.device('b').update({ Plan: NewerPlan })
    const b = await opened<NewerPlan>(world.device('b'))
    const vote = b.handle.vote('yes')
    expect(await vote).toBe(2)
    world.network.heal('b')
    await world.clock.advance(BOUND)
    expect(await vote.confirmed).toBe(2)
    expect([b.handle.votes.value, b.handle.log.value]).toEqual([{ yes: 2 }, ['made 36', 'from a']])
    expect(b.home.rejected.value).toEqual([])
  })

  test('[Y11] calls that an older build left pending run in the newer one after a conflict, with its fields', async () => {
    class Voting extends NewerPlan {
      @action() override add(line: string) {
        super.add(line)
        this.votes[line] = 0
      }
    }
    start({ systems: { Plan } })
    const { a, b } = await two<Plan>()
    world.network.cut('a')
    const call = a.handle.add('from a')
    await call
    await b.handle.add('from b').confirmed
    world.device('a').kill()
    world.device('a').update({ Plan: Voting })
    await world.device('a').restart()
    world.network.heal('a')
    const again = await opened<Voting>(world.device('a'))
    await world.clock.advance(BOUND)
    expect(again.home.rejected.value).toEqual([])
    expect(again.handle.log.value).toEqual(['made 36', 'from b', 'from a'])
    expect(again.handle.votes.value).toEqual({ yes: 1, 'from a': 0 })
    expect(b.handle.log.value).toEqual(again.handle.log.value)
  })
})

describe('Y9, Y10: basics', () => {
  test('[Y9] a device that meets a newer version goes read-only for it, says so, and loses nothing', async () => {
    start({ systems: { Plan } })
    const a = await opened<Plan>(world.device('a'))
    await world.settle()
    world.network.cut('a')
    world.device('b').update({ Plan: SecondPlan })
    const b = await opened<SecondPlan>(world.device('b'))
    await world.settle()
    const pending = a.handle.add('offline')
    await pending
    await b.handle.add('newer').confirmed
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(a.home.sync.value).toMatchObject({ state: 'outdated', pending: 1 })
    // It still shows what comes, its own pending call on top.
    expect(a.handle.log.value).toEqual(['made 36', '2: newer', 'offline'])
    expect(await rejection(a.handle.add('more'))).toMatchObject({ code: 'system/outdated' })
    expect(b.handle.log.value).toEqual(['made 36', '2: newer'])
    world.device('a').kill()
    world.device('a').update({ Plan: SecondPlan })
    await world.device('a').restart()
    const again = await opened<SecondPlan>(world.device('a'))
    await world.clock.advance(BOUND)
    expect(again.home.sync.value).toMatchObject({ state: 'live', pending: 0 })
    expect(b.handle.log.value).toEqual(['made 36', '2: newer', '2: offline'])
    expect(again.handle.log.value).toEqual(b.handle.log.value)
  })

  test('[Y9] a pending call that an outdated build cannot run on the newer state is kept for the newer build', async () => {
    class Strict extends Plan {
      @action() override add(line: string) {
        if (this.log.some((other) => other.startsWith('2: '))) throw new Error('what is this?')
        super.add(line)
      }
    }
    start({ systems: { Plan: Strict } })
    const a = await opened<Plan>(world.device('a'))
    await world.settle()
    world.network.cut('a')
    await a.handle.add('offline')
    world.device('b').update({ Plan: SecondPlan })
    const b = await opened<SecondPlan>(world.device('b'))
    await b.handle.add('newer').confirmed
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(a.home.sync.value).toMatchObject({ state: 'outdated', pending: 1 })
    expect(a.home.rejected.value).toEqual([])
    world.device('a').kill()
    world.device('a').update({ Plan: SecondPlan })
    await world.device('a').restart()
    await opened<SecondPlan>(world.device('a'))
    await world.clock.advance(BOUND)
    expect(b.handle.log.value).toEqual(['made 36', '2: newer', '2: offline'])
  })

  test('[Y9] a newer build pushes what an older one left pending as its own, though nothing was in its way', async () => {
    start({ systems: { Plan } })
    const { a, b } = await two<Plan>()
    world.network.cut('a')
    await a.handle.add('offline')
    world.device('a').kill()
    world.device('a').update({ Plan: SecondPlan })
    await world.device('a').restart()
    const again = await opened<SecondPlan>(world.device('a'))
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(again.home.sync.value).toMatchObject({ state: 'live', pending: 0 })
    expect(again.handle.log.value).toEqual(['made 36', '2: offline'])
    expect(b.handle.log.value).toEqual(again.handle.log.value)
    expect(b.home.sync.value.state).toBe('outdated')
  })

  test('[Y9] also where the newer version has the same fields, and others have brought the log to it meanwhile', async () => {
    class Reworded extends Plan {
      static readonly version = 2
      @action() retitle(title: string) {
        this.title = title
      }
    }
    start({ systems: { Plan } })
    const { a } = await two<Plan>()
    world.network.cut('a')
    await a.handle.add('offline')
    for (const name of ['a', 'b']) {
      world.device(name).kill()
      world.device(name).update({ Plan: Reworded })
      await world.device(name).restart()
    }
    const again = await opened<Reworded>(world.device('a'))
    const b = await opened<Reworded>(world.device('b'))
    await b.handle.retitle('by b').confirmed
    world.network.heal('a')
    await world.clock.advance(BOUND)
    expect(again.home.sync.value).toMatchObject({ state: 'live', pending: 0 })
    for (const { handle } of [again, b]) expect([handle.title.value, handle.log.value]).toEqual(['by b', ['made 36', 'offline']])
  })

  test('[Y9] one instance is outdated by itself: others of the same build go on', async () => {
    start({ systems: { Plan } })
    const a = await opened<Plan>(world.device('a'))
    await world.settle()
    const other = await opened<Plan>(world.device('a'), 'other')
    world.device('b').update({ Plan: SecondPlan })
    const b = await opened<SecondPlan>(world.device('b'))
    await b.handle.add('newer').confirmed
    await world.settle()
    expect(await rejection(a.handle.add('more'))).toMatchObject({ code: 'system/outdated' })
    await other.handle.add('fine').confirmed
  })

  test('[Y10] an instance never synced becomes the log where the server has none', async () => {
    start({ systems: { Plan }, sync: false })
    await world.server.restart()
    const a = await opened<Plan>(world.device('a'))
    await a.handle.add('alone')
    a.home.connectSync(SERVER)
    await world.clock.advance(BOUND)
    expect(a.home.sync.value).toMatchObject({ state: 'live', pending: 0 })
    const b = await opened<Plan>(world.device('b'))
    b.home.connectSync(SERVER)
    await world.clock.advance(BOUND)
    await b.handle.add('from b').confirmed
    await world.settle()
    for (const { handle } of [a, b]) expect(handle.log.value).toEqual(['made 36', 'alone', 'from b'])
  })

  test('[Y10] where the server has a log, that one counts; the local one stays readable and is reported', async () => {
    start({ systems: { Plan }, sync: false })
    await world.server.restart()
    const a = await opened<Plan>(world.device('a'))
    await a.handle.add('synced')
    a.home.connectSync(SERVER)
    const b = await opened<Plan>(world.device('b'))
    await b.handle.add('never synced')
    const untouched = await opened<Plan>(world.device('c'))
    await world.clock.advance(BOUND)
    for (const { home } of [b, untouched]) home.connectSync(SERVER)
    await world.clock.advance(BOUND)
    expect(b.home.sync.value.error).toMatchObject({ code: 'sync/diverged' })
    expect(b.handle.log.value).toEqual(['made 36', 'never synced'])
    expect(a.handle.log.value).toEqual(['made 36', 'synced'])
    // One that nothing but its creation stands in has nothing to lose.
    expect(untouched.handle.log.value).toEqual(['made 36', 'synced'])
    world.device('b').kill()
    await world.device('b').restart()
    const again = await opened<Plan>(world.device('b'))
    await world.clock.advance(BOUND)
    expect(again.handle.log.value).toEqual(['made 36', 'never synced'])
    expect(again.home.sync.value.error).toMatchObject({ code: 'sync/diverged' })
    expect(a.handle.log.value).toEqual(['made 36', 'synced'])
  })

  test('[Y10] of two devices used without sync that meet an empty server at once, one begins the log, the other keeps its own and is told', async () => {
    start({ sync: false })
    const [a, b] = [await opened<Shop>(world.device('a')), await opened<Shop>(world.device('b'))]
    await a.handle.note('by', 'from a')
    await b.handle.note('by', 'from b')
    await world.server.restart()
    for (const { home } of [a, b]) home.connectSync(SERVER)
    await world.clock.advance(BOUND)
    const shown = [a, b].map(({ handle }) => handle.notes.value['by'])
    const told = [a, b].map(({ home }) => home.sync.value.error?.code)
    expect(shown.toSorted()).toEqual(['from a', 'from b'])
    expect(told.toSorted()).toEqual(['sync/diverged', undefined])
    const loser = told[0] === undefined ? 'b' : 'a'
    world.device(loser).kill()
    await world.device(loser).restart()
    const after = await opened<Shop>(world.device(loser))
    await world.clock.advance(BOUND)
    expect([after.handle.notes.value['by'], after.home.sync.value.error?.code]).toEqual([`from ${loser}`, 'sync/diverged'])
  })

  test('[Y10] disconnectSync() is being offline: calls stay pending, and connectSync() confirms them', async () => {
    start({ systems: { Plan } })
    const { a, b } = await two<Plan>()
    a.home.disconnectSync()
    await world.settle()
    const call = a.handle.add('offline')
    await call
    await world.clock.advance(BOUND)
    expect(a.home.sync.value).toMatchObject({ state: 'offline', pending: 1 })
    expect(b.handle.log.value).toEqual(['made 36'])
    a.home.connectSync(SERVER)
    await world.clock.advance(BOUND)
    await call.confirmed
    expect(b.handle.log.value).toEqual(['made 36', 'offline'])
  })

  test('[Y10] connectSync() with an address that is none is reported, and changes nothing', async () => {
    start({ systems: { Plan } })
    const { a } = await two<Plan>()
    a.home.connectSync('http://server/app')
    await world.settle()
    expect(a.home.sync.value).toMatchObject({ state: 'live', error: { code: 'sync/bad-url' } })
    await a.handle.add('fine').confirmed
  })
})

function pushesOf(frames: ReturnType<typeof watchNetwork>, device: string): PushMessage[] {
  return frames.flatMap((frame) =>
    frame.device === device && frame.toServer && (frame.message as ClientMessage).type === 'push' ? [frame.message as PushMessage] : [],
  )
}
