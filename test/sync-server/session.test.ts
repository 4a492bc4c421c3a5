/** What a session promises: who gets in, for how long, and what happens to sockets that are too slow or too old. */
import { describe, expect, it } from 'vitest'
import { instanceHash } from '../../lib/protocol/digest.ts'
import type { Authorize, Grant } from '../../sync-server/auth.ts'
import { INSTANCE, SYSTEM, chainOf, pushOf } from './harness/commits.ts'
import { settle } from './harness/manual-clock.ts'
import { only, simulate, typesOf } from './harness/simulated.ts'

const hello = { type: 'hello', protocol: 2, device: 'a', session: 1 }

describe('hello', () => {
  it('[V2] is answered with welcome, and may be followed at once by what needs it', async () => {
    const a = simulate().stranger()
    a.socket.deliver(JSON.stringify(hello))
    expect(typesOf(await a.open())).toEqual(['welcome', 'opened'])
  })

  it('[V2] must come within five seconds', async () => {
    const world = simulate()
    const a = world.stranger()
    await world.clock.advance(4_999)
    expect(a.socket.closed).toBeUndefined()
    await world.clock.advance(1)
    // Not 4401, which a device takes for a word about its token: a hello that is late may be on its way.
    expect(a.socket.closed).toEqual({ code: 1013, reason: 'no hello came in time' })
  })

  it.each([
    ['another message', JSON.stringify({ type: 'ping' })],
    ['no JSON', 'hello'],
    ['a frame that is no text', null],
    ['a hello with a key too many', JSON.stringify({ ...hello, admin: true })],
    ['a hello with an id that is none', JSON.stringify({ ...hello, device: '../a' })],
    ['a token beyond all bounds', JSON.stringify({ ...hello, token: 'x'.repeat(40_000) })],
  ])('[V2] comes first: %s ends the socket', async (_title, text) => {
    const a = simulate().stranger()
    expect(await a.raw(text)).toEqual([])
    expect(a.socket.closed).toEqual({ code: 4401, reason: 'unauthorized' })
  })

  it('[Y9] of another protocol is told so', async () => {
    const a = simulate().stranger()
    expect(await a.say({ ...hello, protocol: 99 })).toMatchObject([{ type: 'error', code: 'sync/protocol' }])
    expect(a.socket.closed).toMatchObject({ code: 4400 })
  })

  it('[Y2] with a newer session ends the older one; with an older or equal one it is turned away', async () => {
    const world = simulate()
    const first = await world.device('a', { session: 5 })
    const second = await world.device('a', { session: 6 })
    expect(first.socket.closed).toMatchObject({ code: 4409 })
    for (const session of [6, 5]) expect((await world.device('a', { session })).socket.closed).toMatchObject({ code: 4409 })
    expect(second.socket.closed).toBeUndefined()
    second.socket.close(1000, '')
    await settle()
    expect((await world.device('a', { session: 6 })).socket.closed).toMatchObject({ code: 4409 })
    expect((await world.device('a', { session: 7 })).socket.closed).toBeUndefined()
  })
})

