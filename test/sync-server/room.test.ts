/** What a room promises, over simulated sockets and a manual clock. */
import { describe, expect, it } from 'vitest'
import type { Commit } from '../../lib/protocol/commit.ts'
import { digest } from '../../lib/protocol/digest.ts'
import { applyOps, type State } from '../../lib/protocol/ops.ts'
import type { ServerMessage, Snapshot } from '../../lib/protocol/sync-messages.ts'
import { decode, encode } from '../../lib/protocol/wire.ts'
import { createMemoryEngine } from '../../sync-server/engines/memory.ts'
import { INSTANCE, chainOf, commitOf, keyOf, pushOf } from './harness/commits.ts'
import { createFaultyEngine } from './harness/faulty-engine.ts'
import { settle } from './harness/manual-clock.ts'
import { only, simulate, typesOf, type SimulatedDevice, type Simulation } from './harness/simulated.ts'

const LOG = 'log-1'

/** Devices that have the instance open. */
async function inRoom(world: Simulation, ...names: string[]): Promise<SimulatedDevice[]> {
  const devices: SimulatedDevice[] = []
  for (const name of names) {
    const device = await world.device(name)
    await device.open()
    devices.push(device)
  }
  return devices
}

function stateIn(heard: readonly ServerMessage[]): { snapshot: Snapshot; commits: Commit[]; state: State } {
  const text = heard.flatMap((message) => (message.type === 'snapshot-part' ? [message.text] : [])).join('')
  const snapshot = decode(text) as Snapshot
  const commits = heard.flatMap((message) => (message.type === 'commits' ? message.commits : []))
  return { snapshot, commits, state: commits.reduce((state, { ops }) => applyOps(state, ops), snapshot.state) }
}

