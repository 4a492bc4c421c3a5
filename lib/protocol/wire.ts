/**
 * Values as text, for stores and sockets. JSON, with one rule more: an object whose single key starts with `$` is a tag,
 * and a plain object that has such a key travels inside `{ $object: … }`.
 *
 *   Date → { $date: ms }   Uint8Array → { $bytes: base64 }   Map → { $map: [[k, v] …] }   Set → { $set: [m …] }
 *   bigint → { $bigint: '1' }   undefined → { $undefined: 0 }   -0 → { $minus0: 0 }
 */
import { HomeroomError } from './errors.ts'
import { FORBIDDEN_KEYS } from './path.ts'
import { MAX_BIGINT_DIGITS, MAX_DEPTH } from './value.ts'

const BIGINT = new RegExp(`^(0|-?[1-9]\\d{0,${MAX_BIGINT_DIGITS - 1}})$`)

/** @param value made of values as `copyValue` returns them */
export function encode(value: unknown): string {
  return JSON.stringify(toJson(value))
}

/**
 * The value that `text` encodes.
 * @throws HomeroomError `wire/malformed` for anything that `encode` cannot have written
 */
export function decode(text: string): unknown {
  return fromJson(parse(text), 0)
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw new HomeroomError('wire/malformed', 'The text is no JSON, so it cannot be read as a message or a stored value.', { cause })
  }
}

/** The JSON form of a value; an object with nothing special in it is handed on as it is. */
function toJson(value: unknown): unknown {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return value
  if (typeof value === 'number') return Object.is(value, -0) ? { $minus0: 0 } : value
  if (value === undefined) return { $undefined: 0 }
  if (typeof value === 'bigint') return { $bigint: value.toString() }
  if (Array.isArray(value)) return arrayToJson(value)
  if (value instanceof Date) return { $date: value.getTime() }
  if (value instanceof Uint8Array) return { $bytes: bytesToBase64(value) }
  if (value instanceof Map) return { $map: [...value].map(([key, item]) => [toJson(key), toJson(item)]) }
  if (value instanceof Set) return { $set: [...value].map(toJson) }
  return objectToJson(value as Record<string, unknown>)
}

function arrayToJson(value: readonly unknown[]): readonly unknown[] {
  let result: unknown[] | undefined
  for (let i = 0; i < value.length; i++) {
    const json = toJson(value[i])
    if (result === undefined && !Object.is(json, value[i])) result = value.slice(0, i)
    result?.push(json)
  }
  return result ?? value
}

function objectToJson(value: Record<string, unknown>): unknown {
  let result: Record<string, unknown> | undefined
  let isTagged = false
  for (const key of Object.keys(value)) {
    const json = toJson(value[key])
    if (key.startsWith('$')) isTagged = true
    if (Object.is(json, value[key])) continue
    result ??= { ...value }
    result[key] = json
  }
  return isTagged ? { $object: result ?? value } : (result ?? value)
}

function fromJson(json: unknown, depth: number): unknown {
  if (typeof json === 'number' && !Number.isFinite(json)) throw malformed('a number is too large')
  if (typeof json !== 'object' || json === null) return json
  // Commits nest their values a few levels deep; the values themselves are held to MAX_DEPTH by `copyValue`.
  if (depth > 2 * MAX_DEPTH + 16) throw malformed('it is nested too deep')
  if (Array.isArray(json)) return json.map((item) => fromJson(item, depth + 1))
  const keys = Object.keys(json)
  const object = json as Record<string, unknown>
  if (keys.some((key) => key.startsWith('$'))) return fromTag(keys, object, depth)
  return fromObject(keys, object, depth)
}

function fromObject(keys: readonly string[], object: Record<string, unknown>, depth: number): Record<string, unknown> {
  for (const key of keys) {
    if (FORBIDDEN_KEYS.has(key)) throw malformed(`it has a key named ${key}`)
    const item = object[key]
    if (typeof item !== 'string') object[key] = fromJson(item, depth + 1)
  }
  return object
}

function fromTag(keys: readonly string[], object: Record<string, unknown>, depth: number): unknown {
  const tag = keys[0] as string
  const body = object[tag]
  if (keys.length !== 1) throw malformed('it has a tag beside other keys')
  if (tag === '$undefined' && body === 0) return undefined
  if (tag === '$minus0' && body === 0) return -0
  if (tag === '$date' && typeof body === 'number' && Number.isInteger(body) && Math.abs(body) <= 8.64e15) return new Date(body)
  if (tag === '$bigint' && typeof body === 'string' && BIGINT.test(body)) return BigInt(body)
  if (tag === '$bytes' && typeof body === 'string') return base64ToBytes(body)
  if (tag === '$set' && Array.isArray(body)) return fromMembers(body, depth)
  if (tag === '$map' && Array.isArray(body)) return fromEntries(body, depth)
  if (tag === '$object' && isTaggedObject(body)) return fromObject(Object.keys(body), body, depth + 1)
  throw malformed(`it has the tag ${tag.slice(0, 40)} with a body that does not fit`)
}

function isTaggedObject(body: unknown): body is Record<string, unknown> {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && Object.keys(body).some((key) => key.startsWith('$'))
}

function fromMembers(members: readonly unknown[], depth: number): Set<unknown> {
  const set = new Set(members.map((member) => fromKey(member, depth)))
  if (set.size !== members.length) throw malformed('a Set has a member twice')
  return set
}

function fromEntries(entries: readonly unknown[], depth: number): Map<unknown, unknown> {
  const map = new Map(entries.map((entry) => fromEntry(entry, depth)))
  if (map.size !== entries.length) throw malformed('a Map has a key twice')
  return map
}

function fromEntry(entry: unknown, depth: number): [unknown, unknown] {
  if (!Array.isArray(entry) || entry.length !== 2) throw malformed('an entry of a Map is no pair')
  return [fromKey(entry[0], depth), fromJson(entry[1], depth + 2)]
}

function fromKey(json: unknown, depth: number): unknown {
  const key = fromJson(json, depth + 1)
  if (typeof key === 'object' && key !== null) throw malformed('a Map key or Set member is an object')
  return key
}

function bytesToBase64(bytes: Uint8Array): string {
  let binary = ''
  for (let i = 0; i < bytes.length; i += 0x2000) binary += String.fromCharCode(...bytes.subarray(i, i + 0x2000))
  return btoa(binary)
}

function base64ToBytes(text: string): Uint8Array {
  const binary = binaryOf(text)
  // There are several ways to write the same bytes; only one of them is ours.
  if (btoa(binary) !== text) throw malformed('its bytes are not in the one form of base64 that is used here')
  return Uint8Array.from(binary, (char) => char.charCodeAt(0))
}

function binaryOf(text: string): string {
  try {
    return atob(text)
  } catch (cause) {
    throw new HomeroomError('wire/malformed', 'Bytes in the text are no base64.', { cause })
  }
}

function malformed(why: string): HomeroomError {
  return new HomeroomError('wire/malformed', `The text is no encoded value: ${why}. Nothing of it was used.`)
}
