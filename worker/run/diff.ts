/**
 * Operations that lead from one state to another. What has the same identity in both is not looked into, so the cost
 * goes with what changed. The values in operations are copies: they share nothing with what code of the app holds.
 */
import type { Op, State } from '../../lib/protocol/ops.ts'
import type { Path, Segment } from '../../lib/protocol/path.ts'
import { assertBare, assertDense, copyValue, equalValues, isPlainObject, keysOf, memberOf } from '../../lib/protocol/value.ts'
import type { Trace } from './trace.ts'

/** When more items than this have moved in an array, and half of it, it is written whole: that is shorter. */
const MANY_MOVES = 64

/**
 * @param trace where the turn wrote: an array that it wrote only items of keeps its places, so that footprints of
 * single items are sound
 * @param settle what a value of `next` stands for, where it stands for another
 * @throws HomeroomError `value/unsupported`, with the path of the offender, where `next` holds what state cannot
 */
export function diff(base: State, next: State, trace?: Trace, settle: (value: unknown) => unknown = (value) => value): Op[] {
  const differ = new Differ(settle)
  differ.objects(base, next, { path: [], trace })
  return differ.ops
}

/** A place in both states. Without a trace it, or something above it, has been written as a whole. */
interface Place {
  readonly path: Path
  readonly trace: Trace | undefined
}

class Differ {
  readonly ops: Op[] = []
  readonly #settle: (value: unknown) => unknown

  constructor(settle: (value: unknown) => unknown) {
    this.#settle = settle
  }