describe('a push on the head', () => {
  it('[Y2] is appended, and every other device hears of it', async () => {
    const [a, b] = (await inRoom(simulate(), 'a', 'b')) as [SimulatedDevice, SimulatedDevice]
    const commits = chainOf('boot-a', 1, 3)
    expect(only(await a.say(pushOf(0, undefined, commits)), 'pushed')).toMatchObject({ log: LOG, from: 1, count: 3 })
    expect(await b.hear()).toEqual([{ type: 'commits', instance: INSTANCE, log: LOG, from: 1, commits }])
    expect(await a.hear()).toEqual([])
  })

  it('[V3] is answered after the engine has made it durable, and nobody hears of it before', async () => {
    const engine = createFaultyEngine(createMemoryEngine())
    const [a, b] = (await inRoom(simulate({ engine }), 'a', 'b')) as [SimulatedDevice, SimulatedDevice]
    const release = engine.hold()
    expect(await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 1)))).toEqual([])
    expect(await b.hear()).toEqual([])
    release()
    expect(typesOf(await a.hear())).toEqual(['pushed'])
    expect(typesOf(await b.hear())).toEqual(['commits'])
  })

  it('[Y2] is checked against the commit before it: unknown, or with other operations, is refused', async () => {
    const [a] = (await inRoom(simulate(), 'a')) as [SimulatedDevice]
    const [first] = chainOf('boot-a', 1, 1) as [Commit]
    await a.say(pushOf(0, undefined, [first]))
    const stranger = commitOf('boot-a', 9, null)
    const changed = { ...first, ops: [['set', ['value'], 'other']] as const }
    const next = commitOf('boot-a', 10, keyOf(first))
    expect(only(await a.say(pushOf(1, LOG, [commitOf('boot-a', 10, keyOf(stranger))], stranger)), 'refused')).toMatchObject({
      index: 0,
      code: 'broken-chain',
    })
    expect(only(await a.say(pushOf(1, LOG, [next], changed)), 'refused')).toMatchObject({ index: 0, code: 'broken-chain' })
    expect(only(await a.say(pushOf(1, LOG, [next], null)), 'refused')).toMatchObject({ index: 0, code: 'broken-chain' })
    expect(only(await a.say(pushOf(1, LOG, [next], first)), 'pushed')).toMatchObject({ from: 2, count: 1 })
  })

  it('[Y2] may name a predecessor that only the snapshot holds', async () => {
    const engine = createMemoryEngine()
    const limits = { snapshotEvery: 2, keepCommits: 0 }
    const [a] = (await inRoom(simulate({ engine, limits }), 'a')) as [SimulatedDevice]
    const chain = chainOf('boot-a', 1, 3)
    expect(typesOf(await a.say(pushOf(0, undefined, chain.slice(0, 2))))).toEqual(['pushed', 'check'])
    // A server that does not remember the commits asks the engine, which has trimmed them.
    const [again] = (await inRoom(simulate({ engine, limits }), 'a')) as [SimulatedDevice]
    expect(only(await again.say(pushOf(2, LOG, chain.slice(2), chain[1])), 'pushed')).toMatchObject({ from: 3, count: 1 })
  })

  it('[Y2] the first refusal refuses the rest; what came before it stands', async () => {
    const [a, b] = (await inRoom(simulate(), 'a', 'b')) as [SimulatedDevice, SimulatedDevice]
    const chain = chainOf('boot-a', 1, 4)
    chain[2] = commitOf('boot-a', 3, { boot: 'boot-a', n: 1 })
    const push = pushOf(0, undefined, chain)
    const heard = await a.say(push)
    expect(typesOf(heard)).toEqual(['pushed', 'refused'])
    expect(only(heard, 'pushed')).toMatchObject({ push: push.push, from: 1, count: 2 })
    expect(only(heard, 'refused')).toMatchObject({ push: push.push, index: 2, code: 'broken-chain' })
    expect(only(await b.hear(), 'commits').commits).toEqual(chain.slice(0, 2))
  })

  it('[Y6] a commit whose operations do not fit the state is refused, and nothing of it is stored', async () => {
    const [a, b] = (await inRoom(simulate(), 'a', 'b')) as [SimulatedDevice, SimulatedDevice]
    const good = commitOf('boot-a', 1, null)
    const bad = [
      [['set', ['nothing', 'below'], 1]],
      [['increment', ['value'], 1]],
      [
        ['set', ['n'], Number.MAX_VALUE],
        ['increment', ['n'], Number.MAX_VALUE],
      ],
      [['set', ['deep'], nested(69)]],
      [['insert', ['value'], 0, [1]]],
    ].map((ops) => commitOf('boot-a', 2, keyOf(good), { ops: ops as unknown as Commit['ops'] }))
    await a.say(pushOf(0, undefined, [good]))
    for (const commit of bad)
      expect(only(await a.say(pushOf(1, LOG, [commit], good)), 'refused')).toMatchObject({ index: 0, code: 'invalid-ops' })
    const after = commitOf('boot-a', 2, keyOf(good))
    expect(typesOf(await a.say(pushOf(1, LOG, [after, commitOf('boot-a', 3, keyOf(after), { ops: bad[0]!.ops })], good)))).toEqual([
      'pushed',
      'refused',
    ])
    expect((await b.hear()).flatMap((message) => (message.type === 'commits' ? message.commits : []))).toEqual([good, after])
  })

  it('[Y11] a commit of a version below the log is refused as outdated', async () => {
    const [a] = (await inRoom(simulate(), 'a')) as [SimulatedDevice]
    const first = commitOf('boot-a', 1, null, { version: 3 })
    await a.say(pushOf(0, undefined, [first]))
    expect(only(await a.say(pushOf(1, LOG, [commitOf('boot-a', 2, keyOf(first), { version: 2 })], first)), 'refused')).toMatchObject({
      code: 'outdated',
    })
    expect(only(await a.say(pushOf(1, LOG, [commitOf('boot-a', 2, keyOf(first), { version: 4 })], first)), 'pushed')).toMatchObject({
      count: 1,
    })
  })

  it('[Y2] a second push before the answer to the first is dropped, and says so', async () => {
    const engine = createFaultyEngine(createMemoryEngine())
    const [a] = (await inRoom(simulate({ engine }), 'a')) as [SimulatedDevice]
    const release = engine.hold()
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 1)))
    expect(await a.say(pushOf(0, undefined, chainOf('boot-a', 2, 1)))).toMatchObject([{ type: 'error', code: 'busy', instance: INSTANCE }])
    release()
    expect(typesOf(await a.hear())).toEqual(['pushed'])
  })

  it('[V4] an instance past its size takes no more, and is still read', async () => {
    const world = simulate({ limits: { instanceBytes: 2_000, snapshotEvery: 1_000 } })
    const [a] = (await inRoom(world, 'a')) as [SimulatedDevice]
    const first = commitOf('boot-a', 1, null, { ops: [['set', ['text'], 'x'.repeat(1_500)]] })
    expect(typesOf(await a.say(pushOf(0, undefined, [first])))).toEqual(['pushed'])
    const larger = commitOf('boot-a', 2, keyOf(first), { ops: [['append', ['text'], 'x'.repeat(1_000)]] })
    expect(only(await a.say(pushOf(1, LOG, [larger], first)), 'error')).toMatchObject({ code: 'full', instance: INSTANCE })
    const smaller = commitOf('boot-a', 3, keyOf(first), { ops: [['set', ['text'], '']] })
    expect(typesOf(await a.say(pushOf(1, LOG, [smaller], first)))).toEqual(['pushed'])
    const [b] = (await inRoom(world, 'b')) as [SimulatedDevice]
    expect(b.socket.closed).toBeUndefined()
  })
})

