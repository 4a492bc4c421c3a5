/** What is a value, and that values cross the wire whole. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { digest } from '../../lib/protocol/digest.ts'
import { errorFromData, errorToData, HomeroomError } from '../../lib/protocol/errors.ts'
import { applyOps, type Op } from '../../lib/protocol/ops.ts'
import { copyValue, equalValues, MAX_BIGINT_DIGITS, MAX_DEPTH } from '../../lib/protocol/value.ts'
import { decode, encode } from '../../lib/protocol/wire.ts'
import { runs, values } from './arbitraries.ts'

/** `depth` containers, one inside the other. */
function nested(depth: number, wrap: (inner: unknown) => unknown, innermost: unknown = 'deep'): unknown {
  let value = innermost
  for (let i = 0; i < depth; i++) value = wrap(value)
  return value
}

const wraps: Record<string, (inner: unknown) => unknown> = {
  objects: (inner) => ({ inner }),
  'objects with a key that looks like a tag': (inner) => ({ $set: inner }),
  arrays: (inner) => [inner],
  Maps: (inner) => new Map([['inner', inner]]),
}

describe('encoding', () => {
  test('[A3] what is decoded equals what was encoded, order of keys included', () => {
    fc.assert(
      fc.property(values, (value) => {
        const copy = copyValue(value)
        expect(equalValues(copy, value)).toBe(true)
        const decoded = decode(encode(copy))
        expect(decoded).toStrictEqual(value)
        expect(equalValues(decoded, value)).toBe(true)
        expect(encode(decoded)).toBe(encode(value))
        expect(digest(decoded)).toBe(digest(value))
      }),
      runs(3000),
    )
  })

  test('[A3] a copy shares nothing with what was copied', () => {
    fc.assert(
      fc.property(values, (value) => {
        const parts = new Set(objectsIn(value))
        for (const part of objectsIn(copyValue(value))) expect(parts.has(part)).toBe(false)
      }),
      runs(500),
    )
  })

  for (const [what, wrap] of Object.entries(wraps)) {
    test(`[A3] ${what} nested up to the limit cross the wire, deeper ones are refused`, () => {
      const deep = nested(MAX_DEPTH, wrap)
      // Inside a commit, values stand a few levels deep.
      expect(decode(encode([[[[copyValue(deep)]]]]))).toStrictEqual([[[[deep]]]])
      expect(() => copyValue(nested(MAX_DEPTH + 1, wrap))).toThrow(/nested deeper than 64 levels/)
      expect(() => copyValue(nested(100_000, wrap))).toThrow(/nested deeper than 64 levels/)
    })
  }

  test('[A3] digests differ for values that differ', () => {
    fc.assert(
      fc.property(values, values, (a, b) => {
        expect(digest(a) === digest(b)).toBe(equalValues(a, b))
      }),
      runs(500),
    )
  })
})

