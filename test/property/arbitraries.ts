/** Values, states and programs at random, for the properties of values, turns and footprints. */
import fc from 'fast-check'
import type { Value } from '../../lib/protocol/value.ts'
import { type Fields, type Step, stepNames } from './programs.ts'

/** More runs than by default: `PROPERTY_RUNS=20` makes every property run twenty times as often. */
export function runs(byDefault: number): { numRuns: number } {
  return { numRuns: Math.ceil(byDefault * Number(process.env['PROPERTY_RUNS'] ?? 1)) }
}

const FORBIDDEN = ['__proto__', 'constructor', 'prototype']

/** Strings that codecs get wrong: lone surrogates, tags of the wire, names of inherited members. */
const strings = fc.oneof(
  { weight: 4, arbitrary: fc.string({ maxLength: 6 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 4 }) },
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 4 }).map((units) => String.fromCharCode(...units)),
  fc.constantFrom('$', '$date', '$object', '$undefined', '$map', 'toString', 'length', '0', '-1', '', '\ud800', '\u2028'),
)
const keys = strings.filter((key) => !FORBIDDEN.includes(key))
const numbers = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53),
)

export const primitives: fc.Arbitrary<Value> = fc.oneof(
  strings,
  numbers,
  fc.boolean(),
  fc.constant(null),
  fc.constant(undefined),
  fc.bigInt(),
)

/** Any value that rule A3 allows. */
export const values: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    primitives,
    fc.date({ noInvalidDate: true }),
    fc.uint8Array({ maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(keys, tie('value'), { maxKeys: 5, noNullPrototype: true }),
    fc.array(fc.tuple(primitives, tie('value')), { maxLength: 4 }).map((entries) => new Map(entries as [string, Value][])),
    fc.array(primitives, { maxLength: 5 }).map((members) => new Set(members as string[])),
  ),
})).value

const row = fc.record({
  id: fc.constantFrom('r1', 'r2', 'r3', 'r4', 'r5', 'r6'),
  n: fc.nat(5),
  done: fc.boolean(),
  tags: fc.array(fc.constantFrom('x', 'y', 'z'), { maxLength: 3 }),
})
const when = fc.integer({ min: 0, max: 10 }).map((year) => new Date(Date.UTC(2000 + year, 0, 1)))
const smallKeys = fc.constantFrom('a', 'b', 'c', 'toString', '$d', '1')
const leaf: fc.Arbitrary<unknown> = fc.oneof(fc.nat(5), fc.constantFrom('a', 'b', null, undefined, -0, 7n), when)
const smallValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: leaf },
  fc.dictionary(smallKeys, leaf, { maxKeys: 3, noNullPrototype: true }),
  fc.array(leaf, { maxLength: 3 }),
  fc.uint8Array({ maxLength: 3 }),
  fc.array(fc.tuple(smallKeys, leaf), { maxLength: 2 }).map((entries) => new Map(entries)),
)

export const states: fc.Arbitrary<Fields> = fc.record({
  obj: fc.dictionary(smallKeys, smallValue, { maxKeys: 5, noNullPrototype: true }),
  rows: fc.array(row, { maxLength: 6 }),
  nums: fc.array(fc.oneof({ weight: 6, arbitrary: fc.nat(5) }, fc.constant(-0)), { maxLength: 6 }),
  grid: fc.array(fc.array(fc.nat(3), { maxLength: 4 }), { maxLength: 4 }),
  map: fc
    .array(fc.tuple(fc.constantFrom<string | number>('a', 'b', 'c', 1, 2), smallValue), { maxLength: 5 })
    .map((entries) => new Map(entries)),
  set: fc.array(fc.constantFrom<string | number>('a', 'b', 'c', 1, 2), { maxLength: 5 }).map((members) => new Set(members)),
  date: when,
  dates: fc.array(when, { maxLength: 4 }),
  bytes: fc.uint8Array({ minLength: 1, maxLength: 4 }),
  big: fc.bigInt({ min: 0n, max: 9n }),
  maybe: fc.oneof(fc.constantFrom<unknown>(null, undefined), smallValue),
})

/** A program whose steps touch only a few fields, so that two of them meet often, but not always. */
export function programs(names: readonly string[] = stepNames, maxLength = 6): fc.Arbitrary<readonly Step[]> {
  const step: fc.Arbitrary<Step> = fc.record({ name: fc.constantFrom(...names), i: fc.nat(6), j: fc.nat(6), value: smallValue, row })
  return fc.array(step, { minLength: 1, maxLength })
}