describe('keys that are known', () => {
  it('[Y5] a push repeated is answered with its offsets and the stored commits, and takes effect once', async () => {
    const [a, b] = (await inRoom(simulate(), 'a', 'b')) as [SimulatedDevice, SimulatedDevice]
    const chain = chainOf('boot-a', 1, 2)
    await a.say(pushOf(0, undefined, chain))
    await b.hear()
    const repeated = only(await a.say(pushOf(0, undefined, chain)), 'pushed')
    expect(repeated).toMatchObject({
      count: 2,
      known: [
        { offset: 1, commit: chain[0] },
        { offset: 2, commit: chain[1] },
      ],
    })
    expect(await b.hear()).toEqual([])
  })

  it('[Y5] the same call with other patches is answered with the version that counts', async () => {
    const [a] = (await inRoom(simulate(), 'a')) as [SimulatedDevice]
    const first = commitOf('boot-a', 1, null)
    await a.say(pushOf(0, undefined, [first]))
    const other = { ...first, ops: [['set', ['value'], 'other']] as const }
    expect(only(await a.say(pushOf(1, LOG, [other])), 'pushed').known).toEqual([{ offset: 1, commit: first }])
  })

  it('[Y5] the same key with another call is refused', async () => {
    const [a] = (await inRoom(simulate(), 'a')) as [SimulatedDevice]
    const chain = chainOf('boot-a', 1, 2)
    await a.say(pushOf(0, undefined, chain))
    const heard = await a.say(pushOf(2, LOG, [chain[0]!, { ...chain[1]!, call: 'another' }]))
    expect(typesOf(heard)).toEqual(['pushed', 'refused'])
    expect(only(heard, 'pushed')).toMatchObject({ count: 1, known: [{ offset: 1 }] })
    expect(only(heard, 'refused')).toMatchObject({ index: 1, code: 'conflict-id' })
  })

  it('[Y5] gaps are allowed, and a key below the last of its boot is a duplicate', async () => {
    const [a] = (await inRoom(simulate(), 'a')) as [SimulatedDevice]
    const first = commitOf('boot-a', 5, null)
    const second = commitOf('boot-a', 9, keyOf(first))
    expect(only(await a.say(pushOf(0, undefined, [first, second])), 'pushed')).toMatchObject({ count: 2 })
    expect(only(await a.say(pushOf(2, LOG, [commitOf('boot-a', 7, null)])), 'pushed')).toMatchObject({ count: 1, known: [] })
  })

  it('[Y5] a push that begins with known commits is answered for those; the rest is pushed again', async () => {
    const [a] = (await inRoom(simulate(), 'a')) as [SimulatedDevice]
    const chain = chainOf('boot-a', 1, 3)
    await a.say(pushOf(0, undefined, chain.slice(0, 2)))
    expect(only(await a.say(pushOf(2, LOG, chain)), 'pushed')).toMatchObject({ count: 2, known: [{ offset: 1 }, { offset: 2 }] })
    expect(only(await a.say(pushOf(2, LOG, chain.slice(2), chain[1])), 'pushed')).toMatchObject({ from: 3, count: 1 })
  })

  it('[Y11] of two creations with the derived key the first counts, and the other device runs on top of it', async () => {
    const [a, b] = (await inRoom(simulate(), 'a', 'b')) as [SimulatedDevice, SimulatedDevice]
    const create = (value: string): Commit => commitOf('create', 0, null, { call: 'create', ops: [['set', ['value'], value]] })
    await a.say(pushOf(0, undefined, [create('a')]))
    expect(only(await b.say(pushOf(0, undefined, [create('b')])), 'pushed').known).toEqual([{ offset: 1, commit: create('a') }])
    const mine = commitOf('boot-b', 1, { boot: 'create', n: 0 })
    expect(only(await b.say(pushOf(1, LOG, [mine], create('a'))), 'pushed')).toMatchObject({ from: 2 })
  })

  it('[Y5] keys stay known after their commits were trimmed, to a server started anew too', async () => {
    const engine = createMemoryEngine()
    const limits = { snapshotEvery: 4, keepCommits: 1 }
    const [a] = (await inRoom(simulate({ engine, limits }), 'a')) as [SimulatedDevice]
    const chain = chainOf('boot-a', 1, 4)
    await a.say(pushOf(0, undefined, chain))
    const [b] = (await inRoom(simulate({ engine, limits }), 'b')) as [SimulatedDevice]
    expect(only(await b.say(pushOf(4, LOG, chain)), 'pushed')).toMatchObject({ count: 4, known: [{ offset: 4 }] })
    const next = commitOf('boot-a', 5, keyOf(chain[2]!))
    expect(only(await b.say(pushOf(4, LOG, [next], chain[2])), 'pushed')).toMatchObject({ from: 5, count: 1 })
  })
})

