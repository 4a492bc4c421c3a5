/** Rule H4, and what a host makes of things that no tab of ours would send (rules A1, A3, A7). */
import { transfer, wrap } from 'comlink'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { action, AgenticSystem, field } from '../../lib/index.ts'
import {
  type Answer,
  type FeedFrame,
  type FeedMessage,
  type HostControl,
  type Outcome,
  PORT_PROTOCOL,
} from '../../lib/protocol/port-messages.ts'
import { createWorld, type World } from '../../testing/index.ts'
import { opened, rejection } from './opened.ts'

const gates: (() => void)[] = []
let runs = 0

class Counter extends AgenticSystem {
  @field count = 0
  @field log: unknown[] = []
  onCreate() {
    this.log.push('created')
  }
  unmarked() {
    this.count = -1
  }
  @action() increment(by = 1) {
    runs++
    this.count += by
    return this.count
  }
  @action() async wait() {
    await new Promise<void>((resolve) => gates.push(resolve))
    this.log.push('waited')
  }
  @action() keep(value: unknown) {
    this.log.push(value)
  }
}
class Other extends AgenticSystem {
  @field other = 1
}

let world: World
beforeEach(() => {
  gates.length = 0
  runs = 0
  world = createWorld({ systems: { Counter, Other }, sync: false })
})
afterEach(() => world.close())

const counter = () => opened<Counter>(world.device('a'), 'x', 'Counter')

test('[H4] tabs notice that the host has died, attach to a new one, and repeat what was not answered', async () => {
  const device = world.device('a')
  const [one, two] = [await counter(), await counter()]
  const states: string[] = []
  one.home.status.subscribe((status) => states.push(status))
  const letGo = device.disk.hold()
  const calls = [one.handle.increment(), two.handle.increment(), one.handle.increment()]
  await world.settle()
  device.killHost()
  letGo()
  expect((await Promise.all(calls)).toSorted()).toEqual([1, 2, 3])
  expect(states).toEqual(['connected', 'disconnected', 'connected'])
  for (const { handle } of [one, two]) expect([handle.count.value, handle.$status.value]).toEqual([3, 'connected'])
})

test('[H4] calls made while there is no host are made on the next one', async () => {
  const { handle } = await counter()
  world.device('a').killHost()
  const call = handle.increment()
  expect(await call).toBe(1)
})

test('[H4] a tab takes nothing from a host that is not its own any more', async () => {
  const device = world.device('a')
  const { handle } = await counter()
  await handle.increment()
  const letGo = device.disk.hold()
  const call = handle.increment(10)
  await world.settle()
  expect(handle.count.value).toBe(11)
  device.killHost()
  await world.settle()
  letGo()
  await call
  // The commit that the first host showed and did not store has run again, once.
  expect([handle.count.value, runs]).toEqual([11, 3])
})

test('[H4] a tab that dies does not cut short its pending turns', async () => {
  const device = world.device('a')
  const one = await counter()
  const two = await counter()
  void one.handle.wait()
  void one.handle.increment()
  await world.settle()
  device.killTab(one.home)
  await world.settle()
  gates[0]?.()
  await world.settle()
  expect(two.handle.log.value).toEqual(['created', 'waited'])
  expect(two.handle.count.value).toBe(1)
})

test('[H4] nothing is told any more to a tab that died', async () => {
  const device = world.device('a')
  const one = await counter()
  const two = await counter()
  device.killTab(one.home)
  await world.settle()
  await two.handle.increment()
  await world.settle()
  expect(one.handle.count.value).toBe(0)
})

test('[H4] a host that dies again and again is replaced again and again', async () => {
  const device = world.device('a')
  const { handle } = await counter()
  for (let i = 1; i <= 5; i++) {
    device.crashAt({ count: 1, after: i % 2 === 0 })
    expect(await handle.increment()).toBe(i)
  }
  expect(handle.count.value).toBe(5)
})

test('[H1] a host that another has replaced stores nothing any more; its tabs go to the other, where their calls run', async () => {
  const device = world.device('a')
  const { handle } = await counter()
  device.usurp()
  const two = await counter()
  expect(await handle.increment()).toBe(1)
  expect(await two.handle.increment()).toBe(2)
})

test('[H4] a closed home ends its handles; calls on them are refused, those of others go on', async () => {
  const one = await counter()
  const two = await counter()
  one.home.close()
  expect(await rejection(one.handle.increment())).toMatchObject({ code: 'handle/closed' })
  expect(one.handle.$status.value).toBe('disconnected')
  expect(await two.handle.increment()).toBe(1)
})

// ---- bad input by the public handle

test('an unknown system is refused, naming those that are served, and its calls fail', async () => {
  const home = world.device('a').tab()
  const early = home.system<Counter>('Countre', { id: 'x' })
  const call = early.actions.increment()
  const unknown = { code: 'system/unknown', message: expect.stringContaining('Counter, Other') as string }
  expect(await rejection(early.$ready)).toMatchObject(unknown)
  expect(await rejection(call)).toMatchObject(unknown)
  expect(early.$status.value).toBe('error')
  expect(early.$error.value).toMatchObject(unknown)
})

