/** Frames that no device of ours would send: each gets a typed error, and nobody else notices. */
import * as fc from 'fast-check'
import { afterEach, describe, expect, it } from 'vitest'
import { instanceHash } from '../../lib/protocol/digest.ts'
import { encode } from '../../lib/protocol/wire.ts'
import { parseFrame } from '../../sync-server/frames.ts'
import { ID, INSTANCE, SYSTEM, chainOf, commitOf, pushOf } from './harness/commits.ts'
import { settle } from './harness/manual-clock.ts'
import { only, simulate, typesOf, type SimulatedDevice } from './harness/simulated.ts'

const open = { type: 'open', instance: INSTANCE, system: SYSTEM, id: ID }
const push = (more: object) => ({ ...pushOf(0, undefined, chainOf('boot-a', 1, 1)), ...more })
const withCommit = (more: object) => push({ commits: [{ ...commitOf('boot-a', 1, null), ...more }] })
const withOp = (...op: readonly unknown[]) => withCommit({ ops: [op] })
const nestedText = (depth: number): string => `{"type":"ping","x":${'['.repeat(depth)}${']'.repeat(depth)}}`

const HOSTILE: Record<string, string | null> = {
  'an empty frame': '',
  'a frame that is no text': null,
  'text that is no JSON': '{"type":"ping"',
  'JSON that is no object': '[1,2,3]',
  nothing: 'null',
  'an unknown type': encode({ type: 'drop' }),
  'a message of the server': encode({ type: 'opened', instance: INSTANCE, head: 1, snapshot: false, right: 'admin' }),
  'a key too many': encode({ type: 'ping', extra: 1 }),
  'a key too few': encode({ type: 'open', instance: INSTANCE }),
  'a wrong type': encode({ ...open, id: 7 }),
  'a tagged value for a string': encode({ ...open, id: new Date(0) }),
  'a key explicitly undefined': encode({ ...open, cursor: undefined }),
  'nesting of 200 levels': nestedText(200),
  'nesting of 500,000 levels': nestedText(500_000),
  'more values than a frame may hold': encode(withOp('set', ['value'], new Array(1_000_001).fill(0))),
  '__proto__ as a key': '{"type":"ping","__proto__":{"admin":true}}',
  '__proto__ deep in a value': encode(withOp('set', ['value'], 0)).replace('"value"],0]', '"value"],{"a":{"__proto__":1}}]'),
  'constructor deep in a value': encode(withOp('set', ['value'], { a: [{ constructor: 1 }] })),
  'prototype in a tagged object': encode(withOp('set', ['value'], { $a: { prototype: 1 } })),
  '__proto__ in a path': encode(withOp('set', ['value', '__proto__', 'x'], 1)),
  '__proto__ as a field': encode(withOp('set', ['__proto__'], 1)),
  'constructor in the path of a read': encode(withCommit({ reads: [['value', ['constructor']]] })),
  '__proto__ as a boot': encode(withCommit({ boot: '__proto__' })),
  'a path that begins with no field': encode(withOp('set', [0, 'a'], 1)),
  'a path of objects': encode(withOp('set', ['value', {}], 1)),
  'an empty path': encode(withOp('set', [], 1)),
  'a path without end': encode(withOp('set', ['value', ...new Array<string>(70).fill('a')], 1)),
  'an unknown operation': encode(withOp('eval', ['value'], 'x')),
  'an operation with too much in it': encode(withOp('delete', ['value'], 1)),
  'an index below zero': encode(withOp('insert', ['value'], -1, [])),
  'an index that is no integer': encode(withOp('remove', ['value'], 0.5, 1)),
  'an increment by text': encode(withOp('increment', ['value'], '1')),
  'an increment beyond all numbers': encode(withOp('increment', ['value'], 0)).replace('"value"],0]', '"value"],1e999]'),
  'a write of an unknown kind': encode(withCommit({ writes: [['burn', ['value']]] })),
  'an id with control characters': encode({ ...open, id: 'a\u0000b' }),
  'an id of 257 bytes': encode({ ...open, id: `${'ü'.repeat(128)}x` }),
  'a hash that is none': encode({ ...open, instance: '../../etc/passwd' }),
  'the hash of another name': encode({ ...open, id: 'other' }),
  'a log id that is none': encode({ ...open, cursor: { log: "' or 1=1", offset: 0 } }),
  'an offset below zero': encode({ ...open, cursor: { log: 'log', offset: -1 } }),
  'an offset that is no integer': encode({ ...open, cursor: { log: 'log', offset: 1.5 } }),
  'an offset past what numbers count': encode({ ...open, cursor: { log: 'log', offset: 2 ** 53 } }),
  'an offset as text': encode({ ...open, cursor: { log: 'log', offset: '1' } }),
  'a base below zero': encode(push({ base: -1 })),
  'a push without commits': encode(push({ commits: [] })),
  'presence with a connection twice': encode({ type: 'presence', instance: INSTANCE, connections: [{ id: 'a' }, { id: 'a' }] }),
  'presence without a list': encode({ type: 'presence', instance: INSTANCE, connections: { id: 'a' } }),
  'a connection with a key too many': encode({ type: 'presence', instance: INSTANCE, connections: [{ id: 'a', device: 'b' }] }),
  'a connection id that is too long': encode({ type: 'presence', instance: INSTANCE, connections: [{ id: 'a'.repeat(129) }] }),
  '__proto__ in metadata': encode({ type: 'presence', instance: INSTANCE, connections: [{ id: 'a', metadata: 0 }] }).replace(
    ':0}',
    ':{"__proto__":1}}',
  ),
  'nothing shown': encode({ type: 'show', instance: INSTANCE, values: [] }),
  'the end of a device that is none': encode({ type: 'ended', instance: INSTANCE, device: '../a' }),
  'a hello of another device': encode({ type: 'hello', protocol: 2, device: 'b', session: 1 }),
}