describe('a push behind the head', () => {
  it('[Y2] a refused push brings the missing commits and a reserve', async () => {
    const [a, b] = (await inRoom(simulate(), 'a', 'b')) as [SimulatedDevice, SimulatedDevice]
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 1)))
    const push = pushOf(0, undefined, chainOf('boot-b', 1, 1))
    const heard = await b.say(push)
    expect(typesOf(heard)).toEqual(['commits', 'ahead'])
    expect(only(heard, 'ahead')).toEqual({ type: 'ahead', instance: INSTANCE, push: push.push, head: 1, reserveMs: 1000 })
    expect(only(await b.say(pushOf(1, LOG, chainOf('boot-b', 1, 1))), 'pushed')).toMatchObject({ from: 2, count: 1 })
  })

  it('[Y2] pushes of others wait for the holder of the reserve, in the order they came', async () => {
    const [a, b, c, d] = (await inRoom(simulate(), 'a', 'b', 'c', 'd')) as [
      SimulatedDevice,
      SimulatedDevice,
      SimulatedDevice,
      SimulatedDevice,
    ]
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 1)))
    expect(typesOf(await b.say(pushOf(0, undefined, chainOf('boot-b', 1, 1))))).toContain('ahead')
    expect(typesOf(await c.say(pushOf(1, LOG, chainOf('boot-c', 1, 1))))).toEqual(['commits'])
    expect(typesOf(await d.say(pushOf(1, LOG, chainOf('boot-d', 1, 1))))).toEqual(['commits'])
    expect(typesOf(await b.say(pushOf(1, LOG, chainOf('boot-b', 1, 1))))).toEqual(['pushed'])
    expect(typesOf(await c.hear())).toEqual(['commits', 'ahead'])
    expect(typesOf(await d.hear())).toEqual(['commits'])
    expect(typesOf(await c.say(pushOf(2, LOG, chainOf('boot-c', 1, 1))))).toEqual(['pushed'])
    expect(typesOf(await d.hear())).toEqual(['commits', 'ahead'])
  })

  it('[Y2] a reserve that is not used ends after its time, and the push that waited goes on', async () => {
    const world = simulate()
    const [a, b, c] = (await inRoom(world, 'a', 'b', 'c')) as [SimulatedDevice, SimulatedDevice, SimulatedDevice]
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 1)))
    await b.say(pushOf(0, undefined, chainOf('boot-b', 1, 1)))
    await c.hear()
    expect(await c.say(pushOf(1, LOG, chainOf('boot-c', 1, 1)))).toEqual([])
    await world.clock.advance(999)
    expect(await c.hear()).toEqual([])
    await world.clock.advance(1)
    expect(typesOf(await c.hear())).toEqual(['pushed'])
  })

  it.each([
    ['its socket closes', (b: SimulatedDevice) => b.socket.close(1006, '')],
    ['it closes the instance', (b: SimulatedDevice) => b.socket.deliver(JSON.stringify({ type: 'close', instance: INSTANCE }))],
  ])('[Y2] the reserve of a device ends when %s', async (_title, leave) => {
    const [a, b, c] = (await inRoom(simulate(), 'a', 'b', 'c')) as [SimulatedDevice, SimulatedDevice, SimulatedDevice]
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 1)))
    await b.say(pushOf(0, undefined, chainOf('boot-b', 1, 1)))
    await c.say(pushOf(1, LOG, chainOf('boot-c', 1, 1)))
    leave(b)
    expect(typesOf(await c.hear())).toEqual(['pushed'])
  })

  it('[Y2] a newer session of a device ends the older one, and the push that it had parked is dropped', async () => {
    const world = simulate()
    const [a, b, c] = (await inRoom(world, 'a', 'b', 'c')) as [SimulatedDevice, SimulatedDevice, SimulatedDevice]
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 1)))
    await b.say(pushOf(0, undefined, chainOf('boot-b', 1, 1)))
    await c.say(pushOf(1, LOG, chainOf('boot-c', 1, 1)))
    const newer = await world.device('c', { session: 2 })
    expect(c.socket.closed).toMatchObject({ code: 4409 })
    expect(only(await newer.open({ log: LOG, offset: 1 }), 'opened')).toMatchObject({ head: 1 })
    expect(typesOf(await b.say(pushOf(1, LOG, chainOf('boot-b', 1, 1))))).toEqual(['pushed'])
    expect(only(await newer.hear(), 'commits')).toMatchObject({ from: 2, commits: [{ boot: 'boot-b' }] })
  })

  it('[Y2] a push that had not come to its turn when a newer session came is dropped', async () => {
    const engine = createFaultyEngine(createMemoryEngine())
    const world = simulate({ engine })
    const [a, b, c] = (await inRoom(world, 'a', 'b', 'c')) as [SimulatedDevice, SimulatedDevice, SimulatedDevice]
    const release = engine.hold()
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 1)))
    await b.say(pushOf(1, LOG, chainOf('boot-b', 1, 1)))
    await world.device('b', { session: 2 })
    release()
    expect((await c.hear()).flatMap((message) => (message.type === 'commits' ? message.commits : []))).toHaveLength(1)
  })

  it('[Y2] twenty devices that increment one value are each served with at most two pushes for each commit', async () => {
    const world = simulate()
    const names = Array.from({ length: 20 }, (_, i) => `device-${i}`)
    const [creator, ...devices] = (await inRoom(world, 'creator', ...names)) as [SimulatedDevice, ...SimulatedDevice[]]
    await creator.say(pushOf(0, undefined, [commitOf('create', 0, null, { ops: [['set', ['count'], 0]] })]))
    const hammering = devices.map((device, i) => new Incrementer(device, names[i]!, 3))
    for (let round = 0; hammering.some(({ left }) => left > 0); round++) {
      expect(round, 'about one round for each increment').toBeLessThan(20 * 3 + 20)
      for (const device of hammering) device.turn()
      await settle()
    }
    for (const device of hammering) device.listen()
    expect(hammering.map(({ state }) => state['count'])).toEqual(names.map(() => 60))
    for (const { pushes } of hammering) expect(pushes).toBeLessThanOrEqual(2 * 3)
  })
})

