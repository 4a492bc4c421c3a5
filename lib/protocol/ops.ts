/**
 * Operations: what a commit changes, as data. `applyOps` is the only way state ever changes, on the device that ran
 * the action, in every tab, on every other device and in the server, so all of them hold the same (rule Y6).
 */
import { HomeroomError } from './errors.ts'
import { FORBIDDEN_KEYS, formatPath, type Path, type Segment } from './path.ts'

export type Op =
  /** Puts a value under an object key, an existing array index or a Map key. An existing key keeps its place. */
  | readonly ['set', Path, unknown]
  /** Takes an object key or Map key away. */
  | readonly ['delete', Path]
  /** Puts items into the array at the path, before the index. */
  | readonly ['insert', Path, number, readonly unknown[]]
  /** Takes `count` items out of the array at the path, from the index. */
  | readonly ['remove', Path, number, number]
  /** Adds to the number at the path. */
  | readonly ['increment', Path, number]
  /** Concatenates to the string or array at the path. */
  | readonly ['append', Path, string | readonly unknown[]]
  | readonly ['set-add', Path, readonly Segment[]]
  | readonly ['set-delete', Path, readonly Segment[]]

/** The state of an instance: its fields by name. Never changed in place: what did not change keeps its identity. */
export type State = Readonly<Record<string, unknown>>

type Container = Record<string, unknown> | unknown[] | Map<Segment, unknown>

/**
 * The state after `ops`. Untouched branches are those of `state`; values in `ops` become part of the result.
 * @param before told of each operation, with the state that it is about to change: to be read at once, and not kept
 * @throws HomeroomError `ops/no-such-path` where an operation does not fit the state; `state` is as it was
 */
export function applyOps(state: State, ops: readonly Op[], before?: (state: State, op: Op) => void): State {
  if (ops.length === 0) return state
  const draft = new CopyOnWrite(state)
  for (const op of ops) {
    before?.(draft.root as State, op)
    applyOp(draft, op)
  }
  return draft.root as State
}

/** Copies each container on the way to a change once, however many operations go through it. */
class CopyOnWrite {
  root: unknown
  readonly #copies = new Set<unknown>()
  constructor(root: unknown) {
    this.root = root
  }

  /** A container that may be changed, at `path`. */
  at(path: Path): Container | Set<Segment> {
    this.root = this.#own(this.root)
    let node = this.root
    for (let depth = 0; depth < path.length; depth++) {
      const key = path[depth]
      const child = readChild(node, key)
      if (typeof child !== 'object' || child === null) throw noSuchPath(path)
      const copy = this.#own(child)
      if (copy !== child) writeChild(node, key, copy)
      node = copy
    }
    return node as Container
  }

  #own(container: unknown): unknown {
    if (this.#copies.has(container)) return container
    const copy = shallowCopy(container)
    this.#copies.add(copy)
    return copy
  }
}

function applyOp(draft: CopyOnWrite, op: Op): void {
  const path = op[1]
  switch (op[0]) {
    case 'set':
      return setChild(draft.at(path.slice(0, -1)), path, op[2])
    case 'delete':
      return deleteChild(draft.at(path.slice(0, -1)), path)
    case 'insert':
      return insertItems(draft.at(path), path, op[2], op[3])
    case 'remove':
      return removeItems(draft.at(path), path, op[2], op[3])
    case 'increment':
      return changeChild(draft, path, 'number', (value) => finite((value as number) + op[2], path))
    case 'append':
      return append(draft, path, op[2])
    case 'set-add':
      for (const member of op[2]) asSet(draft.at(path), path).add(member)
      return
    case 'set-delete':
      for (const member of op[2]) asSet(draft.at(path), path).delete(member)
      return
    default:
      throw new HomeroomError(
        'ops/unknown',
        `The operation ${JSON.stringify((op as unknown[])[0])} is not known to this build. A newer build wrote it: update this one.`,
      )
  }
}