describe('what is no value', () => {
  class Point {
    x = 1
  }
  class List extends Array<number> {}
  class Registry extends Map<string, number> {}
  const cyclic: Record<string, unknown> = {}
  cyclic['self'] = { again: cyclic }
  const withProperty: unknown[] & { name?: string } = [1]
  withProperty.name = 'x'
  const holeAndProperty = Object.assign(Array.from({ length: 1 }), { name: 'x' })
  Reflect.deleteProperty(holeAndProperty, 0)
  const named = (name: string): unknown => JSON.parse(`{"${name}":1}`)
  const getter = (target: object, key: string | number): object =>
    Object.defineProperty(target, key, { get: () => 1, enumerable: true, configurable: true })

  const offenders: readonly (readonly [what: string, value: unknown, why: RegExp])[] = [
    ['a function', () => 1, /function/],
    ['a symbol', Symbol('s'), /symbol/],
    ['NaN', Number.NaN, /NaN/],
    ['an infinity', Number.NEGATIVE_INFINITY, /-Infinity/],
    // oxlint-disable-next-line no-sparse-arrays
    ['an array with a hole', [1, , 2], /hole/],
    ['an array with a property of its own', withProperty, /properties of its own/],
    ['an array with a hole and a property', holeAndProperty, /hole/],
    ['an array with an accessor', getter([1], 0), /accessor/],
    ['a Map with a property of its own', Object.assign(new Map(), { x: 1 }), /properties of its own/],
    ['a Date with a property of its own', Object.assign(new Date(0), { x: 1 }), /properties of its own/],
    ['a symbol key', { [Symbol('key')]: 1 }, /symbol key/],
    ['an accessor', getter({}, 'a'), /accessor/],
    ['an object that contains itself', cyclic, /contains itself/],
    ['an instance of a class', new Point(), /an instance of Point/],
    [
      'an instance of a class without a name',
      new (class {
        x = 1
      })(),
      /an instance of a class/,
    ],
    ['an Array of a class of its own', List.of(1), /an instance of List/],
    ['a Map of a class of its own', new Registry(), /an instance of Registry/],
    ['an error', new TypeError('x'), /an instance of TypeError/],
    ['a promise', Promise.resolve(), /an instance of Promise/],
    ['a regular expression', /x/, /an instance of RegExp/],
    ['another typed array', new Float64Array(1), /an instance of Float64Array/],
    ['a boxed number', Object(1), /an instance of Number/],
    ['a WeakMap', new WeakMap(), /an instance of WeakMap/],
    ['an invalid date', new Date(Number.NaN), /invalid date/],
    ['a key named __proto__', named('__proto__'), /no key may be named __proto__/],
    ['a key named constructor', named('constructor'), /no key may be named constructor/],
    ['a key named prototype', named('prototype'), /no key may be named prototype/],
    ['a Map key that is an object', new Map([[{}, 1]]), /Map key or Set member is an object/],
    ['a Set member that is an object', new Set([[]]), /Map key or Set member is an object/],
    ['a Map key that is no number', new Map([[Number.NaN, 1]]), /NaN/],
    ['a Map key that is a symbol', new Map([[Symbol('s'), 1]]), /symbol/],
    ['a bigint of too many digits', 10n ** BigInt(MAX_BIGINT_DIGITS), /more than 4096 digits/],
  ]
  for (const [what, value, why] of offenders) {
    test(`[A3] ${what} is refused wherever it stands, with its path`, () => {
      expect(() => copyValue(value)).toThrow(why)
      expect(() => copyValue({ a: [0, { 'b c': value }] }, ['field'])).toThrow(/^field\.a\[1\]\["b c"\]/)
      expect(() => copyValue(new Map([[1, [value]]]), ['field'])).toThrow(/^field\[1\]\[0\]/)
      expect(codeOf(() => copyValue(value))).toBe('value/unsupported')
    })
  }

  test('[A3] the same object in two places is no cycle: it becomes two', () => {
    const shared = { x: 1 }
    const copy = copyValue({ a: shared, b: [shared] })
    expect(copy).toEqual({ a: { x: 1 }, b: [{ x: 1 }] })
    expect(copy.a).not.toBe(copy.b[0])
  })

  test('[A3] properties that are not enumerable do not cross, as in structured clone', () => {
    expect(copyValue(Object.defineProperty({ a: 1 }, 'b', { value: 2 }))).toStrictEqual({ a: 1 })
  })

  test('[A3] a Buffer is bytes', () => {
    expect(copyValue(Buffer.from([1, 2]))).toStrictEqual(new Uint8Array([1, 2]))
  })
})