/** A device that adds one to what it sees, rebases when it is behind, and does so a number of times. */
class Incrementer {
  readonly #device: SimulatedDevice
  readonly #boot: string
  left: number
  pushes = 0
  state: State = {}
  #head = 0
  #isPushing = false
  #own: Commit | null = null
  #pushed: Commit | null = null

  constructor(device: SimulatedDevice, boot: string, left: number) {
    this.#device = device
    this.#boot = boot
    this.left = left
  }

  listen(): void {
    for (const message of this.#device.socket.heard.splice(0)) this.#hear(message)
  }

  turn(): void {
    this.listen()
    if (this.#isPushing || this.left === 0) return
    this.#isPushing = true
    this.pushes += 1
    const count = (this.state['count'] as number | undefined) ?? 0
    this.#pushed = commitOf(this.#boot, 10 - this.left, keyOf(this.#own), { ops: [['set', ['count'], count + 1]] })
    this.#device.socket.deliver(encode(pushOf(this.#head, LOG, [this.#pushed], this.#own)))
  }

  #hear(message: ServerMessage): void {
    if (message.type === 'commits') {
      expect(message.from).toBe(this.#head + 1)
      for (const commit of message.commits) this.#apply(commit)
    }
    if (message.type === 'pushed') {
      expect(message.from).toBe(this.#head + 1)
      this.#apply(this.#pushed as Commit)
      this.#own = this.#pushed
      this.left -= 1
    }
    if (message.type === 'refused' || message.type === 'error') throw new Error(message.message)
    if (message.type === 'pushed' || message.type === 'ahead') this.#isPushing = false
  }

  #apply({ ops }: Commit): void {
    this.state = applyOps(this.state, ops)
    this.#head += 1
  }
}

describe('opening', () => {
  it('[F1] a device that was away gets the commits after its cursor, and then all that come', async () => {
    const world = simulate()
    const [a] = (await inRoom(world, 'a')) as [SimulatedDevice]
    const chain = chainOf('boot-a', 1, 5)
    await a.say(pushOf(0, undefined, chain))
    const b = await world.device('b')
    const heard = await b.open({ log: LOG, offset: 2 })
    expect(typesOf(heard)).toEqual(['commits', 'opened'])
    expect(only(heard, 'commits')).toMatchObject({ from: 3, commits: chain.slice(2) })
    expect(only(heard, 'opened')).toEqual({ type: 'opened', instance: INSTANCE, log: LOG, head: 5, snapshot: false, right: 'admin' })
    await a.say(pushOf(5, LOG, [commitOf('boot-a', 6, keyOf(chain[4]!))], chain[4]))
    expect(only(await b.hear(), 'commits')).toMatchObject({ from: 6 })
  })

  it('[F1] a device at the head gets nothing but the answer', async () => {
    const world = simulate()
    const [a] = (await inRoom(world, 'a')) as [SimulatedDevice]
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 5)))
    expect(typesOf(await (await world.device('b')).open({ log: LOG, offset: 5 }))).toEqual(['opened'])
  })

