/** Connections across devices: ends by the lease, begins anew, `this.connections` and `$presence`. */
import { transfer, wrap } from 'comlink'
import { afterEach, describe, expect, test } from 'vitest'
import { action, AgenticSystem, type Connection, field, type Home, type SystemHandle } from '../../lib/index.ts'
import { type FeedFrame, type FeedMessage, type HostControl, PORT_PROTOCOL } from '../../lib/protocol/port-messages.ts'
import { seededRandom } from '../../lib/protocol/random.ts'
import { createMemoryEngine } from '../../sync-server/engines/memory.ts'
import { createWorld, type World, type WorldOptions } from '../../testing/index.ts'
import { watchNetwork } from './opened.ts'

class Room extends AgenticSystem {
  /** What hooks wait for, so that something can happen in the middle of them. */
  static pause: (() => Promise<void>) | undefined
  @field users: string[] = []
  @field history: string[] = []
  @field ids: string[] = []
  @field calls: string[] = []

  async onConnect(connection: Connection) {
    this.users.push(connection.id)
    await Room.pause?.()
    this.history.push(`+${connection.metadata?.['name']}`)
    this.ids.push(`+${connection.id}`)
  }
  async onDisconnect(connection: Connection) {
    this.users = this.users.filter((id) => id !== connection.id)
    await Room.pause?.()
    this.history.push(`-${connection.metadata?.['name']}`)
    this.ids.push(`-${connection.id}`)
  }
  @action() note(text: string) {
    this.calls.push(`${text} by ${this.turn.connection?.id.split(':').slice(1).join(':')}`)
  }
  @action() names() {
    return this.connections.map((connection) => String(connection.metadata?.['name'])).toSorted()
  }
}

/** Has no hooks, and never asks who is there. */
class Plain extends AgenticSystem {
  @field count = 0
  @action() add() {
    return ++this.count
  }
}

/** Looks at who is there, and has no hooks. */
class Counter extends AgenticSystem {
  @field seen = 0
  @action() look() {
    return (this.seen = this.connections.length)
  }
}

let world: World
afterEach(async () => {
  Room.pause = undefined
  await world.close()
})
const start = (options: Partial<WorldOptions> = {}): World => (world = createWorld({ systems: { Room, Plain, Counter }, ...options }))

interface Guest {
  readonly home: Home
  readonly room: SystemHandle<Room>
}
async function enter(device: string, name = device): Promise<Guest> {
  const home = world.device(device).tab({ metadata: { name } })
  const room = home.system<Room>('Room', { id: 'r' })
  await room.$ready
  await world.settle()
  return { home, room }
}
async function plain(device: string): Promise<SystemHandle<Plain>> {
  const handle = world.device(device).tab().system<Plain>('Plain', { id: 'p' })
  await handle.$ready
  await world.settle()
  return handle
}
const countOf = (list: readonly string[], entry: string): number => list.filter((other) => other === entry).length