describe('hostile inputs', () => {
  it.each(Object.entries(HOSTILE))('[V1] %s gets `invalid`, and changes nothing', async (_title, text) => {
    const world = simulate()
    const [a, witness] = [await world.device('a'), await world.device('witness')]
    await a.open()
    await witness.open()
    expect(only(await a.raw(text), 'error')).toMatchObject({ code: 'invalid' })
    expect(a.socket.closed).toBeUndefined()
    expect(typesOf(await witness.say(pushOf(0, undefined, chainOf('boot-w', 1, 1))))).toEqual(['pushed'])
    expect(typesOf(await a.hear())).toEqual(['commits'])
    expect(world.reported).toEqual([])
  })

  it('[V1] the error of a malformed push names its instance, so that the device does not wait', async () => {
    const a = await simulate().device('a')
    await a.open()
    expect(only(await a.say(withOp('eval', ['value'])), 'error')).toMatchObject({ code: 'invalid', instance: INSTANCE })
  })

  it('[V1] five invalid frames within a minute end the socket; spread out they do not', async () => {
    const world = simulate()
    const [a, b] = [await world.device('a'), await world.device('b')]
    for (let i = 0; i < 5; i++) expect(typesOf(await a.raw('x'))).toEqual(['error'])
    expect(a.socket.closed).toMatchObject({ code: 4400 })
    for (let i = 0; i < 20; i++) {
      await b.raw('x')
      await world.clock.advance(12_000)
    }
    expect(b.socket.closed).toBeUndefined()
  })

  it('[V1] ids may look like anything else', async () => {
    const a = await simulate().device('a')
    for (const id of ['', '../x', '*', '>', "'; drop table commits", 'ｅquаl', '💥', '%00']) {
      expect(only(await a.say({ ...open, id, instance: instanceHash(SYSTEM, id) }), 'opened')).toMatchObject({ head: 0 })
    }
  })

  it('[V1] a commit that grows when it is written again is refused before it can clog anybody', async () => {
    const world = simulate({ limits: { commitBytes: 10_000 } })
    const a = await world.device('a')
    await a.open()
    const small = encode(withOp('set', ['value'], 'here')).replace('"here"', `[${new Array(600).fill('1e20').join(',')}]`)
    expect(small.length).toBeLessThan(10_000)
    expect(only(await a.raw(small), 'refused')).toMatchObject({ index: 0, code: 'too-large' })
  })

  it('[V1] values nested to the limit pass, and their snapshot can be read again', async () => {
    const world = simulate({ limits: { snapshotEvery: 1 } })
    const a = await world.device('a')
    await a.open()
    let value: unknown = 1
    for (let i = 0; i < 64; i++) value = new Map([['k', value]])
    const commit = commitOf('boot-a', 1, null, { ops: [['set', ['value'], value]] })
    expect(typesOf(await a.say(pushOf(0, undefined, [commit])))).toEqual(['pushed', 'check'])
    const again = await world.device('b')
    expect(only(await again.open({ log: 'another', offset: 0 }), 'opened')).toMatchObject({ snapshot: true })
    expect(world.reported).toEqual([])
  })
})