  it('[Y8] a device behind the compaction gets a snapshot and the tail', async () => {
    const world = simulate({ limits: { snapshotEvery: 10, keepCommits: 2 } })
    const [a] = (await inRoom(world, 'a')) as [SimulatedDevice]
    const chain = chainOf('boot-a', 1, 13)
    await a.say(pushOf(0, undefined, chain.slice(0, 10)))
    await a.say(pushOf(10, LOG, chain.slice(10), chain[9]))
    const heard = await (await world.device('b')).open({ log: LOG, offset: 3 })
    expect(typesOf(heard)).toEqual(['snapshot-part', 'commits', 'opened'])
    expect(only(heard, 'opened')).toMatchObject({ head: 13, snapshot: true })
    const { snapshot, state } = stateIn(heard)
    expect(snapshot).toMatchObject({ offset: 10, boots: { 'boot-a': 10 }, version: 0, hash: digest(snapshot.state) })
    expect(state).toEqual({ value: 'boot-a/13' })
    expect(only(await (await world.device('c')).open({ log: LOG, offset: 8 }), 'opened')).toMatchObject({ snapshot: false })
  })

  it('[Y8] a newcomer to a long log gets a snapshot made for it, and the others a check', async () => {
    const world = simulate({ limits: { newcomerTail: 3 } })
    const [a] = (await inRoom(world, 'a')) as [SimulatedDevice]
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 5)))
    const heard = await (await world.device('b')).open()
    expect(typesOf(heard)).toEqual(['snapshot-part', 'opened'])
    expect(only(await a.hear(), 'check')).toMatchObject({ offset: 5, hash: stateIn(heard).snapshot.hash })
  })

  it('[V6] a device of another log starts from a snapshot', async () => {
    const world = simulate()
    const [a] = (await inRoom(world, 'a')) as [SimulatedDevice]
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 2)))
    const heard = await (await world.device('b')).open({ log: 'another', offset: 1 })
    expect(typesOf(heard)).toEqual(['snapshot-part', 'opened'])
    expect(only(heard, 'opened')).toMatchObject({ log: LOG, snapshot: true })
  })

  it('[V6] a cursor ahead of the head is another lineage, and so is a push ahead of it or to an unknown log', async () => {
    const world = simulate()
    const [a] = (await inRoom(world, 'a')) as [SimulatedDevice]
    expect(only(await (await world.device('b')).open({ log: LOG, offset: 3 }), 'error')).toMatchObject({
      code: 'sync/lineage',
      instance: INSTANCE,
    })
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 2)))
    expect(only(await (await world.device('c')).open({ log: LOG, offset: 3 }), 'error')).toMatchObject({
      code: 'sync/lineage',
      instance: INSTANCE,
    })
    expect(only(await a.say(pushOf(3, LOG, chainOf('boot-b', 1, 1))), 'error')).toMatchObject({ code: 'sync/lineage' })
    expect(only(await a.say(pushOf(2, 'another', chainOf('boot-b', 1, 1))), 'error')).toMatchObject({ code: 'sync/lineage' })
    expect(only(await a.say(pushOf(2, undefined, chainOf('boot-b', 1, 1))), 'error')).toMatchObject({ code: 'sync/lineage' })
  })

  it('[Y6] a snapshot brings a check to everyone, right after the commit of its offset', async () => {
    const world = simulate({ limits: { snapshotEvery: 3 } })
    const [a, b] = (await inRoom(world, 'a', 'b')) as [SimulatedDevice, SimulatedDevice]
    const chain = chainOf('boot-a', 1, 4)
    expect(typesOf(await a.say(pushOf(0, undefined, chain.slice(0, 3))))).toEqual(['pushed', 'check'])
    await a.say(pushOf(3, LOG, chain.slice(3), chain[2]))
    const heard = await b.hear()
    expect(typesOf(heard)).toEqual(['commits', 'check', 'commits'])
    expect(only(heard, 'check')).toEqual({ type: 'check', instance: INSTANCE, offset: 3, hash: digest({ value: 'boot-a/3' }) })
  })

  it('[V5] a large state is not written again for every few commits', async () => {
    const world = simulate({ limits: { snapshotEvery: 2 } })
    const [a] = (await inRoom(world, 'a')) as [SimulatedDevice]
    const large = commitOf('boot-a', 1, null, { ops: [['set', ['text'], 'x'.repeat(10_000)]] })
    const chain = [large, ...chainOf('boot-a', 2, 29, large)]
    const heard: ServerMessage[] = []
    for (const [i, commit] of chain.entries())
      heard.push(...(await a.say(pushOf(i, i === 0 ? undefined : LOG, [commit], chain[i - 1] ?? null))))
    const checks = heard.flatMap((message) => (message.type === 'check' ? [message.offset] : []))
    expect(checks[0]).toBe(2)
    expect(checks[1]).toBeGreaterThan(10)
  })

  it('[V4] long tails and large snapshots travel in frames that fit', async () => {
    const world = simulate({ limits: { newcomerTail: 1_000 } })
    const [a] = (await inRoom(world, 'a')) as [SimulatedDevice]
    const chain = chainOf('boot-a', 1, 6).map((commit, i) => ({ ...commit, ops: [['set', [`field-${i}`], '€"'.repeat(100_000)]] as const }))
    for (const [i, commit] of chain.entries()) await a.say(pushOf(i, i === 0 ? undefined : LOG, [commit], chain[i - 1] ?? null))
    const tail = await (await world.device('b')).open()
    expect(typesOf(tail)).toEqual([...chain.map(() => 'commits'), 'opened'])
    const heard = await (await world.device('c')).open({ log: 'another', offset: 1 })
    expect(typesOf(heard).filter((type) => type === 'snapshot-part').length).toBeGreaterThan(3)
    for (const message of heard)
      if (message.type === 'snapshot-part') expect(Buffer.byteLength(message.text)).toBeLessThanOrEqual(512 * 1024)
    expect(Object.keys(stateIn(heard).state)).toHaveLength(6)
  })

  it('[F1] opening while others push leaves no gap and no double', async () => {
    const engine = createFaultyEngine(createMemoryEngine())
    const world = simulate({ engine })
    const [a] = (await inRoom(world, 'a')) as [SimulatedDevice]
    const chain = chainOf('boot-a', 1, 3)
    await a.say(pushOf(0, undefined, chain.slice(0, 2)))
    const b = await world.device('b')
    b.socket.bufferedAmount = 2 * 1024 * 1024
    expect(typesOf(await b.open())).toEqual(['commits'])
    expect(typesOf(await a.say(pushOf(2, LOG, chain.slice(2), chain[1])))).toEqual(['pushed'])
    b.socket.bufferedAmount = 0
    await world.clock.advance(10)
    const heard = await b.hear()
    expect(typesOf(heard)).toEqual(['commits', 'opened'])
    expect(only(heard, 'commits')).toMatchObject({ from: 3 })
  })

  it('[V4] a device that takes nothing while it catches up is dropped after 30 s', async () => {
    const world = simulate()
    const [a] = (await inRoom(world, 'a')) as [SimulatedDevice]
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 2)))
    const b = await world.device('b')
    b.socket.bufferedAmount = 2 * 1024 * 1024
    await b.open()
    await world.clock.advance(29_000)
    expect(b.socket.closed).toBeUndefined()
    await world.clock.advance(2_000)
    expect(b.socket.closed).toMatchObject({ code: 4408 })
  })

  it('[V1] rooms of different namespaces are separate', async () => {
    const world = simulate()
    const [a] = (await inRoom(world, 'a')) as [SimulatedDevice]
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 2)))
    const other = await world.device('a', { namespace: '/other' })
    expect(only(await other.open(), 'opened')).toMatchObject({ head: 0 })
    expect(a.socket.closed).toBeUndefined()
  })
})

