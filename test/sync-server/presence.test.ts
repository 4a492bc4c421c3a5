/** Presence on the server: who is told what, leases, and limits. */
import { describe, expect, it } from 'vitest'
import { PRESENCE_LIMITS } from '../../lib/protocol/presence.ts'
import { instanceHash } from '../../lib/protocol/digest.ts'
import type { ServerMessage } from '../../lib/protocol/sync-messages.ts'
import type { Grant } from '../../sync-server/auth.ts'
import { DEFAULT_LIMITS } from '../../sync-server/limits.ts'
import { INSTANCE } from './harness/commits.ts'
import { settle } from './harness/manual-clock.ts'
import { only, simulate, type SimulatedDevice, type Simulation, typesOf } from './harness/simulated.ts'

const presence = (...connections: object[]) => ({ type: 'presence', instance: INSTANCE, connections })
const show = (id: string, value?: unknown) => ({ type: 'show', instance: INSTANCE, values: [value === undefined ? { id } : { id, value }] })
const ended = (device: string) => ({ type: 'ended', instance: INSTANCE, device })
const present = (heard: readonly ServerMessage[]) => only(heard, 'present')

async function enter(world: Simulation, name: string, session = 1): Promise<SimulatedDevice> {
  const device = await world.device(name, { session })
  await device.open()
  return device
}
const vanish = async (device: SimulatedDevice): Promise<void> => {
  device.socket.close(1006, '')
  await settle()
}

describe('who is here', () => {
  it('[C1] is told to the others as it changes, and all of it to who comes later or first speaks', async () => {
    const world = simulate()
    const [a, b] = [await enter(world, 'a'), await enter(world, 'b')]
    const connection = { id: 'a:1', metadata: { name: 'ann' }, value: 1 }
    expect(present(await a.say(presence(connection)))).toEqual({ type: 'present', instance: INSTANCE, all: true, devices: [] })
    expect(present(await b.hear())).toEqual({
      type: 'present',
      instance: INSTANCE,
      all: false,
      devices: [{ device: 'a', connections: [connection] }],
    })
    const c = await world.device('c')
    const heard = await c.open()
    expect(typesOf(heard)).toEqual(['opened', 'present'])
    expect(present(heard)).toMatchObject({ all: true, devices: [{ device: 'a', connections: [connection] }] })
    expect(await a.say(presence())).toEqual([])
    for (const other of [b, c])
      expect(present(await other.hear())).toMatchObject({ all: false, devices: [{ device: 'a', connections: [] }] })
  })

  it('[C1] costs nothing where nobody says so', async () => {
    const world = simulate()
    const [a, b] = [await world.device('a'), await world.device('b')]
    for (const device of [a, b]) expect(typesOf(await device.open())).toEqual(['opened'])
    await vanish(a)
    await world.clock.advance(60_000)
    expect(await b.hear()).toEqual([])
  })

  it('[C1] shows values, those of a twentieth of a second in one message', async () => {
    const world = simulate()
    const [a, b] = [await enter(world, 'a'), await enter(world, 'b')]
    await a.say(presence({ id: 'a:1' }, { id: 'a:2' }))
    await b.hear()
    expect(await a.say(show('a:1', 1))).toEqual([])
    expect(only(await b.hear(), 'shown').values).toEqual([{ device: 'a', id: 'a:1', value: 1 }])
    for (let i = 2; i < 6; i++) await a.say(show('a:1', i))
    await a.say(show('a:2', new Date(0)))
    await a.say(show('b:1', 'not its own'))
    expect(await b.hear()).toEqual([])
    await world.clock.advance(50)
    expect(only(await b.hear(), 'shown').values).toEqual([
      { device: 'a', id: 'a:1', value: 5 },
      { device: 'a', id: 'a:2', value: new Date(0) },
    ])
    await a.say(show('a:1'))
    await world.clock.advance(50)
    expect(only(await b.hear(), 'shown').values).toEqual([{ device: 'a', id: 'a:1' }])
  })
})