describe('authorize', () => {
  const rights = { 'read-me': 'read', 'write-me': 'write', 'hide-me': 'none' } as const
  const grant: Grant = { subject: 'ann', right: ({ id }) => rights[id as keyof typeof rights] ?? 'none' }
  const open = (id: string, system = SYSTEM) => ({ type: 'open', instance: instanceHash(system, id), system, id })

  it('[V2] is asked with what the device said, never with a URL', async () => {
    const asked: unknown[] = []
    const authorize: Authorize = (request) => (asked.push(request), grant)
    await simulate({ authorize }).device('a', { token: 'secret', namespace: '/tasks' })
    expect(asked).toEqual([{ namespace: '/tasks', device: 'a', token: 'secret' }])
  })

  it.each<[string, Authorize]>([
    ['is unknown', () => undefined],
    ['has expired', () => ({ ...grant, expires: 1 })],
  ])('[V2] who %s is turned away with the same words', async (_title, authorize) => {
    const a = await simulate({ authorize }).device('a')
    expect(a.socket.closed).toEqual({ code: 4401, reason: 'unauthorized' })
  })

  it('[V2] an authorizer that throws turns nobody away for good', async () => {
    const world = simulate({ authorize: () => Promise.reject(new Error('key server down')) })
    expect((await world.device('a')).socket.closed).toMatchObject({ code: 1013 })
    expect(world.reported).toHaveLength(1)
  })

  it('[V2] an authorizer that never answers holds no socket for ever, and frames before its answer are bounded', async () => {
    const world = simulate({ authorize: () => new Promise(() => undefined) })
    const [a, b] = [await world.device('a'), await world.device('b')]
    await world.clock.advance(30_000)
    expect(a.socket.closed).toMatchObject({ code: 1013 })
    const c = await world.device('c')
    for (let i = 0; i < 3; i++) await c.raw('x'.repeat(500_000))
    expect([b.socket.closed?.code, c.socket.closed?.code]).toEqual([1013, 4401])
  })

  it('[V2] rights are per instance: read follows, write pushes, none is the same as not there', async () => {
    const a = await simulate({ authorize: () => grant }).device('a')
    expect(only(await a.say(open('write-me')), 'opened')).toMatchObject({ right: 'write' })
    expect(only(await a.say(open('read-me')), 'opened')).toMatchObject({ right: 'read' })
    const hidden = only(await a.say(open('hide-me')), 'error')
    const absent = only(await a.say(open('absent')), 'error')
    expect(hidden).toMatchObject({ code: 'forbidden', message: absent.message })
    const push = (id: string) => pushOf(0, undefined, chainOf('boot-a', 1, 1), null, instanceHash(SYSTEM, id))
    expect(only(await a.say(push('read-me')), 'error')).toMatchObject({ code: 'forbidden' })
    expect(only(await a.say(push('hide-me')), 'error')).toMatchObject({ code: 'not-open' })
    expect(only(await a.say(push('write-me')), 'pushed')).toMatchObject({ count: 1 })
  })

  it('[V2] who asks for what is forbidden again and again is closed', async () => {
    const a = await simulate({ authorize: () => grant }).device('a')
    for (let i = 0; i < 20; i++) await a.say(open(`guess-${i}`))
    expect(a.socket.closed).toBeUndefined()
    await a.say(open('guess-20'))
    expect(a.socket.closed).toMatchObject({ code: 4403 })
  })

  it('[V1] the hash of another name opens nothing', async () => {
    const a = await simulate({ authorize: () => grant }).device('a')
    expect(only(await a.say({ ...open('write-me'), instance: instanceHash(SYSTEM, 'hide-me') }), 'error')).toMatchObject({
      code: 'invalid',
    })
  })

  it('[V1] a device belongs to the subject that used it first', async () => {
    const world = simulate({ authorize: ({ token }) => ({ ...grant, subject: token ?? '' }) })
    await world.device('a', { token: 'ann' })
    expect((await world.device('a', { token: 'bob', session: 2 })).socket.closed).toMatchObject({ code: 4401 })
    expect((await world.device('a', { token: 'ann', session: 2 })).socket.closed).toBeUndefined()
  })

  it('[V2] a token that expires is asked for again, and the rights of the new one count', async () => {
    let right: 'read' | 'write' | 'none' = 'write'
    const world = simulate()
    const expiring = simulate({
      authorize: ({ token }) => ({
        subject: 'ann',
        right: () => right,
        ...(token === 'old' ? { expires: world.clock.now() + 60_000 } : {}),
      }),
    })
    const a = await expiring.device('a', { token: 'old' })
    await a.open()
    await expiring.clock.advance(60_000)
    expect(await a.hear()).toMatchObject([{ type: 'error', code: 'token-expired', retryMs: 30_000 }])
    expect(only(await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 1))), 'pushed')).toMatchObject({ count: 1 })
    right = 'read'
    expect(typesOf(await a.say({ ...hello, token: 'new' }))).toEqual(['welcome'])
    expect(only(await a.say(pushOf(1, 'log-1', chainOf('boot-a', 2, 1))), 'error')).toMatchObject({ code: 'forbidden' })
    await expiring.clock.advance(120_000)
    expect(a.socket.closed).toBeUndefined()
    right = 'none'
    expect(await a.say({ ...hello, token: 'new' })).toMatchObject([
      { type: 'welcome' },
      { type: 'error', code: 'forbidden', instance: INSTANCE },
    ])
    expect(only(await a.say(pushOf(1, 'log-1', chainOf('boot-a', 2, 1))), 'error')).toMatchObject({ code: 'not-open' })
  })

  it('[V2] a token of another subject renews nothing, and neither does a hello of another session', async () => {
    const world = simulate({ authorize: ({ token }) => ({ ...grant, subject: token ?? '' }) })
    const a = await world.device('a', { token: 'ann' })
    expect(typesOf(await a.say({ ...hello, token: 'ann' }))).toEqual(['welcome'])
    expect(only(await a.say({ ...hello, session: 2, token: 'ann' }), 'error')).toMatchObject({ code: 'invalid' })
    await a.say({ ...hello, token: 'bob' })
    expect(a.socket.closed).toMatchObject({ code: 4401 })
  })

  it('[V2] a token that is not renewed in time ends the socket', async () => {
    const clock = simulate().clock
    const world = simulate({ authorize: () => ({ ...grant, expires: clock.now() + 1_000 }) })
    const a = await world.device('a')
    await world.clock.advance(30_999)
    expect(a.socket.closed).toBeUndefined()
    await world.clock.advance(1)
    expect(a.socket.closed).toMatchObject({ code: 4401 })
  })

  it('[V2] a grant may hold longer than a timer can', async () => {
    const clock = simulate().clock
    const days = 24 * 3600 * 1000
    const world = simulate({ authorize: () => ({ ...grant, expires: clock.now() + 60 * days }) })
    const a = await world.device('a')
    await world.clock.advance(59 * days)
    expect(await a.hear()).toEqual([])
    await world.clock.advance(1 * days)
    expect(await a.hear()).toMatchObject([{ code: 'token-expired' }])
  })
})