test('without a name, a world of two systems is ambiguous', async () => {
  const home = world.device('a').tab()
  const early = home.system<Counter>({ id: 'x' })
  expect(await rejection(early.$ready)).toMatchObject({
    code: 'system/ambiguous',
    message: expect.stringContaining('Counter, Other') as string,
  })
  expect(() => home.system<Counter>({ id: 'y' })).toThrow(expect.objectContaining({ code: 'system/ambiguous' }))
})

test.each([[5], [undefined], [null], [{ toString: () => 'x' }], [['x']]])('an id that is %j is refused at once', async (id) => {
  const home = world.device('a').tab()
  await home.ready
  expect(() => home.system<Counter>('Counter', { id: id as unknown as string })).toThrow(expect.objectContaining({ code: 'system/bad-id' }))
})

test.each(['', ' ', '../x', 'x\u0000y', '\ud800', '🙂', 'a'.repeat(10_000), '__proto__', 'constructor'])(
  'any string is an id: %j',
  async (id) => {
    const one = await opened<Counter>(world.device('a'), id, 'Counter')
    const two = await opened<Counter>(world.device('a'), `${id}.`, 'Counter')
    expect(await one.handle.increment()).toBe(1)
    expect(two.handle.count.value).toBe(0)
    world.device('a').kill()
    await world.device('a').restart()
    expect((await opened<Counter>(world.device('a'), id, 'Counter')).handle.count.value).toBe(1)
  },
)

test.each<[string, unknown]>([
  ['a function', () => 1],
  ['a cycle', cycle()],
  ['an instance', new URL('http://x')],
])('metadata with %s is refused at once', async (_, value) => {
  const home = world.device('a').tab()
  expect(() => home.system<Counter>('Counter', { id: 'x', metadata: { value } })).toThrow(
    expect.objectContaining({ code: 'value/unsupported' }),
  )
})

// ---- bad input by a port

/** A port of a tab that says what it likes. */
async function hostile() {
  const { port, feed, locks } = world.device('a').dial()
  await locks.hold('homeroom:tab:evil')
  const control = wrap<HostControl>(port)
  const heard: FeedMessage[] = []
  feed.receiver.onmessage = ({ data }: MessageEvent<FeedFrame>) => heard.push(...data.messages)
  await control.hello({ protocol: PORT_PROTOCOL, tab: 'evil' }, transfer(feed.sender, [feed.sender]))
  expect(await control.open({ handle: 1, system: 'Counter', id: 'x' })).toMatchObject({ ok: true })
  const outcomeOf = (id: string): Outcome | undefined =>
    heard.flatMap((message) => (message.type === 'outcome' && message.calls.includes(id) ? [message.outcome] : []))[0]
  return { port, control, outcomeOf }
}

async function expectInstanceGoesOn(): Promise<void> {
  const { handle } = await counter()
  expect(handle.log.value).toEqual(['created'])
  expect(await handle.increment()).toBe(1)
  world.device('a').kill()
  await world.device('a').restart()
  expect((await counter()).handle.count.value).toBe(1)
}

test.each(['unmarked', 'constructor', 'onCreate', 'toString', '__proto__', 'hasOwnProperty', ''])(
  '[A1] a port that calls %j is refused',
  async (name) => {
    const { control, outcomeOf } = await hostile()
    await control.submit([{ id: 'evil.1', handle: 1, action: name, args: [], now: 0 }])
    await world.settle()
    expect(outcomeOf('evil.1')).toMatchObject({ ok: false, error: { code: 'action/unknown' } })
    await expectInstanceGoesOn()
  },
)

test.each<[string, unknown]>([
  ['a cycle', cycle()],
  ['NaN', NaN],
  ['a sparse array', Object.assign([], { length: 3 })],
  ['a regular expression', /x/],
  ['an error', new Error('x')],
  ['a key named __proto__', JSON.parse('{"__proto__":1}')],
  ['an ArrayBuffer', new ArrayBuffer(8)],
  ['nesting without end', deep(1_000)],
])('[A3] a port that sends %s as an argument is refused', async (_, value) => {
  const { control, outcomeOf } = await hostile()
  await control.submit([{ id: 'evil.1', handle: 1, action: 'keep', args: [value], now: 0 }])
  await world.settle()
  expect(outcomeOf('evil.1')).toMatchObject({ ok: false, error: { code: 'value/unsupported' } })
  await expectInstanceGoesOn()
})