describe('a device that vanishes', () => {
  test('[C1] has its connections ended by another one, once, with their metadata, when its lease has run out', async () => {
    start()
    const [a] = [await enter('a'), await enter('b'), await enter('c')]
    await world.clock.advance(100)
    world.network.cut('b')
    await world.clock.advance(29_000)
    expect(a.room.history.value).toEqual(['+a', '+b', '+c'])
    await world.clock.advance(1_500)
    expect(a.room.history.value).toEqual(['+a', '+b', '+c', '-b'])
    await world.clock.advance(60_000)
    expect(a.room.history.value).toEqual(['+a', '+b', '+c', '-b'])
  })

  test('[C1] and comes back within its lease goes on as if nothing had been', async () => {
    start()
    const [a, b] = [await enter('a'), await enter('b')]
    await world.clock.advance(100)
    world.network.cut('b')
    await world.clock.advance(20_000)
    await b.room.note('offline')
    world.network.heal('b')
    await world.clock.advance(60_000)
    expect(a.room.history.value).toEqual(['+a', '+b'])
    expect(a.room.calls.value).toEqual(['offline by 1'])
  })

  test('[C1] the next device does it where the first one does not', async () => {
    start()
    await enter('a')
    const c = await enter('c')
    await enter('b')
    await world.clock.advance(100)
    world.network.cut('b')
    await world.clock.advance(29_500)
    // It hears of the loss, and nothing that it says arrives.
    world.network.hold('a', 'to-server')
    await world.clock.advance(3_000)
    expect(c.room.history.value).not.toContain('-b')
    await world.clock.advance(4_000)
    expect(c.room.history.value).toContain('-b')
    world.network.heal('a')
    await world.clock.advance(40_000)
    expect(countOf(c.room.history.value, '-b')).toBe(1)
  })

  test('[C1] two devices that end the same connection find it done', async () => {
    start()
    const [a, c] = [await enter('a'), await enter('c')]
    await enter('b')
    await world.clock.advance(100)
    world.network.cut('b')
    world.server.kill()
    await world.clock.advance(1_000)
    await world.server.restart()
    // The server knows nothing of b, so both wait for a lease, and then both do it.
    world.network.latency = () => 2_000
    const frames = watchNetwork(world)
    await world.clock.advance(120_000)
    const ends = frames.filter(({ message }) => message.type === 'push' && message.commits.some(({ action: of }) => of === 'onDisconnect'))
    expect(new Set(ends.map(({ device }) => device)).size).toBe(2)
    expect(countOf(a.room.history.value, '-b')).toBe(1)
    expect(c.room.history.value).toEqual(a.room.history.value)
    expect(a.home.sync.value).toMatchObject({ state: 'live', pending: 0 })
  })

  test('[C1] while the server restarts is noticed all the same, and the metadata is still known', async () => {
    start()
    const a = await enter('a')
    await enter('b')
    await world.clock.advance(100)
    world.server.kill()
    world.device('b').kill()
    await world.server.restart()
    await world.clock.advance(20_000)
    expect(a.room.history.value).not.toContain('-b')
    await world.clock.advance(30_000)
    expect(a.room.history.value).toEqual(['+a', '+b', '-b'])
  })

  test('[C1] with nobody left is ended by the next device to open the instance, at once, with its metadata', async () => {
    start()
    await enter('b')
    await world.clock.advance(100)
    world.device('b').kill()
    await world.clock.advance(3_600_000)
    const c = await enter('c')
    await world.clock.advance(1_000)
    expect(c.room.history.value.toSorted()).toEqual(['+b', '+c', '-b'])
  })

  test('[C1] with nobody left and a server that restarted, a lease later', async () => {
    start()
    await enter('b')
    await world.clock.advance(100)
    world.device('b').kill()
    await world.clock.advance(1_000)
    await world.server.restart()
    const c = await enter('c')
    await world.clock.advance(28_000)
    expect(c.room.history.value).toEqual(['+b', '+c'])
    await world.clock.advance(8_000)
    expect(c.room.history.value).toEqual(['+b', '+c', '-undefined'])
    expect(c.room.users.value).toHaveLength(1)
  })

  test('[C1] before its begin is in the log leaves no trace; when it returns it ends what died right after the begin', async () => {
    start()
    const a = await enter('a')
    await world.clock.advance(100)
    world.network.cut('b')
    const b = await enter('b')
    await world.clock.advance(100)
    world.device('b').killTab(b.home)
    world.device('b').kill()
    await world.clock.advance(120_000)
    expect(a.room.history.value).toEqual(['+a'])
    world.network.heal('b')
    await world.device('b').restart()
    await enter('b', 'b2')
    await world.clock.advance(60_000)
    expect(a.room.history.value).toEqual(['+a', '+b', '-b', '+b2'])
  })
})