describe('hostile text', () => {
  const json = fc.oneof(
    values.map(encode),
    fc.json({ maxDepth: 5 }),
    fc.constantFrom(
      '{"__proto__":{"polluted":1}}',
      '{"constructor":{"prototype":{"polluted":1}}}',
      '{"$object":{"__proto__":{"polluted":1},"$":1}}',
    ),
  )
  /** Text with a piece taken out, doubled, or replaced by another one. */
  const mutated = fc
    .tuple(
      json,
      fc.nat(),
      fc.nat(12),
      fc.oneof(
        fc.constantFrom('$', '"', '{', '}', '[', ']', '1e999', '-0', '__proto__', '$date', '$map', 'null', ','),
        fc.string({ maxLength: 3 }),
      ),
    )
    .map(([text, at, length, piece]) => {
      const start = at % (text.length + 1)
      return text.slice(0, start) + piece + text.slice(start + length)
    })

  test('[V1] decoding throws `wire/malformed` and nothing else, and pollutes nothing', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, json, fc.string()), (text) => {
        const code = codeOf(() => decode(text))
        expect([undefined, 'wire/malformed']).toContain(code)
        expect(({} as { polluted?: unknown }).polluted).toBe(undefined)
        expect(Object.keys(Object.prototype)).toEqual([])
      }),
      runs(6000),
    )
  })

  test('[V1] what is decoded is a value that encodes to what decodes to it', () => {
    fc.assert(
      fc.property(fc.oneof(mutated, json), (text) => {
        if (codeOf(() => decode(text)) !== undefined) return
        const value = decode(text)
        expect(equalValues(copyValue(value), value)).toBe(true)
        expect(equalValues(decode(encode(value)), value)).toBe(true)
      }),
      runs(6000),
    )
  })

  const refused: Record<string, string> = {
    'no JSON': '{',
    'a number past all bounds': '[1e999]',
    'a tag beside another key': '{"$date":0,"a":1}',
    'two tags': '{"$date":0,"$set":[]}',
    'an unknown tag': '{"$regexp":"x"}',
    'a date with a fraction': '{"$date":0.5}',
    'a date out of range': '{"$date":8640000000000001}',
    'an undefined with something in it': '{"$undefined":{"a":1}}',
    'a bigint that is no number': '{"$bigint":"1n"}',
    'a bigint in another form': '{"$bigint":"007"}',
    'a negative zero bigint': '{"$bigint":"-0"}',
    'a bigint of too many digits': `{"$bigint":"${'9'.repeat(MAX_BIGINT_DIGITS + 1)}"}`,
    'bytes that are no base64': '{"$bytes":"!"}',
    'bytes without padding': '{"$bytes":"QQ"}',
    'bytes with bits left over': '{"$bytes":"QR=="}',
    'bytes with a line break': '{"$bytes":"QQ==\\n"}',
    'a Set with a member twice': '{"$set":[1,1]}',
    'a Set with an object in it': '{"$set":[[]]}',
    'a Set with a date in it': '{"$set":[{"$date":0}]}',
    'a Map with a key twice': '{"$map":[["a",1],["a",2]]}',
    'a Map with an object as key': '{"$map":[[{},1]]}',
    'a Map entry that is no pair': '{"$map":[["a"]]}',
    'a wrapped object without a tag': '{"$object":{"a":1}}',
    'a wrapped array': '{"$object":["$"]}',
    'a forbidden key': '{"a":[{"__proto__":1}]}',
    'a forbidden key in a wrapped object': '{"$object":{"$a":1,"constructor":1}}',
    'nesting without end': '['.repeat(100_000) + ']'.repeat(100_000),
    'objects nested without end': '{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000),
    'Maps nested without end': '{"$map":[["a",'.repeat(20_000) + '1' + ']]}'.repeat(20_000),
  }
  for (const [what, text] of Object.entries(refused))
    test(`[V1] ${what} is refused`, () => {
      expect(codeOf(() => decode(text))).toBe('wire/malformed')
    })
})