const good = { id: 'evil.1', handle: 1, action: 'increment', args: [], now: 0 }
test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['a number', 7],
  ['a call that is null', [null]],
  ['a call without an id', [{ ...good, id: undefined }]],
  ['a call whose id is a number', [{ ...good, id: 7 }]],
  ['a call under the id of a host’s own', [{ ...good, id: 'create/1' }]],
  ['a call under the id of another tab', [{ ...good, id: 'other.1' }]],
  ['a call of an endless id', [{ ...good, id: `evil.${'1'.repeat(100_000)}` }]],
  ['an action that is no string', [{ ...good, action: { toString: () => 'increment' } }]],
  ['arguments that are no array', [{ ...good, args: { length: 1 } }]],
  ['arguments that are missing', [{ ...good, args: undefined }]],
  ['a time that is no number', [{ ...good, now: 'noon' }]],
  ['a time that is NaN', [{ ...good, now: NaN }]],
  ['an unknown handle', [{ ...good, handle: 9 }]],
  ['a handle that is an object', [{ ...good, handle: {} }]],
])('[A7] a port that submits %s breaks nothing, and nothing is run', async (_, calls) => {
  const { control } = await hostile()
  await Promise.race([control.submit(calls as Parameters<HostControl['submit']>[0]).catch(() => undefined), world.settle()])
  await world.settle()
  expect(runs).toBe(0)
  await expectInstanceGoesOn()
})

test.each<[string, object, string]>([
  ['an unknown system', { handle: 2, system: 'Nope', id: 'x' }, 'system/unknown'],
  ['a system named constructor', { handle: 2, system: 'constructor', id: 'x' }, 'system/unknown'],
  ['a system that is no string', { handle: 2, system: { x: 1 }, id: 'x' }, 'system/unknown'],
  ['an id that is no string', { handle: 2, system: 'Counter', id: 7 }, 'system/bad-id'],
  ['metadata with a cycle', { handle: 2, system: 'Counter', id: 'x', metadata: cycle() }, 'value/unsupported'],
  ['metadata that is no value', { handle: 2, system: 'Counter', id: 'x', metadata: { a: NaN } }, 'value/unsupported'],
])('[A7] a port that opens %s is told so', async (_, request, code) => {
  const { control, outcomeOf } = await hostile()
  const answer = (await control.open(request as Parameters<HostControl['open']>[0])) as Answer<void>
  expect(answer).toMatchObject({ ok: false, error: { code } })
  await control.submit([{ ...good, id: 'evil.2', handle: 2 }])
  await world.settle()
  expect(outcomeOf('evil.2')).toMatchObject({ ok: false })
  expect(runs).toBe(0)
  await expectInstanceGoesOn()
})

test.each<[string, unknown]>([
  ['without a name', {}],
  ['with a name that is no word', { tab: 'x.y' }],
  ['with a name that is an object', { tab: { x: 1 } }],
  ['without a feed', { tab: 'evil' }],
])('[A7] a hello %s is refused', async (_, hello) => {
  const control = wrap<HostControl>(world.device('a').dial().port)
  const answer = await control.hello({ protocol: PORT_PROTOCOL, ...(hello as { tab: string }) }, undefined as unknown as MessagePort)
  expect(answer).toMatchObject({ ok: false, error: { code: 'host/bad-message' } })
  await expectInstanceGoesOn()
})

test('[A7] a handle cannot be opened twice under one number', async () => {
  const { control } = await hostile()
  expect(await control.open({ handle: 1, system: 'Counter', id: 'y' })).toMatchObject({ ok: false, error: { code: 'host/bad-message' } })
  await expectInstanceGoesOn()
})

test('[A1] a port cannot reach past the control that it is given', async () => {
  const { port } = await hostile()
  const answers: unknown[] = []
  port.addEventListener('message', (event) => answers.push((event as MessageEvent).data))
  const reach = (id: string, message: object): void => port.postMessage({ id, ...message })
  reach('1', { type: 'APPLY', path: ['hello', 'constructor'], argumentList: [{ type: 'RAW', value: 'globalThis.reached = true' }] })
  reach('2', { type: 'APPLY', path: ['__proto__', 'hasOwnProperty', 'constructor'], argumentList: [{ type: 'RAW', value: 'x' }] })
  reach('3', { type: 'SET', path: ['submit'], value: { type: 'RAW', value: 1 } })
  reach('4', { type: 'GET', path: ['constructor'] })
  reach('5', { type: 'CONSTRUCT', path: ['hello', 'constructor'], argumentList: [] })
  reach('6', { type: 'APPLY', path: null, argumentList: null })
  reach('7', { type: 'NONE' })
  port.postMessage(null)
  port.postMessage('x')
  await world.settle()
  const reached = answers.filter((answer) => (answer as { type?: string }).type === 'RAW')
  expect(reached).toEqual([])
  await expectInstanceGoesOn()
})

function cycle(): object {
  const object: Record<string, unknown> = {}
  object['self'] = object
  return object
}

function deep(levels: number): unknown {
  let value: unknown = 1
  for (let i = 0; i < levels; i++) value = [value]
  return value
}
