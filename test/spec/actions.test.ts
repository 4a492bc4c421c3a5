/** Rules A1 to A7 from outside: through handles, over tabs, devices and restarts. What one turn does is in turn.test.ts. */
import { effect } from '@preact/signals-core'
import { afterEach, expect, test } from 'vitest'
import { action, AgenticSystem, type Connection, field } from '../../lib/index.ts'
import { createWorld, type World } from '../../testing/index.ts'
import { readLedger } from '../../worker/run/ledger-store.ts'
import { opened, rejection, watchNetwork } from './opened.ts'

let hookRuns = 0
let instancesMade = 0

class Shop extends AgenticSystem {
  @field stock = 3
  @field sold = 0
  @field rows: { id: string; tags: string[] }[] = [{ id: 'r1', tags: [] }]
  @field byName: Record<string, unknown> = { b: 1, a: 2 }
  @field map = new Map<string, unknown>([['one', { n: 1 }]])
  @field set = new Set<string>(['x'])
  @field at = new Date(0)
  @field bytes = new Uint8Array([1, 2])
  @field anything: unknown = null
  @field archive: { id: string; tags: string[] }[] = []
  #secret = 0
  plain = 0

  constructor() {
    super()
    instancesMade++
  }

  onConnect(_connection: Connection) {
    hookRuns++
  }
  unmarked() {
    this.stock = -1
  }
  protected hidden() {
    this.stock = -1
  }
  @action() sell(count: number) {
    this.stock -= count
    this.sold += count
    if (this.stock < 0)
      throw Object.assign(new RangeError(`only ${this.stock + count} left`, { cause: new Error('empty shelf') }), { code: 'shop/empty' })
    return this.stock
  }
  @action() async sellSlowly(count: number) {
    this.stock -= count
    await Promise.resolve()
    this.sold += count
    await Promise.resolve()
    return this.sell(0)
  }
  @action() look() {
    return this.stock
  }
  @action() setToSame() {
    const { stock } = this
    this.stock = stock
    this.rows.push({ id: 'gone', tags: [] })
    this.rows.pop()
  }
  @action() keep(value: unknown) {
    this.anything = value
    return value
  }
  @action() remember() {
    this.#secret++
    this.plain++
    return [this.#secret, this.plain, this.twice(2)]
  }
  @action() mutate(how: keyof typeof mutations) {
    mutations[how](this)
  }
  @action() answer(how: string) {
    const cycle: Record<string, unknown> = {}
    cycle['self'] = cycle
    return how === 'function' ? () => 1 : how === 'cycle' ? cycle : new URL('http://x')
  }
  private twice(n: number) {
    return n * 2
  }
}

/** One way to change state each, with what it leaves. */
const mutations = {
  assignment: (shop: Shop) => void (shop.stock = 7),
  'push and nested push': (shop: Shop) => void (shop.rows.push({ id: 'r2', tags: ['new'] }), shop.rows[0]?.tags.push('old')),
  splice: (shop: Shop) => void shop.rows.splice(0, 1, { id: 'other', tags: [] }, { id: 'another', tags: [] }),
  'delete of a key': (shop: Shop) => void delete shop.byName['b'],
  'nested write': (shop: Shop) => void ((shop.map.get('one') as { n: number }).n = 2),
  'a move between fields': (shop: Shop) => void shop.archive.push(...shop.rows.splice(0, 1)),
  'Map set and delete': (shop: Shop) => void (shop.map.delete('one'), shop.map.set('two', [1n, undefined])),
  'Set add and delete': (shop: Shop) => void (shop.set.delete('x'), shop.set.add('y')),
  'setFullYear of a date read from state': (shop: Shop) => void shop.at.setFullYear(2001),
  'a byte of bytes read from state': (shop: Shop) => void (shop.bytes[1] = 9),
}

let world: World
function start(options: { sync?: boolean } = {}): World {
  hookRuns = 0
  return (world = createWorld({ systems: { Shop }, ...options }))
}
afterEach(() => world.close())

test.each([
  'unmarked',
  'hidden',
  'twice',
  'constructor',
  'onConnect',
  'onCreate',
  'turn',
  'connections',
  'id',
  'stock',
  'toString',
  'valueOf',
  'hasOwnProperty',
  '__proto__',
  '__defineSetter__',
  '$close',
  '',
  'sell ',
])('[A1] a call of %j is refused, executes nothing, and the instance goes on', async (name) => {
  start({ sync: false })
  const { handle } = await opened<Shop>(world.device('a'))
  await world.settle()
  const before = hookRuns
  const anyAction = (handle.actions as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[name]
  const error = await rejection(anyAction?.('x') ?? Promise.resolve())
  expect(error).toMatchObject({ name: 'HomeroomError', code: 'action/unknown', message: expect.stringContaining('sell') as string })
  expect([before, hookRuns]).toEqual([1, 1])
  expect(await handle.sell(1)).toBe(2)
})

test('[A1] a member that is neither field nor action cannot be had from a handle', async () => {
  start({ sync: false })
  const { handle } = await opened<Shop>(world.device('a'))
  expect(() => (handle as unknown as Shop).unmarked).toThrow(expect.objectContaining({ code: 'system/no-such-member' }))
  expect(Object.getPrototypeOf(handle)).toBe(null)
  expect(Object.getPrototypeOf(handle.actions)).toBe(null)
  expect('unmarked' in handle).toBe(false)
  expect('unmarked' in handle.actions).toBe(false)
  expect((handle as unknown as { then?: unknown }).then).toBe(undefined)
})

test('[A1] a handle cannot be written to', async () => {
  start({ sync: false })
  const { handle } = await opened<Shop>(world.device('a'))
  const readOnly = expect.objectContaining({ code: 'handle/read-only' }) as Error
  expect(() => ((handle as unknown as Record<string, unknown>)['stock'] = 1)).toThrow(readOnly)
  expect(() => delete (handle as unknown as Record<string, unknown>)['stock']).toThrow(readOnly)
  expect(() => ((handle.actions as unknown as Record<string, unknown>)['sell'] = 1)).toThrow(readOnly)
})

test('[A2] all changes of a turn show together, in every tab', async () => {
  start()
  const tabs = [await opened<Shop>(world.device('a')), await opened<Shop>(world.device('a')), await opened<Shop>(world.device('b'))]
  await world.settle()
  const seen: string[][] = tabs.map(() => [])
  for (const [i, { handle }] of tabs.entries()) effect(() => void seen[i]?.push(`${handle.stock.value}+${handle.sold.value}`))
  await tabs[0]?.handle.sellSlowly(2)
  await world.settle()
  for (const states of seen) expect(states).toEqual(['3+0', '1+2'])
})

test('[A2] a turn that throws changes nothing, anywhere, and leaves no trace in the log', async () => {
  start()
  const a = await opened<Shop>(world.device('a'))
  const b = await opened<Shop>(world.device('b'))
  await world.settle()
  const seen: number[] = []
  effect(() => void seen.push(a.handle.stock.value, a.handle.sold.value, b.handle.stock.value))
  const frames = watchNetwork(world)
  await rejection(a.handle.sell(4))
  await world.settle()
  expect(seen).toEqual([3, 0, 3])
  expect(frames).toEqual([])
})

test('[A2] the caller gets the error: name, message, code and causes, and no stack of the host', async () => {
  start({ sync: false })
  const { handle } = await opened<Shop>(world.device('a'))
  const call = handle.sell(4)
  const error = await rejection(call)
  expect(error).toMatchObject({ name: 'RangeError', message: 'only 3 left', code: 'shop/empty' })
  expect(error.cause).toMatchObject({ name: 'Error', message: 'empty shelf' })
  expect(error.stack).not.toContain('Shop.sell')
  expect(call.status.value).toBe('failed')
  expect(await rejection(call.confirmed)).toBe(error)
})

test.each(Object.keys(mutations) as (keyof typeof mutations)[])(
  '[A3] %s counts: it shows, is stored, and reaches other devices',
  async (how) => {
    const expected = new Shop()
    mutations[how](expected)
    start()
    const { handle } = await opened<Shop>(world.device('a'))
    const b = await opened<Shop>(world.device('b'))
    await handle.mutate(how).confirmed
    await world.settle()
    world.device('a').kill()
    await world.device('a').restart()
    const again = await opened<Shop>(world.device('a'))
    for (const name of ['stock', 'rows', 'byName', 'map', 'set', 'at', 'bytes', 'archive'] as const)
      for (const shown of [handle, b.handle, again.handle]) expect(shown[name].value).toEqual(expected[name])
  },
)

const made = (members: object): unknown => Object.assign({}, members)
class Point {
  x = 1
}
const cyclic: Record<string, unknown> = {}
cyclic['self'] = cyclic

test.each<[string, unknown, string]>([
  ['NaN', { a: NaN }, 'a'],
  ['an infinity', [1, Infinity], '[1]'],
  ['a sparse array', { a: Object.assign([], { length: 2 }) }, 'a[0]'],
  ['a symbol key', { a: { [Symbol('s')]: 1 } }, 'a'],
  ['a symbol', { a: Symbol('s') }, 'a'],
  ['an accessor', Object.defineProperty({}, 'a', { get: () => 1, enumerable: true }), 'a'],
  ['a cycle', cyclic, 'self'],
  ['a function', { a: () => 1 }, 'a'],
  ['a key named constructor', { a: { constructor: 1 } }, 'a.constructor'],
  ['a key named __proto__', JSON.parse('{"a":{"__proto__":1}}'), 'a.__proto__'],
  ['an instance of a class', { a: new Point() }, 'a'],
  ['an invalid date', { a: new Date(NaN) }, 'a'],
  ['a Map with an object as key', { a: new Map([[{}, 1]]) }, 'a'],
  ['a promise', { a: Promise.resolve() }, 'a'],
  ['an error', { a: new Error('x') }, 'a'],
  ['a regular expression', made({ a: /x/ }), 'a'],
  ['an ArrayBuffer', { a: new ArrayBuffer(1) }, 'a'],
])('[A3] %s as an argument is refused in the tab, with its path', async (_, value, path) => {
  start({ sync: false })
  const { handle } = await opened<Shop>(world.device('a'))
  const call = handle.keep(value)
  const error = await rejection(call)
  expect(error).toMatchObject({
    code: 'value/unsupported',
    message: expect.stringContaining(path.startsWith('[') ? `[0]${path}` : `[0].${path}`) as string,
  })
  expect(call.status.value).toBe('failed')
  expect(handle.anything.value).toBe(null)
  expect(await handle.keep('fine')).toBe('fine')
})

test.each(['function', 'cycle', 'class'])('[A3] a result that is a %s is refused, and nothing is changed', async (how) => {
  start({ sync: false })
  const { handle } = await opened<Shop>(world.device('a'))
  expect(await rejection(handle.answer(how))).toMatchObject({
    code: 'value/unsupported',
    message: expect.stringContaining('result') as string,
  })
  expect(await handle.look()).toBe(3)
})

test('[A3] values that cross come back equal, on another device and after a restart', async () => {
  start()
  const value = {
    map: new Map<unknown, unknown>([
      [1, 'n'],
      ['1', undefined],
      [null, 10n ** 30n],
    ]),
    set: new Set([true, 0]),
    date: new Date(1e12),
    bytes: new Uint8Array([0, 255]),
    nothing: undefined,
    minus: -0,
    $tag: { $date: 1 },
    text: '\ud800 lone',
  }
  const a = await opened<Shop>(world.device('a'))
  const b = await opened<Shop>(world.device('b'))
  expect(await a.handle.keep(value)).toStrictEqual(value)
  await world.settle()
  expect(b.handle.anything.value).toStrictEqual(value)
  world.device('b').kill()
  await world.device('b').restart()
  expect((await opened<Shop>(world.device('b'))).handle.anything.value).toStrictEqual(value)
})

test('[A4] a turn without changes makes no commit and no broadcast', async () => {
  start()
  const { handle } = await opened<Shop>(world.device('a'))
  const other = await opened<Shop>(world.device('a'))
  await opened<Shop>(world.device('b'))
  await world.settle()
  const frames = watchNetwork(world)
  let fired = -1
  effect(
    () =>
      void (fired++, Object.keys(other.handle).map((name) => (other.handle as unknown as Record<string, { value: unknown }>)[name]?.value)),
  )
  expect(await handle.look()).toBe(3)
  const call = handle.setToSame()
  await call
  expect(call.status.value).toBe('confirmed')
  await world.settle()
  expect(frames).toEqual([])
  expect(fired).toBe(0)
  expect(other.home.sync.value.pending).toBe(0)
})

test('[A4] nor does it take a place in the log where no server is asked', async () => {
  start({ sync: false })
  const { handle } = await opened<Shop>(world.device('a'))
  const head = async () => {
    const stored = await world.device('a').disk.read({ system: 'Shop', id: 'x' })
    return stored === undefined ? 0 : readLedger(stored).ledger.head
  }
  await handle.sell(1)
  const before = await head()
  await handle.look()
  await handle.setToSame()
  expect(await head()).toBe(before)
  expect(before).toBeGreaterThan(0)
})

test('[A4] a turn without changes that read what is pending stays pending, and has the result of the run that counts', async () => {
  start()
  const a = await opened<Shop>(world.device('a'))
  const b = await opened<Shop>(world.device('b'))
  await world.settle()
  world.network.cut('a')
  await a.handle.sell(1)
  const look = a.handle.look()
  expect(await look).toBe(2)
  await world.settle()
  expect(look.status.value).toBe('committed')
  await b.handle.sell(1).confirmed
  world.network.heal('a')
  await world.clock.advance(30_000)
  expect(await look.confirmed).toBe(1)
  expect(a.home.sync.value.pending).toBe(0)
  expect(b.handle.stock.value).toBe(1)
})

test('[A5] when a call resolves, the signals of its tab show it', async () => {
  start()
  const tabs = [await opened<Shop>(world.device('a')), await opened<Shop>(world.device('a'))]
  const late: string[] = []
  const calls = Array.from({ length: 30 }, (_, i) => {
    const handle = (tabs[i % 2] as (typeof tabs)[0]).handle
    return handle.sell(-1).then((stock) => void (handle.stock.value >= stock || late.push(`${handle.stock.value} < ${stock}`)))
  })
  await Promise.all(calls)
  expect(late).toEqual([])
  expect(tabs[0]?.handle.stock.value).toBe(33)
})

test('[A5] also when another host than the one asked resolves it', async () => {
  start({ sync: false })
  const device = world.device('a')
  const { handle } = await opened<Shop>(device)
  device.crashAt({ count: 1, after: true })
  const stock = await handle.sell(1)
  expect([stock, handle.stock.value, handle.sold.value]).toEqual([2, 2, 1])
})

test('[A6] `this` is a fresh instance of the class in each turn: nothing but fields survives it', async () => {
  start({ sync: false })
  const { handle } = await opened<Shop>(world.device('a'))
  const before = instancesMade
  expect(await handle.remember()).toEqual([1, 1, 4])
  expect(await handle.remember()).toEqual([1, 1, 4])
  expect(instancesMade).toBe(before + 2)
})

test('[A7] changing an argument after the call, or the result, changes nothing', async () => {
  start({ sync: false })
  const { handle } = await opened<Shop>(world.device('a'))
  const argument = { list: [1], when: new Date(5) }
  const call = handle.keep(argument)
  argument.list.push(2)
  argument.when.setTime(6)
  const result = (await call) as typeof argument
  expect(result).toEqual({ list: [1], when: new Date(5) })
  result.list.push(3)
  expect(await handle.look()).toBe(3)
  expect(handle.anything.value).toEqual({ list: [1], when: new Date(5) })
})

test('[A7] a value shared by two arguments is two values', async () => {
  start({ sync: false })
  const { handle } = await opened<Shop>(world.device('a'))
  const shared = { n: 1 }
  const [one, two] = (await handle.keep([shared, shared])) as [{ n: number }, { n: number }]
  one.n = 2
  expect(two.n).toBe(1)
})