describe('operations', () => {
  const state = {
    obj: { a: 1, list: [1, 2] },
    map: new Map<string, unknown>([['k', { x: 1 }]]),
    set: new Set([1]),
    date: new Date(0),
    bytes: new Uint8Array(1),
    n: 1,
  }
  const segments = fc.oneof(
    fc.constantFrom<string | number | null | boolean>(
      'obj',
      'a',
      'list',
      'map',
      'k',
      'set',
      'date',
      'bytes',
      'n',
      0,
      1,
      2,
      -1,
      0.5,
      null,
      true,
    ),
    fc.constantFrom('__proto__', 'constructor', 'prototype', 'length', 'toString'),
  )
  const path = fc.array(segments, { maxLength: 4 })
  const ops: fc.Arbitrary<Op> = fc.oneof(
    fc.tuple(fc.constant('set' as const), path, values),
    fc.tuple(fc.constant('delete' as const), path),
    fc.tuple(fc.constant('insert' as const), path, fc.integer({ min: -1, max: 3 }), fc.array(values, { maxLength: 2 })),
    fc.tuple(fc.constant('remove' as const), path, fc.integer({ min: -1, max: 3 }), fc.integer({ min: -1, max: 3 })),
    fc.tuple(fc.constant('increment' as const), path, fc.integer()),
    fc.tuple(fc.constant('append' as const), path, fc.oneof(fc.string(), fc.array(values, { maxLength: 2 }))),
    fc.tuple(fc.constant('set-add' as const), path, fc.array(fc.string(), { maxLength: 2 })),
    fc.tuple(fc.constant('set-delete' as const), path, fc.array(fc.string(), { maxLength: 2 })),
  )

  test('[V1] whatever operations say, they leave a value or throw a typed error, and change neither the state before nor prototypes', () => {
    const before = encode(state)
    fc.assert(
      fc.property(fc.array(ops, { minLength: 1, maxLength: 4 }), (all) => {
        const said = encode(all)
        let after: unknown
        const code = codeOf(() => (after = applyOps(state, all)))
        expect([undefined, 'ops/no-such-path', 'value/unsupported']).toContain(code)
        if (code === undefined) expect(equalValues(copyValue(after), after)).toBe(true)
        expect(encode(state)).toBe(before)
        expect(encode(all)).toBe(said)
        expect(Object.keys(Object.prototype)).toEqual([])
      }),
      runs(4000),
    )
  })

  test('[V1] an operation on a forbidden key is refused', () => {
    for (const key of ['__proto__', 'constructor', 'prototype']) {
      expect(codeOf(() => applyOps(state, [['set', ['obj', key], { x: 1 }]]))).toBe('ops/no-such-path')
      expect(codeOf(() => applyOps(state, [['set', ['obj', key, 'x'], 1]]))).toBe('ops/no-such-path')
    }
  })

  test('[Y9] an operation that a newer build wrote is refused by name', () => {
    expect(() => applyOps(state, [['merge', ['obj'], {}] as unknown as Op])).toThrow(/"merge" is not known/)
  })
})

describe('errors as data', () => {
  test('[A2] name, message, code and causes cross; stacks do not', () => {
    const error = new HomeroomError('demo/code', 'what', { cause: new RangeError('why', { cause: 'text' }) })
    const data = decode(encode(copyValue(errorToData(error))))
    expect(JSON.stringify(data)).not.toContain('values.test')
    const back = errorFromData(data as ReturnType<typeof errorToData>)
    expect(back).toMatchObject({
      name: 'HomeroomError',
      message: 'what',
      code: 'demo/code',
      cause: { name: 'RangeError', message: 'why', cause: { message: 'text' } },
    })
  })

  test('[A2] anything can be thrown', () => {
    const cyclic = new Error('round')
    cyclic.cause = cyclic
    const odd = Object.assign(new Error('x'), { name: 5, message: Symbol('m') })
    const hostile = Object.defineProperty(new Error('x'), 'message', {
      get: () => {
        throw new Error('no')
      },
    })
    for (const thrown of [
      undefined,
      null,
      1,
      'text',
      Symbol('s'),
      1n,
      {},
      cyclic,
      odd,
      hostile,
      {
        toJSON: () => {
          throw new Error('no')
        },
      },
    ]) {
      const data = errorToData(thrown)
      expect(typeof data.name).toBe('string')
      expect(typeof data.message).toBe('string')
      expect(errorFromData(copyValue(data))).toBeInstanceOf(Error)
    }
  })
})

function codeOf(run: () => unknown): string | undefined {
  try {
    run()
  } catch (error) {
    return error instanceof HomeroomError ? error.code : `not ours: ${String(error)}`
  }
  return undefined
}

function objectsIn(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return []
  const parts = value instanceof Map ? [...value.values()] : value instanceof Set ? [] : Object.values(value)
  return [value, ...parts.flatMap(objectsIn)]
}