describe('fuzz', () => {
  afterEach(() => expect(({} as { polluted?: unknown }).polluted).toBeUndefined())

  /** Messages of the protocol with parts replaced by anything, and things that are no messages. */
  const seedMessages = [
    open,
    push({}),
    { type: 'close', instance: INSTANCE },
    { type: 'presence', instance: INSTANCE, connections: [{ id: 'a:1', metadata: { name: 'ann' }, value: 1 }] },
    { type: 'show', instance: INSTANCE, values: [{ id: 'a:1', value: 1 }] },
    { type: 'ended', instance: INSTANCE, device: 'b' },
    { type: 'ping' },
    { type: 'hello', protocol: 2, device: 'a', session: 1 },
  ]
  const anything = fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom(-1, 2 ** 53, '__proto__', INSTANCE, { $date: 1 }, { $map: [[1, 2]] }, { $: 1 }, [], {}, null),
  )
  const mutated = fc
    .tuple(fc.constantFrom(...seedMessages), fc.array(fc.tuple(fc.nat(60), anything), { minLength: 1, maxLength: 3 }))
    .map(([message, changes]) => changes.reduce((text, [at, value]) => replaceNode(text, at, value), JSON.stringify(message)))
  const frames = fc.oneof({ weight: 6, arbitrary: mutated }, { weight: 1, arbitrary: fc.json() }, { weight: 1, arbitrary: fc.string() })

  it('[V1] no frame makes the parser throw', () => {
    fc.assert(
      fc.property(frames, (text) => void parseFrame(text, 1_000_000)),
      { numRuns: 20_000, seed: 1 },
    )
  })

  it('[V1] ten thousand frames neither crash the server nor reach another device', async () => {
    const world = simulate({ limits: { messages: { burst: 1e9, perSecond: 1e9 } } })
    const witness = await world.device('witness')
    const mine = instanceHash(SYSTEM, 'mine')
    await witness.say({ ...open, id: 'mine', instance: mine })
    let session = 0
    let attacker: SimulatedDevice | undefined
    for (const text of fc.sample(frames, { numRuns: 10_000, seed: 2 })) {
      if (attacker?.socket.closed !== undefined) attacker = undefined
      attacker ??= await world.device('a', { session: ++session })
      attacker.socket.deliver(text)
      if (attacker.socket.heard.splice(0).length > 0) await settle()
    }
    await settle()
    expect(world.reported).toEqual([])
    expect(await witness.hear()).toEqual([])
    expect(typesOf(await witness.say(pushOf(0, undefined, chainOf('boot-w', 1, 1), null, mine)))).toEqual(['pushed'])
  })
})

/** The JSON text with its `at`-th node (counted through, round and round) replaced. */
function replaceNode(text: string, at: number, value: unknown): string {
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch {
    return text
  }
  const places: [Record<string, unknown>, string][] = []
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return
    for (const key of Object.keys(node)) {
      places.push([node as Record<string, unknown>, key])
      visit((node as Record<string, unknown>)[key])
    }
  }
  visit(root)
  const place = places[at % Math.max(1, places.length)]
  if (place !== undefined) Object.defineProperty(place[0], place[1], { value, enumerable: true, configurable: true, writable: true })
  return JSON.stringify(root) ?? 'null'
}