describe('a lease', () => {
  it('[C1] runs for 30 s after the socket is gone; then each is told when to end the connections, in order of arrival', async () => {
    const world = simulate()
    const [a, b, c] = [await enter(world, 'a'), await enter(world, 'b'), await enter(world, 'c')]
    await b.say(presence({ id: 'b:1', metadata: { name: 'bob' }, value: 1 }))
    for (const device of [a, c]) await device.hear()
    await vanish(b)
    await world.clock.advance(29_999)
    for (const device of [a, c]) expect(await device.hear()).toEqual([])
    await world.clock.advance(1)
    const lost = { device: 'b', connections: [{ id: 'b:1', metadata: { name: 'bob' } }] }
    expect(present(await a.hear()).devices).toEqual([{ ...lost, endAfter: 0 }])
    expect(present(await c.hear()).devices).toEqual([{ ...lost, endAfter: 5_000 }])
    const d = await world.device('d')
    expect(present(await d.open()).devices).toEqual([{ ...lost, endAfter: 10_000 }])
    await a.say(ended('b'))
    expect(typesOf(await (await world.device('e')).open())).toEqual(['opened'])
  })

  it('[C1] is renewed by the same device, and nobody hears of it', async () => {
    const world = simulate()
    const [a, b] = [await enter(world, 'a'), await enter(world, 'b')]
    await b.say(presence({ id: 'b:1' }))
    await a.hear()
    await vanish(b)
    await world.clock.advance(20_000)
    const again = await enter(world, 'b', 2)
    await again.say(presence({ id: 'b:1' }))
    await world.clock.advance(60_000)
    expect(await a.hear()).toEqual([])
    await vanish(again)
    await world.clock.advance(30_000)
    expect(present(await a.hear()).devices[0]).toMatchObject({ device: 'b', endAfter: 0 })
    const third = await enter(world, 'b', 3)
    await third.say(presence({ id: 'b:2' }))
    expect(present(await a.hear()).devices).toEqual([{ device: 'b', connections: [{ id: 'b:2' }] }])
  })

  it('[C2] keeps the metadata while nobody is left, until the connections have ended', async () => {
    const world = simulate()
    const a = await enter(world, 'a')
    await a.say(presence({ id: 'a:1', metadata: { name: 'ann' } }))
    await vanish(a)
    await world.clock.advance(24 * 3_600_000)
    const b = await world.device('b')
    expect(present(await b.open()).devices).toEqual([{ device: 'a', connections: [{ id: 'a:1', metadata: { name: 'ann' } }], endAfter: 0 }])
    await b.say(ended('a'))
    await vanish(b)
    expect(typesOf(await (await world.device('c')).open())).toEqual(['opened'])
  })

  it('[V2] who may only read is not asked to end anything, and forgets nobody', async () => {
    const grant = (right: 'read' | 'write'): Grant => ({ subject: right, right: () => right })
    const world = simulate({ authorize: ({ device }) => grant(device.startsWith('reader') ? 'read' : 'write') })
    const [reader, a, b] = [await enter(world, 'reader'), await enter(world, 'a'), await enter(world, 'b')]
    await b.say(presence({ id: 'b:1' }))
    await vanish(b)
    await world.clock.advance(30_000)
    expect(present((await a.hear()).slice(-1)).devices[0]).toMatchObject({ endAfter: 0 })
    await reader.say(ended('b'))
    expect(present(await (await world.device('reader-2')).open()).devices).toHaveLength(1)
  })

  it('[V1] `ended` forgets no device that is here', async () => {
    const world = simulate()
    const [a, b] = [await enter(world, 'a'), await enter(world, 'b')]
    await b.say(presence({ id: 'b:1' }))
    await a.say(ended('b'))
    await a.say(ended('nobody'))
    expect(present(await (await world.device('c')).open()).devices).toHaveLength(1)
  })

  it('[V3] is gone with the server, which closes without waiting for it', async () => {
    const world = simulate()
    const a = await enter(world, 'a')
    await a.say(presence({ id: 'a:1' }))
    await vanish(a)
    await world.core.close()
    expect(world.reported).toEqual([])
  })
})