describe('bounds', () => {
  it('[V4] a device that does not take what it is sent is closed, and nobody else waits', async () => {
    const world = simulate()
    const [a, slow, b] = [await world.device('a'), await world.device('slow'), await world.device('b')]
    for (const device of [a, slow, b]) await device.open()
    slow.socket.bufferedAmount = 100 * 1024 * 1024
    expect(typesOf(await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 1))))).toEqual(['pushed'])
    expect(typesOf(await b.hear())).toEqual(['commits'])
    expect(slow.socket.closed).toMatchObject({ code: 4408 })
    expect(slow.socket.heard).not.toContainEqual(expect.objectContaining({ type: 'commits' }))
    const back = await world.device('slow', { session: 2 })
    expect(typesOf(await back.open({ log: 'log-1', offset: 0 }))).toEqual(['commits', 'opened'])
  })

  it('[V1] sockets and open instances are bounded; those that are there go on', async () => {
    const world = simulate({
      limits: { sockets: 3, socketsPerSubject: 2, subscriptions: 1 },
      authorize: () => ({ subject: 'ann', right: () => 'write' }),
    })
    const [a, b] = [await world.device('a'), await world.device('b')]
    const c = await world.device('c')
    expect(c.socket.closed).toMatchObject({ code: 4429 })
    world.stranger()
    expect(world.stranger().socket.closed).toMatchObject({ code: 4429 })
    await a.open()
    expect(only(await a.say({ type: 'open', instance: instanceHash(SYSTEM, 'x'), system: SYSTEM, id: 'x' }), 'error')).toMatchObject({
      code: 'too-many',
    })
    expect(typesOf(await a.open())).toEqual(['opened'])
    expect(typesOf(await b.open())).toEqual(['opened'])
  })

  it('[V1] who sends too much is told when to go on, and closed if that does not help', async () => {
    const world = simulate({ limits: { messages: { burst: 10, perSecond: 10 } } })
    const a = await world.device('a')
    for (let i = 0; i < 9; i++) expect(typesOf(await a.say({ type: 'ping' }))).toEqual(['pong'])
    const error = only(await a.say({ type: 'ping' }), 'error')
    expect(error).toMatchObject({ code: 'rate', retryMs: 100 })
    await world.clock.advance(error.retryMs!)
    expect(typesOf(await a.say({ type: 'ping' }))).toEqual(['pong'])
    expect(only(await a.open(), 'error')).toMatchObject({ code: 'rate', instance: INSTANCE })
    for (let i = 0; i < 100; i++) await a.say({ type: 'ping' })
    expect(a.socket.closed).toMatchObject({ code: 4429 })
  })

  it('[Y7] ten thousand commits in batches of a hundred are no flood', async () => {
    const world = simulate()
    const a = await world.device('a')
    await a.open()
    const chain = chainOf('boot-a', 1, 10_000)
    for (let at = 0; at < chain.length; at += 100) {
      const pushed = await a.say(pushOf(at, at === 0 ? undefined : 'log-1', chain.slice(at, at + 100), chain[at - 1] ?? null))
      expect(only(pushed, 'pushed')).toMatchObject({ from: at + 1, count: 100 })
    }
  })

  it('[F3] a closed instance is heard of no more', async () => {
    const world = simulate()
    const [a, b] = [await world.device('a'), await world.device('b')]
    await a.open()
    await b.open()
    await b.say({ type: 'close', instance: INSTANCE })
    await a.say(pushOf(0, undefined, chainOf('boot-a', 1, 1)))
    expect(await b.hear()).toEqual([])
    expect(only(await b.say(pushOf(1, 'log-1', chainOf('boot-b', 1, 1))), 'error')).toMatchObject({ code: 'not-open', instance: INSTANCE })
  })
})
