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

/**
 * A deep copy of `value`.
 * @param at where it stands, for the message
 * @throws HomeroomError `value/unsupported`, naming the path of the offender
 */
export function copyValue<T>(value: T, at: Path = []): T {
  return copy(value, at, []) as T
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

function copy(value: unknown, at: Path, parents: readonly object[]): unknown {
  if (typeof value === 'number' && !Number.isFinite(value)) throw unsupported(at, `${value} has no form in JSON`, 'use null instead')
  if (typeof value === 'function') throw unsupported(at, 'it is a function', 'pass data, and name the behaviour by a string')
  if (typeof value === 'symbol') throw unsupported(at, 'it is a symbol', 'use a string')
  if (isPrimitive(value)) return value
  const object = value as object
  if (parents.includes(object)) throw unsupported(at, 'it contains itself', 'refer to it by an id')
  if (parents.length >= MAX_DEPTH) throw unsupported(at, `it is nested deeper than ${MAX_DEPTH} levels`, 'keep nodes in a flat list and refer to them by id')
  return copyObject(object, at, [...parents, object])
}

function copyObject(value: object, at: Path, parents: readonly object[]): unknown {
  if (Array.isArray(value)) return copyArray(value, at, parents)
  if (value instanceof Date) return copyDate(value, at)
  if (value instanceof Uint8Array) return new Uint8Array(value)
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [copyKey(key, at), copy(item, [...at, key as Segment], parents)]))
  if (value instanceof Set) return new Set([...value].map((member) => copyKey(member, at)))
  if (!isPlainObject(value)) throw unsupported(at, `it is an instance of ${className(value)}`, 'pass a plain object with its data')
  return copyPlain(value, at, parents)
}

function copyArray(value: readonly unknown[], at: Path, parents: readonly object[]): unknown[] {
  const keys = Reflect.ownKeys(value)
  if (keys.length !== value.length + 1) throw unsupported(at, 'it is an array with holes or with properties of its own', 'use null for holes, an object for names')
  return value.map((item, i) => copy(item, [...at, i], parents))
}

function copyDate(value: Date, at: Path): Date {
  if (Number.isNaN(value.getTime())) throw unsupported(at, 'it is an invalid date', 'use null instead')
  return new Date(value.getTime())
}

function copyKey(key: unknown, at: Path): Segment {
  if (!isPrimitive(key)) throw unsupported(at, 'a Map key or Set member is an object', 'use a string or number as the key')
  return copy(key, [...at, String(key)], []) as Segment
}

function copyPlain(value: Record<string, unknown>, at: Path, parents: readonly object[]): Record<string, unknown> {
  const result: Record<string, unknown> = {}
  for (const key of Reflect.ownKeys(value)) {
    if (typeof key === 'symbol') throw unsupported(at, `it has the symbol key ${String(key)}`, 'use string keys')
    const path = [...at, key]
    if (FORBIDDEN_KEYS.has(key)) throw unsupported(path, `no key may be named ${key}`, 'choose another name')
    const property = Object.getOwnPropertyDescriptor(value, key)
    if (property?.get !== undefined || property?.set !== undefined) throw unsupported(path, 'it is an accessor', 'pass the value it computes')
    if (property?.enumerable === true) result[key] = copy(value[key], path, parents)
  }
  return result
}

function className(value: object): string {
  const constructor = (value as { constructor?: unknown }).constructor
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'a class'
}

function unsupported(at: Path, why: string, remedy: string): HomeroomError {
  return new HomeroomError('value/unsupported', `${at.length === 0 ? 'The value' : formatPath(at)} cannot be stored or sent: ${why}. To mend it, ${remedy}.`)
}