  objects(base: State, next: State, at: Place): void {
    const inside = traceInside(at)
    const written = inside?.writtenKeys as string[] | undefined
    if (written?.every((key) => Object.hasOwn(base, key) && Object.hasOwn(next, key)) === true)
      return this.#members(
        written,
        (key) => base[key],
        (key) => next[key],
        at,
      )
    const keys = keysOf(next, at.path)
    for (const key of Object.keys(base)) if (!Object.hasOwn(next, key)) this.ops.push(['delete', [...at.path, key]])
    for (const key of keys) {
      const member = this.#settle(memberOf(next, key, at.path))
      if (!Object.hasOwn(base, key)) this.#set([...at.path, key], member)
      else if (!Object.is(base[key], member)) this.#values(base[key], member, { path: [...at.path, key], trace: inside?.existing(key) })
    }
  }

  /** Only members that were in the container and still are: so a turn costs what it wrote, not what there is. */
  #members<K extends Segment>(keys: readonly K[], before: (key: K) => unknown, after: (key: K) => unknown, { path, trace }: Place): void {
    for (const key of keys) {
      const member = this.#settle(after(key))
      if (!Object.is(before(key), member)) this.#values(before(key), member, { path: [...path, key], trace: trace?.existing(key) })
    }
  }

  /** @param next settled, and not the same as `base` */
  #values(base: unknown, next: unknown, at: Place): void {
    if (Array.isArray(base) && Array.isArray(next)) return this.#arrays(base, next, at)
    if (base instanceof Map && next instanceof Map) return this.#maps(base, next, at)
    if (base instanceof Set && next instanceof Set) return this.#sets(base, next, at.path)
    if (isPlainObject(base) && isPlainObject(next)) return this.objects(base, next, at)
    const value = this.#copy(next, at.path)
    if (!equalValues(base, value)) this.ops.push(['set', at.path, value])
  }

  #maps(base: ReadonlyMap<Segment, unknown>, next: ReadonlyMap<Segment, unknown>, at: Place): void {
    const inside = traceInside(at)
    const written = inside?.writtenKeys
    if (written?.every((key) => base.has(key) && next.has(key)) === true)
      return this.#members(
        written,
        (key) => base.get(key),
        (key) => next.get(key),
        at,
      )
    assertBare(next, at.path)
    for (const key of base.keys()) if (!next.has(key)) this.ops.push(['delete', [...at.path, key]])
    for (const [key, unsettled] of next) {
      const item = this.#settle(unsettled)
      if (!base.has(key)) this.#set([...at.path, this.#copyKey(key, at.path)], item)
      else if (!Object.is(base.get(key), item)) this.#values(base.get(key), item, { path: [...at.path, key], trace: inside?.existing(key) })
    }
  }

  #sets(base: ReadonlySet<Segment>, next: ReadonlySet<Segment>, path: Path): void {
    assertBare(next, path)
    const gone = [...base].filter((member) => !next.has(member))
    const come = [...next].filter((member) => !base.has(member))
    if (gone.length > 0) this.ops.push(['set-delete', path, gone])
    if (come.length > 0) this.ops.push(['set-add', path, come.map((member) => this.#copyKey(member, path))])
  }

  #arrays(base: readonly unknown[], next: readonly unknown[], at: Place): void {
    const inside = traceInside(at)
    if (inside === undefined || base.length !== next.length) {
      assertDense(next, at.path)
      return this.#splices(
        base,
        next.map((item) => this.#settle(item)),
        at.path,
      )
    }
    for (const i of (inside.writtenKeys as number[]).toSorted((a, b) => a - b)) {
      const item = this.#settle(next[i])
      if (!Object.is(base[i], item)) this.#item(base[i], item, { path: [...at.path, i], trace: inside.existing(i) })
    }
  }

  #item(base: unknown, next: unknown, at: Place): void {
    if (isSameThing(base, next)) this.#values(base, next, at)
    else this.#set(at.path, next)
  }

  /**
   * Arrays by identity: items that are the same object (or an equal primitive) in both stay; between them, an item that
   * was changed in place is looked into, and the rest is removed and inserted.
   */
  #splices(base: readonly unknown[], next: readonly unknown[], path: Path): void {
    const [start, end] = commonEnds(base, next)
    const before = base.slice(start, base.length - end)
    const after = next.slice(start, next.length - end)
    const kept = keptItems(before, after)
    if (isShorterWhole(before, after, kept.length)) return this.#set(path, next)
    let at = start
    let [b, a] = [0, 0]
    for (const [keptBefore, keptAfter] of [...kept, [before.length, after.length] as const]) {
      at = this.#gap(before.slice(b, keptBefore), after.slice(a, keptAfter), at, path) + 1
      b = keptBefore + 1
      a = keptAfter + 1
    }
  }

  /** Between two kept items: pairs that are one thing changed in place, then the rest out and in. Answers where the gap ends. */
  #gap(before: readonly unknown[], after: readonly unknown[], start: number, path: Path): number {
    let i = 0
    for (; i < before.length && i < after.length && isSameThing(before[i], after[i]); i++)
      this.#values(before[i], after[i], { path: [...path, start + i], trace: undefined })
    const at = start + i
    if (before.length > i) this.ops.push(['remove', path, at, before.length - i])
    if (after.length > i) this.ops.push(['insert', path, at, this.#copy(after.slice(i), path)])
    return start + after.length
  }

  #set(path: Path, value: unknown): void {
    this.ops.push(['set', path, this.#copy(value, path)])
  }

  #copy<T>(value: T, path: Path): T {
    return copyValue(value, path, { depth: path.length - 1, settle: this.#settle })
  }

  #copyKey(key: Segment, path: Path): Segment {
    return [...copyValue(new Set([key]), path)][0]
  }
}

/** The trace for what stands in a place, unless a write here covers all of it. */
function traceInside({ trace }: Place): Trace | undefined {
  return trace?.isWritten === true ? undefined : trace
}

/** How many items are the same at the start, and behind those at the end. */
function commonEnds(base: readonly unknown[], next: readonly unknown[]): [number, number] {
  const shorter = Math.min(base.length, next.length)
  let start = 0
  while (start < shorter && Object.is(base[start], next[start])) start++
  let end = 0
  while (end < shorter - start && Object.is(base[base.length - 1 - end], next[next.length - 1 - end])) end++
  return [start, end]
}

/** Whether an item is rather the other one changed than another one: no `id` or `key` of theirs differs. */
function isSameThing(a: unknown, b: unknown): boolean {
  if (isPlainObject(a) && isPlainObject(b)) return Object.is(a['id'], b['id']) && Object.is(a['key'], b['key'])
  return (Array.isArray(a) && Array.isArray(b)) || (a instanceof Map && b instanceof Map) || (a instanceof Set && b instanceof Set)
}

/** Whether most items have moved, as in a sort. */
function isShorterWhole(before: readonly unknown[], after: readonly unknown[], kept: number): boolean {
  if (before.length !== after.length || before.length - kept <= MANY_MOVES) return false
  const known = new Set(before)
  const stayed = after.filter((item) => known.has(item)).length
  return stayed - kept > Math.max(MANY_MOVES, after.length / 2)
}

/** Pairs of positions that hold the same item, both growing: as many as there are (a longest increasing subsequence). */
function keptItems(before: readonly unknown[], after: readonly unknown[]): [number, number][] {
  const positions = new Map<unknown, number[]>()
  for (let i = before.length - 1; i >= 0; i--) {
    const item = asMapKey(before[i])
    const at = positions.get(item)
    if (at === undefined) positions.set(item, [i])
    else at.push(i)
  }
  const pairs: [number, number][] = []
  for (let i = 0; i < after.length; i++) {
    const at = positions.get(asMapKey(after[i]))?.pop()
    if (at !== undefined) pairs.push([at, i])
  }
  return longestIncreasing(pairs)
}

const MINUS_ZERO = Symbol('-0')

/** A Map takes 0 and -0 for the same key. */
function asMapKey(item: unknown): unknown {
  return Object.is(item, -0) ? MINUS_ZERO : item
}

/** Patience sorting: `tails[k]` is the pair with the smallest `before` that ends a run of length k + 1. */
function longestIncreasing(pairs: readonly [number, number][]): [number, number][] {
  const tails: number[] = []
  const previous: number[] = []
  pairs.forEach(([value], i) => {
    let [low, high] = [0, tails.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if ((pairs[tails[middle] as number] as [number, number])[0] < value) low = middle + 1
      else high = middle
    }
    previous[i] = low > 0 ? (tails[low - 1] as number) : -1
    tails[low] = i
  })
  const run: [number, number][] = []
  for (let i = tails.at(-1) ?? -1; i >= 0; i = previous[i] as number) run.push(pairs[i] as [number, number])
  return run.toReversed()
}