describe('limits', () => {
  it.each<[string, object]>([
    ['too many connections', presence(...Array.from({ length: PRESENCE_LIMITS.connections + 1 }, (_, i) => ({ id: `a:${i}` })))],
    ['a value that is too long', presence({ id: 'a:1', value: 'x'.repeat(PRESENCE_LIMITS.value) })],
    ['metadata that is too long', presence({ id: 'a:1', metadata: 'x'.repeat(PRESENCE_LIMITS.metadata) })],
    ['too much together', presence(...Array.from({ length: 40 }, (_, i) => ({ id: `a:${i}`, value: 'x'.repeat(8_000) })))],
  ])('[V1] %s is refused, and the device is known all the same', async (_what, message) => {
    const world = simulate()
    const [a, b] = [await enter(world, 'a'), await enter(world, 'b')]
    expect(only(await a.say(message), 'error')).toMatchObject({ code: 'presence-limit', instance: INSTANCE })
    const [device] = present(await b.hear()).devices
    expect(device?.connections.length).toBeLessThanOrEqual(PRESENCE_LIMITS.connections)
    expect(device?.connections[0]).toEqual({ id: expect.stringMatching(/^a:/) })
    expect(a.socket.closed).toBeUndefined()
  })

  it('[V1] a value shown that is too long is refused; the one before stays', async () => {
    const world = simulate()
    const [a, b] = [await enter(world, 'a'), await enter(world, 'b')]
    await a.say(presence({ id: 'a:1', value: 'short' }))
    await b.hear()
    expect(only(await a.say(show('a:1', 'x'.repeat(PRESENCE_LIMITS.value))), 'error')).toMatchObject({ code: 'presence-limit' })
    await world.clock.advance(100)
    expect(await b.hear()).toEqual([])
    expect(present(await (await world.device('c')).open()).devices[0]?.connections).toEqual([{ id: 'a:1', value: 'short' }])
  })

  it('[V1] a device that shows too often is told when to go on, and others hear no more than twenty times a second', async () => {
    const world = simulate()
    const [a, b] = [await enter(world, 'a'), await enter(world, 'b')]
    await a.say(presence({ id: 'a:1' }))
    await b.hear()
    let refused = 0
    for (let i = 0; i < 500; i++) {
      refused += typesOf(await a.say(show('a:1', i))).filter((type) => type === 'error').length
      await world.clock.advance(2)
    }
    expect(refused).toBeGreaterThan(300)
    expect((await b.hear()).length).toBeLessThanOrEqual(21)
    expect(a.socket.closed).toBeUndefined()
  })

  it('[V1] presence of an instance that is not open is refused', async () => {
    const a = await simulate().device('a')
    for (const message of [presence({ id: 'a:1' }), show('a:1', 1), ended('b')])
      expect(only(await a.say(message), 'error')).toMatchObject({ code: 'not-open', instance: INSTANCE })
  })

  it('[V4] what lost devices left in rooms without anybody gives way when memory is short', async () => {
    const world = simulate({ limits: { presence: { ...DEFAULT_LIMITS.presence, totalChars: 10_000 } } })
    const a = await enter(world, 'a')
    await a.say(presence({ id: 'a:1', metadata: 'x'.repeat(6_000) }))
    await vanish(a)
    await world.clock.advance(30_000)
    const other = { system: 'Counter', id: 'other' }
    const hash = instanceHash(other.system, other.id)
    const b = await world.device('b')
    await b.say({ type: 'open', instance: hash, ...other })
    const metadata = 'y'.repeat(6_000)
    expect(typesOf(await b.say({ ...presence({ id: 'b:1', metadata }), instance: hash }))).toEqual(['present'])
    expect(typesOf(await (await world.device('c')).open())).toEqual(['opened'])
    const d = await world.device('d')
    await d.say({ type: 'open', instance: hash, ...other })
    // No room for more while b is here: d is known by its ids.
    await d.say({ ...presence({ id: 'd:1', metadata }), instance: hash })
    expect(present((await b.hear()).slice(-1)).devices).toEqual([{ device: 'd', connections: [{ id: 'd:1' }] }])
  })
})
