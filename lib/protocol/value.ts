/**
 * The values that state, arguments and results may hold (rule A3): those that survive structured clone and the wire.
 * `copyValue` is the one gate: what passes it is a value, shared with nobody.
 */
import { HomeroomError } from './errors.ts'
import { FORBIDDEN_KEYS, formatPath, type Path, type Segment } from './path.ts'

export type Value = Segment | Date | Uint8Array | readonly Value[] | ReadonlyMap<Segment, Value> | ReadonlySet<Segment> | PlainObject
export interface PlainObject {
  readonly [key: string]: Value
}

/** Objects nested deeper are refused: recursion over them would end in a stack overflow somewhere else. */
export const MAX_DEPTH = 64
/** Longer bigints are refused: reading them costs time that grows with the square of their length. */
export const MAX_BIGINT_DIGITS = 4096
const BIGINT_LIMIT = 10n ** BigInt(MAX_BIGINT_DIGITS)

export function isPrimitive(value: unknown): value is Segment {
  return value === null || (typeof value !== 'object' && typeof value !== 'function')
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value) as object | null
  return prototype === null || prototype === Object.prototype || isForeignObjectPrototype(prototype)
}

/** A plain object of another realm (an iframe, a test's vm context) has another `Object.prototype`. */
function isForeignObjectPrototype(prototype: object): boolean {
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}

export interface CopyOptions {
  /** How many containers the value already stands in, for the limit on nesting. Default 0. */
  readonly depth?: number
  /** What a value stands for, where some stand for others. */
  readonly settle?: (value: unknown) => unknown
}

/**
 * A deep copy of `value`.
 * @param at where it stands, for the message
 * @throws HomeroomError `value/unsupported`, naming the path of the offender
 */
export function copyValue<T>(value: T, at: Path = [], options: CopyOptions = {}): T {
  return new Copier(at, options).copy(value) as T
}

/** Whether two values are the same to a reader, order of keys and members included. */
export function equalValues(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => equalValues(item, b[i]))
  if (a instanceof Date) return b instanceof Date && Object.is(a.getTime(), b.getTime())
  if (a instanceof Uint8Array) return b instanceof Uint8Array && a.length === b.length && a.every((byte, i) => byte === b[i])
  if (a instanceof Map) return b instanceof Map && equalValues([...a], [...b])
  if (a instanceof Set) return b instanceof Set && equalValues([...a], [...b])
  if (Array.isArray(b) || b instanceof Date || b instanceof Uint8Array || b instanceof Map || b instanceof Set) return false
  return equalObjects(a as Record<string, unknown>, b as Record<string, unknown>)
}

function equalObjects(a: Record<string, unknown>, b: Record<string, unknown>): boolean {
  const keys = Object.keys(a)
  const others = Object.keys(b)
  return keys.length === others.length && keys.every((key, i) => key === others[i] && equalValues(a[key], b[key]))
}

/** Refuses an array with holes, accessors or properties of its own, and an instance of a class that extends `Array`. */
export function assertDense(array: readonly unknown[], at: Path): void {
  assertNoSubclass(array, at)
  for (let i = 0; i < array.length; i++) {
    const property = Object.getOwnPropertyDescriptor(array, i)
    if (property === undefined) throw unsupported([...at, i], 'it is a hole in an array', 'use null instead')
    if (property.get !== undefined || property.set !== undefined)
      throw unsupported([...at, i], 'it is an accessor', 'pass the value it computes')
  }
  if (Reflect.ownKeys(array).length !== array.length + 1)
    throw unsupported(at, 'it is an array with properties of its own', 'use an object for names')
}

/** Refuses a Map, Set or date with properties of its own, and an instance of a class that extends one of these. */
export function assertBare(object: object, at: Path): void {
  assertNoSubclass(object, at)
  if (Reflect.ownKeys(object).length > 0) throw unsupported(at, 'it has properties of its own', 'pass them beside it')
}

function assertNoSubclass(object: object, at: Path): void {
  const parent = Object.getPrototypeOf(Object.getPrototypeOf(object)) as object | null
  if (parent !== null && Object.getPrototypeOf(parent) !== null)
    throw unsupported(at, `it is an instance of ${className(object)}`, 'pass a plain object with its data')
}

/** The names of what stands in a plain object. */
export function keysOf(object: object, at: Path): string[] {
  const symbol = Object.getOwnPropertySymbols(object)[0]
  if (symbol !== undefined) throw unsupported(at, `it has the symbol key ${String(symbol)}`, 'use string keys')
  return Object.keys(object)
}