describe('a device that comes back late', () => {
  test('[C1] finds its connection over: its tab gets a new one, and pending calls run as that one', async () => {
    start()
    const [a, b] = [await enter('a'), await enter('b')]
    await world.clock.advance(100)
    world.network.cut('b')
    await b.room.note('before')
    await world.clock.advance(60_000)
    expect(a.room.history.value).toEqual(['+a', '+b', '-b'])
    await b.room.note('meanwhile')
    world.network.heal('b')
    await world.clock.advance(20_000)
    await b.room.note('afterwards')
    await world.clock.advance(60_000)
    for (const { room } of [a, b]) {
      expect(room.history.value).toEqual(['+a', '+b', '-b', '+b'])
      expect(room.calls.value).toEqual(['before by 1:1', 'meanwhile by 1:1', 'afterwards by 1:1'])
      expect(room.users.value.map((id) => id.split(':').slice(1).join(':'))).toEqual(['1', '1:1'])
    }
    b.room.$close()
    await world.clock.advance(1_000)
    expect(a.room.history.value).toEqual(['+a', '+b', '-b', '+b', '-b'])
  })

  test('[C1] keeps the new connection when its worker is killed, and when that happens again', async () => {
    start()
    const [a, b] = [await enter('a'), await enter('b')]
    await world.clock.advance(100)
    for (let i = 0; i < 3; i++) {
      world.network.cut('b')
      await world.clock.advance(40_000)
      await b.room.note(`${i}`)
      world.device('b').killHost()
      await world.settle()
      world.network.heal('b')
      await world.clock.advance(20_000)
      world.device('b').killHost()
      await world.clock.advance(20_000)
    }
    expect(a.room.history.value).toEqual(['+a', '+b', '-b', '+b', '-b', '+b', '-b', '+b'])
    expect(a.room.calls.value).toEqual(['0 by 1:1', '1 by 1:2', '2 by 1:3'])
    expect(b.room.history.value).toEqual(a.room.history.value)
  })

  test('[C1] whose tab died meanwhile gets no new one', async () => {
    start()
    const [a, b] = [await enter('a'), await enter('b')]
    await world.clock.advance(100)
    world.network.cut('b')
    await world.clock.advance(60_000)
    world.device('b').killTab(b.home)
    await world.settle()
    world.network.heal('b')
    await world.clock.advance(60_000)
    expect(a.room.history.value).toEqual(['+a', '+b', '-b'])
    expect(a.home.sync.value.pending).toBe(0)
  })
})

// 226: a handle was closed between its tab's hello to a new host and the answer.
test.each([1, 2, 3, 4, 226])(
  '[C1] each hook runs once per connection through 50 kills at random moments (seed %i)',
  async (seed) => {
    start({ seed })
    Room.pause = () => world.run(2)
    const chance = seededRandom(`kills ${seed}`)
    const pick = <T>(list: readonly T[]): T => list[Math.floor(chance() * list.length)] as T
    const names = ['a', 'b', 'c']
    const tabs = new Map<string, Map<Home, SystemHandle<Room>>>(names.map((name) => [name, new Map()]))
    let opened = 0
    const openTab = (name: string): void => {
      const home = world.device(name).tab({ metadata: { name: `${name}${++opened}` } })
      tabs.get(name)?.set(home, home.system<Room>('Room', { id: 'r' }))
    }
    const kill: Record<string, (name: string) => Promise<void> | void> = {
      host: (name) => world.device(name).killHost(),
      tab(name) {
        const victim = [...(tabs.get(name)?.keys() ?? [])][0]
        if (victim === undefined) return
        world.device(name).killTab(victim)
        tabs.get(name)?.delete(victim)
      },
      async device(name) {
        world.device(name).kill()
        tabs.get(name)?.clear()
        if (chance() < 0.5) await world.clock.advance(chance() * 50_000)
        await world.device(name).restart()
      },
      async server() {
        world.server.kill()
        if (chance() < 0.5) await world.clock.advance(chance() * 5_000)
        await world.server.restart()
      },
    }
    for (let i = 0; i < 50; i++) {
      const name = pick(names)
      if ((tabs.get(name)?.size ?? 0) < 3) openTab(name)
      const closing = pick([...(tabs.get(pick(names)) ?? [])])
      if (closing !== undefined && chance() < 0.3) {
        closing[1].$close()
        for (const of of tabs.values()) of.delete(closing[0])
      }
      const cut = chance() < 0.2 ? pick(names) : undefined
      if (cut !== undefined) world.network.cut(cut)
      await world.run(Math.floor(chance() * 120))
      await kill[pick(Object.keys(kill))]?.(pick(names))
      if (cut !== undefined && chance() < 0.5) await world.clock.advance(chance() * 60_000)
      if (cut !== undefined) world.network.heal(cut)
      if (chance() < 0.3) await world.clock.advance(chance() * 3_000)
    }
    for (const name of names) {
      world.network.heal(name)
      openTab(name)
    }
    await world.clock.advance(150_000)
    const living = [...tabs.values()].flatMap((of) => [...of.values()])
    const { users, ids } = living[0] as SystemHandle<Room>
    for (const { ids: other } of living) expect(other.value).toEqual(ids.value)
    const begun = ids.value.filter((entry) => entry.startsWith('+')).map((entry) => entry.slice(1))
    expect(begun.length).toBeGreaterThan(20)
    expect(new Set(begun).size).toBe(begun.length)
    for (const id of begun) {
      const isHere = users.value.includes(id)
      expect(ids.value.filter((entry) => entry.slice(1) === id)).toEqual(isHere ? [`+${id}`] : [`+${id}`, `-${id}`])
    }
    expect(users.value).toHaveLength(living.length)
  },
  60_000,
)