describe('the engine', () => {
  it('[V3] a server on the engine of one that died goes on where it was', async () => {
    const engine = createMemoryEngine()
    const [a] = (await inRoom(simulate({ engine }), 'a')) as [SimulatedDevice]
    const chain = chainOf('boot-a', 1, 3)
    await a.say(pushOf(0, undefined, chain.slice(0, 2)))
    const [b] = (await inRoom(simulate({ engine }), 'b')) as [SimulatedDevice]
    expect(only(await b.say(pushOf(2, LOG, chain.slice(2), chain[1])), 'pushed')).toMatchObject({ log: LOG, from: 3 })
  })

  it('[V3] two servers on one engine keep one log, and devices of both hear of everything in order', async () => {
    const engine = createMemoryEngine()
    const [a] = (await inRoom(simulate({ engine }), 'a')) as [SimulatedDevice]
    const [b, c] = (await inRoom(simulate({ engine }), 'b', 'c')) as [SimulatedDevice, SimulatedDevice]
    const chain = chainOf('boot-a', 1, 2)
    await a.say(pushOf(0, undefined, chain))
    const heard = await b.say(pushOf(0, undefined, chainOf('boot-b', 1, 1)))
    expect(typesOf(heard)).toEqual(['commits', 'ahead'])
    expect(typesOf(await b.say(pushOf(2, LOG, chainOf('boot-b', 1, 1))))).toEqual(['pushed'])
    expect((await c.hear()).map((message) => message.type === 'commits' && message.from)).toEqual([1, 3])
    expect(typesOf(await a.say(pushOf(2, LOG, [commitOf('boot-a', 3, keyOf(chain[1]!))], chain[1])))).toEqual(['commits', 'ahead'])
  })

  it('[V3] what another server appended is not sent before the room has caught up with it, and then once', async () => {
    const engine = createMemoryEngine()
    const [a] = (await inRoom(simulate({ engine }), 'a')) as [SimulatedDevice]
    const chain = chainOf('boot-a', 1, 4)
    await a.say(pushOf(0, undefined, chain.slice(0, 2)))
    const other = simulate({ engine })
    const [b] = (await inRoom(other, 'b')) as [SimulatedDevice]
    await a.say(pushOf(2, LOG, chain.slice(2), chain[1]))
    const c = await other.device('c')
    expect(only(await c.open({ log: LOG, offset: 0 }), 'opened')).toMatchObject({ head: 2 })
    expect(typesOf(await b.say(pushOf(2, LOG, chainOf('boot-b', 1, 1))))).toEqual(['commits', 'ahead'])
    expect((await c.hear()).map((message) => message.type === 'commits' && message.from)).toEqual([3])
    expect(other.reported).toEqual([])
  })

  it('[V3] while it is down pushes get `unavailable` and no ack, and go on when it is back', async () => {
    const engine = createFaultyEngine(createMemoryEngine())
    const world = simulate({ engine })
    const [a, b] = (await inRoom(world, 'a', 'b')) as [SimulatedDevice, SimulatedDevice]
    const commits = chainOf('boot-a', 1, 1)
    engine.fault = 'before'
    expect(await a.say(pushOf(0, undefined, commits))).toMatchObject([
      { type: 'error', code: 'unavailable', instance: INSTANCE, retryMs: 1000 },
    ])
    expect(only(await (await world.device('c')).open(), 'error')).toMatchObject({ code: 'unavailable', instance: INSTANCE })
    engine.fault = 'none'
    expect(typesOf(await a.say(pushOf(0, undefined, commits)))).toEqual(['pushed'])
    expect(typesOf(await b.hear())).toEqual(['commits'])
    expect(world.reported).toHaveLength(2)
  })

  it('[Y5] an append whose answer was lost is found again by its key, once', async () => {
    const engine = createFaultyEngine(createMemoryEngine())
    const [a, b] = (await inRoom(simulate({ engine }), 'a', 'b')) as [SimulatedDevice, SimulatedDevice]
    const commits = chainOf('boot-a', 1, 2)
    engine.fault = 'after'
    expect(only(await a.say(pushOf(0, undefined, commits)), 'error')).toMatchObject({ code: 'unavailable' })
    engine.fault = 'none'
    const heard = await a.say(pushOf(0, undefined, commits))
    expect(typesOf(heard)).toEqual(['commits', 'pushed'])
    expect(only(heard, 'pushed')).toMatchObject({ count: 2, known: [{ offset: 1 }, { offset: 2 }] })
    expect(only(await b.hear(), 'commits')).toMatchObject({ from: 1, commits })
  })

  it('[Y6] a snapshot that does not have its digest is not served, and the room takes no pushes on it', async () => {
    const engine = createMemoryEngine()
    const [a] = (await inRoom(simulate({ engine }), 'a')) as [SimulatedDevice]
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 2)))
    const text = JSON.stringify({
      offset: 2,
      state: { value: 'wrong' },
      boots: { 'boot-a': 2 },
      version: 0,
      hash: digest({ value: 'boot-a/2' }),
    })
    await engine.writeSnapshot({ namespace: '/', hash: INSTANCE }, { offset: 2, text })
    const world = simulate({ engine })
    const b = await world.device('b')
    await b.open({ log: LOG, offset: 2 })
    expect(only(await b.say(pushOf(2, LOG, chainOf('boot-b', 1, 1))), 'error')).toMatchObject({ code: 'unavailable' })
    expect(world.reported).toMatchObject([{ code: 'server/corrupt' }])
  })

  it('[V4] folded states are forgotten beyond their budget, and folded again', async () => {
    const world = simulate({ limits: { stateBytes: 1 } })
    const [a, b] = (await inRoom(world, 'a', 'b')) as [SimulatedDevice, SimulatedDevice]
    const other = await world.device('c', { namespace: '/other' })
    await other.open()
    const chain = chainOf('boot-a', 1, 4)
    for (const [i, commit] of chain.entries()) {
      expect(typesOf(await a.say(pushOf(i, i === 0 ? undefined : LOG, [commit], chain[i - 1] ?? null)))).toEqual(['pushed'])
      expect(typesOf(await other.say(pushOf(i, i === 0 ? undefined : 'log-2', [commit], chain[i - 1] ?? null)))).toEqual(['pushed'])
    }
    expect(await b.hear()).toHaveLength(4)
  })

  it('[V3] closing the core waits for what is being written, and leaves the engine open', async () => {
    const engine = createFaultyEngine(createMemoryEngine())
    const world = simulate({ engine })
    const [a] = (await inRoom(world, 'a')) as [SimulatedDevice]
    const release = engine.hold()
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 1)))
    let isClosed = false
    const closed = world.core.close().then(() => (isClosed = true))
    await a.hear()
    expect([a.socket.closed?.code, isClosed]).toEqual([1001, false])
    release()
    await closed
    expect(await engine.head({ namespace: '/', hash: INSTANCE })).toMatchObject({ head: 1 })
  })
})

function nested(depth: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = [value]
  return value
}