function setChild(parent: unknown, path: Path, value: unknown): void {
  const key = path.at(-1)
  if (path.length === 0) throw noSuchPath(path)
  if (Array.isArray(parent) && !(typeof key === 'number' && key in parent)) throw noSuchPath(path)
  writeChild(parent, key, value)
}

function deleteChild(parent: unknown, path: Path): void {
  const key = path.at(-1)
  if (parent instanceof Map) parent.delete(key)
  else if (typeof key === 'string' && !Array.isArray(parent) && !(parent instanceof Set)) delete (parent as Record<string, unknown>)[key]
  else throw noSuchPath(path)
}

function insertItems(array: unknown, path: Path, index: number, items: readonly unknown[]): void {
  if (!Array.isArray(array) || !Number.isInteger(index) || index < 0 || index > array.length) throw noSuchPath([...path, index])
  // `push` and `splice` take their items as arguments, of which an engine allows only so many.
  if (items.length < 10_000) array.splice(index, 0, ...items)
  else {
    const tail = array.splice(index)
    for (const item of items) array.push(item)
    for (const item of tail) array.push(item)
  }
}

function removeItems(array: unknown, path: Path, index: number, count: number): void {
  if (
    !Array.isArray(array) ||
    !Number.isInteger(index) ||
    !Number.isInteger(count) ||
    index < 0 ||
    count < 0 ||
    index + count > array.length
  )
    throw noSuchPath([...path, index])
  array.splice(index, count)
}

function append(draft: CopyOnWrite, path: Path, chunk: string | readonly unknown[]): void {
  if (typeof chunk === 'string') return changeChild(draft, path, 'string', (value) => (value as string) + chunk)
  const array = draft.at(path)
  insertItems(array, path, Array.isArray(array) ? array.length : 0, chunk)
}

function changeChild(draft: CopyOnWrite, path: Path, type: string, change: (value: unknown) => unknown): void {
  const parent = draft.at(path.slice(0, -1))
  const value = readChild(parent, path.at(-1))
  if (typeof value !== type) throw noSuchPath(path)
  writeChild(parent, path.at(-1), change(value))
}

/** An infinity has no form in JSON: it would be `null` in the next snapshot. */
function finite(sum: number, path: Path): number {
  if (Number.isFinite(sum)) return sum
  throw new HomeroomError(
    'value/unsupported',
    `${formatPath(path)} cannot be incremented: the sum is ${sum}, which has no form in JSON. Keep the number in bounds.`,
  )
}

function asSet(value: unknown, path: Path): Set<Segment> {
  if (!(value instanceof Set)) throw noSuchPath(path)
  return value
}

/** What stands under `key`, or `undefined`; only own keys count. */
export function readChild(container: unknown, key: Segment): unknown {
  if (container instanceof Map) return container.get(key)
  if (typeof container !== 'object' || container === null) return undefined
  return Object.hasOwn(container, key as string | number)
    ? (container as Record<string | number, unknown>)[key as string | number]
    : undefined
}

function writeChild(container: unknown, key: Segment, value: unknown): void {
  if (container instanceof Map) container.set(key, value)
  else if (Array.isArray(container) ? typeof key === 'number' : typeof key === 'string' && isRecord(container) && !FORBIDDEN_KEYS.has(key))
    (container as Record<string | number, unknown>)[key as string] = value
  else throw noSuchPath([key])
}

function isRecord(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !(value instanceof Set) && !(value instanceof Date) && !(value instanceof Uint8Array)
  )
}

function shallowCopy(container: unknown): unknown {
  if (Array.isArray(container)) return container.slice()
  if (container instanceof Map) return new Map(container)
  if (container instanceof Set) return new Set(container)
  if (!isRecord(container)) throw noSuchPath([])
  return { ...(container as object) }
}

function noSuchPath(path: Path): HomeroomError {
  return new HomeroomError(
    'ops/no-such-path',
    `The state has nothing at ${formatPath(path) || 'its root'} that the operation could change. State and log do not belong together.`,
  )
}