describe('connections in turns', () => {
  test('[C1] are those present on every device, with their metadata, and none that is lost', async () => {
    start()
    const a = await enter('a')
    const b = await enter('b')
    await enter('b', 'b2')
    await world.clock.advance(200)
    expect(await a.room.names()).toEqual(['a', 'b', 'b2'])
    expect(await b.room.names()).toEqual(['a', 'b', 'b2'])
    world.network.cut('b')
    await world.clock.advance(31_000)
    expect(await a.room.names()).toEqual(['a'])
  })

  test('[C1] are known to a system without hooks too, before it looks', async () => {
    start()
    const [a] = await Promise.all(
      ['a', 'b', 'c'].map(async (name) => {
        const counter = world.device(name).tab().system<Counter>('Counter', { id: 'x' })
        await counter.$ready
        return counter
      }),
    )
    await world.clock.advance(200)
    expect(await a?.look()).toBe(3)
  })
})

describe('$presence', () => {
  const shown = ({ $presence }: { $presence: SystemHandle<Plain>['$presence'] }): unknown[] => $presence.value.map(({ value }) => value)
  const self = ({ $presence }: { $presence: SystemHandle<Plain>['$presence'] }): unknown[] =>
    $presence.value.filter(({ isSelf }) => isSelf).map(({ value }) => value)

  test('[C1] shows who is here in the tabs of one device, without a server', async () => {
    start({ sync: false })
    const [one, two] = [await plain('a'), await plain('a')]
    expect(one.$presence.value).toEqual([])
    one.$presence.set({ cursor: 1 })
    await world.clock.advance(100)
    expect(self(one)).toEqual([{ cursor: 1 }])
    expect(shown(two)).toEqual([])
    await world.clock.advance(100)
    expect(shown(two)).toEqual([{ cursor: 1 }, undefined])
    expect(two.$presence.value.map(({ isSelf }) => isSelf)).toEqual([false, true])
    one.$close()
    await world.clock.advance(100)
    expect(shown(two)).toEqual([undefined])
  })

  test('[C1] shows who is here on all devices, and what vanishes with its device', async () => {
    start()
    const [a, b, c] = [await plain('a'), await plain('b'), await plain('c')]
    a.$presence.set({ at: new Date(5) })
    await world.clock.advance(300)
    expect(shown(b)).toEqual([])
    await world.clock.advance(300)
    // c shows nothing and asks for nothing: it is here all the same.
    for (const { $presence } of [a, b]) expect($presence.value).toHaveLength(3)
    expect(shown(b)).toContainEqual({ at: new Date(5) })
    expect(new Set(b.$presence.value.map(({ device }) => device)).size).toBe(3)
    expect(self(a)).toEqual([{ at: new Date(5) }])
    a.$presence.set(undefined)
    await world.clock.advance(300)
    expect(shown(b)).toEqual([undefined, undefined, undefined])
    world.device('a').kill()
    await world.clock.advance(31_000)
    expect(b.$presence.value).toHaveLength(2)
    c.$close()
    await world.clock.advance(300)
    expect(b.$presence.value).toHaveLength(1)
  })

  test('[C1] sends at most some twenty values a second, and always the last', async () => {
    start()
    const [a, b] = [await plain('a'), await plain('b')]
    a.$presence.set(0)
    void b.$presence
    await world.clock.advance(500)
    const frames = watchNetwork(world)
    let changes = 0
    const stop = b.$presence.subscribe(() => changes++)
    for (let i = 1; i <= 1_000; i++) {
      a.$presence.set(i)
      await world.clock.advance(1)
    }
    await world.clock.advance(300)
    stop()
    expect(frames.filter(({ message }) => message.type === 'show').length).toBeGreaterThan(15)
    expect(frames.filter(({ message }) => message.type === 'show').length).toBeLessThan(25)
    expect(changes).toBeLessThan(30)
    expect(shown(b)).toContain(1_000)
  })

  test('[C1] goes on with another host, and is told to another server', async () => {
    start()
    const [a, b] = [await plain('a'), await plain('b')]
    a.$presence.set('here')
    void b.$presence
    await world.clock.advance(500)
    world.device('a').killHost()
    world.device('b').killHost()
    await world.server.restart()
    await world.clock.advance(12_000)
    for (const handle of [a, b]) expect(shown(handle).toSorted()).toEqual(['here', undefined])
    expect(self(a)).toEqual(['here'])
    expect(a.$presence.value).toHaveLength(2)
  })

  test('[C1] refuses what is too large, or no value; the value before stays', async () => {
    start({ sync: false })
    const [a, b] = [await plain('a'), await plain('a')]
    a.$presence.set('small')
    expect(() => a.$presence.set('x'.repeat(5_000))).toThrow(expect.objectContaining({ code: 'presence/too-large' }))
    expect(() => a.$presence.set({ f: () => undefined })).toThrow(expect.objectContaining({ code: 'value/unsupported' }))
    void b.$presence
    await world.clock.advance(200)
    expect(shown(b)).toEqual(['small', undefined])
  })

  test('[C2] stands neither in the log nor on a disk, and costs nothing where nobody asks for it', async () => {
    const engine = createMemoryEngine()
    start({ engine })
    const frames = watchNetwork(world)
    const [a, b] = [await plain('a'), await plain('b')]
    await a.add()
    await world.clock.advance(60_000)
    expect(new Set(frames.map(({ message }) => message.type))).toEqual(
      new Set(['hello', 'welcome', 'open', 'opened', 'push', 'pushed', 'commits', 'ping', 'pong']),
    )
    a.$presence.set('look-here')
    void b.$presence
    await world.clock.advance(1_000)
    expect(shown(b)).toContain('look-here')
    for (const device of ['a', 'b']) expect(world.device(device).disk.mentions('look-here')).toBe(false)
    expect(
      frames.filter(
        ({ message }) => ['push', 'commits', 'snapshot-part'].includes(message.type) && JSON.stringify(message).includes('look-here'),
      ),
    ).toEqual([])
  })

  test('[C2] metadata reaches no other tab, neither of its device nor of another', async () => {
    start()
    const heard: FeedMessage[] = []
    for (const device of ['a', 'b']) {
      const { port, feed, locks } = world.device(device).dial()
      await locks.hold('homeroom:tab:other')
      const control = wrap<HostControl>(port)
      feed.receiver.onmessage = ({ data }: MessageEvent<FeedFrame>) => heard.push(...data.messages)
      await control.hello({ protocol: PORT_PROTOCOL, tab: 'other' }, transfer(feed.sender, [feed.sender]))
      await control.open({ handle: 1, system: 'Plain', id: 'p' })
      await control.show(1, 'watching')
    }
    const home = world.device('a').tab({ metadata: { secret: 'hush-hush' } })
    const handle = home.system<Plain>('Plain', { id: 'p' })
    await handle.$ready
    handle.$presence.set('seen')
    await handle.add()
    await world.clock.advance(1_000)
    expect(JSON.stringify(heard)).toContain('seen')
    expect(JSON.stringify(heard)).not.toContain('hush-hush')
  })

  test.each<[string, unknown]>([
    ['too large', 'x'.repeat(10_000)],
    ['no value', { f: () => undefined }],
  ])('[V1] a port that shows what is %s is refused, and others go on', async (_what, value) => {
    start()
    const a = await plain('a')
    const { port, feed, locks } = world.device('a').dial()
    await locks.hold('homeroom:tab:evil')
    const control = wrap<HostControl>(port)
    await control.hello({ protocol: PORT_PROTOCOL, tab: 'evil' }, transfer(feed.sender, [feed.sender]))
    await control.open({ handle: 1, system: 'Plain', id: 'p' })
    if (typeof value === 'string') expect(await control.show(1, value)).toMatchObject({ ok: false, error: { code: 'presence/too-large' } })
    expect(await control.show(99, 'no such handle')).toMatchObject({ ok: true })
    void a.$presence
    await world.clock.advance(200)
    expect(shown(a)).toEqual([undefined, undefined])
  })
})