/** What stands under a key of a plain object that comes from outside. */
export function memberOf(object: Readonly<Record<string, unknown>>, key: string, at: Path): unknown {
  if (FORBIDDEN_KEYS.has(key)) throw unsupported([...at, key], `no key may be named ${key}`, 'choose another name')
  const property = Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor
  if (property.get !== undefined || property.set !== undefined)
    throw unsupported([...at, key], 'it is an accessor', 'pass the value it computes')
  return property.value
}

/** One copy being made. The path and the containers around the place where it is are kept as stacks. */
class Copier {
  readonly #path: Segment[]
  readonly #depth: number
  readonly #settle: ((value: unknown) => unknown) | undefined
  readonly #around: object[] = []

  constructor(at: Path, { depth = 0, settle }: CopyOptions) {
    this.#path = [...at]
    this.#depth = depth
    this.#settle = settle
  }

  copy(unsettled: unknown): unknown {
    const value = this.#settle === undefined ? unsettled : this.#settle(unsettled)
    if (typeof value === 'string') return value
    if (typeof value === 'number' && !Number.isFinite(value)) throw this.#unsupported(`${value} has no form in JSON`, 'use null instead')
    if (typeof value === 'function') throw this.#unsupported('it is a function', 'pass data, and name the behaviour by a string')
    if (typeof value === 'symbol') throw this.#unsupported('it is a symbol', 'use a string')
    if (typeof value === 'bigint' && (value >= BIGINT_LIMIT || value <= -BIGINT_LIMIT))
      throw this.#unsupported(`it is a bigint of more than ${MAX_BIGINT_DIGITS} digits`, 'use bytes instead')
    return isPrimitive(value) ? value : this.#copyObject(value)
  }

  #copyObject(value: object): unknown {
    if (value instanceof Uint8Array) return new Uint8Array(value)
    if (value instanceof Date) return this.#copyDate(value)
    if (this.#around.includes(value)) throw this.#unsupported('it contains itself', 'refer to it by an id')
    if (this.#around.length + this.#depth >= MAX_DEPTH)
      throw this.#unsupported(`it is nested deeper than ${MAX_DEPTH} levels`, 'keep nodes in a flat list and refer to them by id')
    this.#around.push(value)
    const copy = this.#copyContainer(value)
    this.#around.pop()
    return copy
  }

  #copyContainer(value: object): unknown {
    if (Array.isArray(value)) return this.#copyArray(value)
    if (value instanceof Map) return this.#copyMap(value)
    if (value instanceof Set) return this.#copySet(value)
    if (!isPlainObject(value)) throw this.#unsupported(`it is an instance of ${className(value)}`, 'pass a plain object with its data')
    return this.#copyPlain(value)
  }

  #copyArray(value: readonly unknown[]): unknown[] {
    assertDense(value, this.#path)
    return value.map((item, i) => this.#copyMember(i, item))
  }

  #copyMap(value: ReadonlyMap<unknown, unknown>): Map<Segment, unknown> {
    assertBare(value, this.#path)
    const copy = new Map<Segment, unknown>()
    for (const [key, item] of value) {
      const at = this.#copyKey(key)
      copy.set(at, this.#copyMember(at, item))
    }
    return copy
  }

  #copySet(value: ReadonlySet<unknown>): Set<Segment> {
    assertBare(value, this.#path)
    return new Set([...value].map((member) => this.#copyKey(member)))
  }

  #copyPlain(value: Record<string, unknown>): Record<string, unknown> {
    const copy: Record<string, unknown> = {}
    for (const key of keysOf(value, this.#path)) copy[key] = this.#copyMember(key, memberOf(value, key, this.#path))
    return copy
  }

  #copyMember(key: Segment, member: unknown): unknown {
    this.#path.push(key)
    const copy = this.copy(member)
    this.#path.pop()
    return copy
  }

  #copyKey(key: unknown): Segment {
    if (!isPrimitive(key)) throw this.#unsupported('a Map key or Set member is an object', 'use a string or number as the key')
    this.#path.push(String(key))
    const copy = this.copy(key)
    this.#path.pop()
    return copy as Segment
  }

  #copyDate(value: Date): Date {
    assertBare(value, this.#path)
    if (Number.isNaN(value.getTime())) throw this.#unsupported('it is an invalid date', 'use null instead')
    return new Date(value.getTime())
  }

  #unsupported(why: string, remedy: string): HomeroomError {
    return unsupported(this.#path, why, remedy)
  }
}

function className(value: object): string {
  const constructor = (value as { constructor?: unknown }).constructor
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'a class'
}

function unsupported(at: Path, why: string, remedy: string): HomeroomError {
  return new HomeroomError(
    'value/unsupported',
    `${at.length === 0 ? 'The value' : formatPath(at)} cannot be stored or sent: ${why}. To mend it, ${remedy}.`,
  )
}
