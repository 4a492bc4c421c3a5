/**
 * Operations that lead from one state to another. What has the same identity in both is not looked into, so the cost
 * goes with what changed. The values in operations are copies: they share nothing with what code of the app holds.
 */
import type { Op, State } from '../../lib/protocol/ops.ts'
import type { Path, Segment } from '../../lib/protocol/path.ts'
import { copyValue, equalValues, isPlainObject } from '../../lib/protocol/value.ts'

/** When more items than this have moved in an array, and half of it, it is written whole: that is shorter. */
const MANY_MOVES = 64

/** @throws HomeroomError `value/unsupported`, with the path of the offender, where `next` holds what state cannot */
export function diff(base: State, next: State): Op[] {
  const ops: Op[] = []
  diffObjects(base, next, [], ops)
  return ops
}

function diffValues(base: unknown, next: unknown, path: Path, ops: Op[]): void {
  if (Object.is(base, next)) return
  if (Array.isArray(base) && Array.isArray(next)) return diffArrays(base, next, path, ops)
  if (base instanceof Map && next instanceof Map) return diffMaps(base, next, path, ops)
  if (base instanceof Set && next instanceof Set) return diffSets(base, next, path, ops)
  if (isPlainObject(base) && isPlainObject(next)) return diffObjects(base, next, path, ops)
  const value = copyValue(next, path)
  if (!equalValues(base, value)) ops.push(['set', path, value])
}

function diffObjects(base: State, next: State, path: Path, ops: Op[]): void {
  // Symbol keys and accessors in what the code made are refused by looking at the object as a whole.
  if (Object.getOwnPropertySymbols(next).length > 0) copyValue(next, path)
  for (const key of Object.keys(base)) if (!Object.hasOwn(next, key)) ops.push(['delete', [...path, key]])
  for (const key of Object.keys(next)) {
    const at = [...path, key]
    if (Object.hasOwn(base, key)) diffValues(base[key], next[key], at, ops)
    else ops.push(['set', at, copyMember(next, key, at)])
  }
}

/** The copy of one member, with the object's own checks (a forbidden name, an accessor) made on it. */
function copyMember(object: State, key: string, at: Path): unknown {
  const member = Object.defineProperty({}, key, Object.getOwnPropertyDescriptor(object, key) as PropertyDescriptor)
  return (copyValue(member, at.slice(0, -1)) as State)[key]
}

function diffMaps(base: Map<Segment, unknown>, next: Map<Segment, unknown>, path: Path, ops: Op[]): void {
  for (const key of base.keys()) if (!next.has(key)) ops.push(['delete', [...path, key]])
  for (const [key, value] of next) {
    const at = [...path, key]
    if (base.has(key)) diffValues(base.get(key), value, at, ops)
    else ops.push(['set', at, [...(copyValue(new Map([[key, value]]), path) as Map<Segment, unknown>).values()][0]])
  }
}

function diffSets(base: Set<Segment>, next: Set<Segment>, path: Path, ops: Op[]): void {
  const gone = [...base].filter((member) => !next.has(member))
  const come = [...next].filter((member) => !base.has(member))
  if (gone.length > 0) ops.push(['set-delete', path, gone])
  if (come.length > 0) ops.push(['set-add', path, [...copyValue(new Set(come), path)]])
}

/**
 * Arrays by identity: items that are the same object (or an equal primitive) in both stay; between them, an item that
 * was changed in place is looked into, and the rest is removed and inserted.
 */
function diffArrays(base: readonly unknown[], next: readonly unknown[], path: Path, ops: Op[]): void {
  // Holes and own properties are refused by a look at the array as a whole.
  if (Object.keys(next).length !== next.length) copyValue(next, path)
  let start = 0
  while (start < base.length && start < next.length && Object.is(base[start], next[start])) start++
  let end = 0
  while (end < base.length - start && end < next.length - start && Object.is(base[base.length - 1 - end], next[next.length - 1 - end])) end++
  const before = base.slice(start, base.length - end)
  const after = next.slice(start, next.length - end)
  const kept = keptItems(before, after)
  const moved = Math.min(before.length, after.length) - kept.length
  if (moved > MANY_MOVES && before.length === after.length && isMostlyMoved(before, after, kept.length)) {
    ops.push(['set', path, copyValue(next, path)])
    return
  }
  let at = start
  let [b, a] = [0, 0]
  for (const [keptBefore, keptAfter] of [...kept, [before.length, after.length] as const]) {
    at = diffGap(before.slice(b, keptBefore), after.slice(a, keptAfter), at, path, ops) + 1
    b = keptBefore + 1
    a = keptAfter + 1
  }
}

/** Between two kept items: pairs that are one thing changed in place, then the rest out and in. Answers where the gap ends. */
function diffGap(before: readonly unknown[], after: readonly unknown[], start: number, path: Path, ops: Op[]): number {
  let at = start
  let i = 0
  while (i < before.length && i < after.length && isSameThing(before[i], after[i])) {
    diffValues(before[i], after[i], [...path, at], ops)
    at++
    i++
  }
  if (before.length > i) ops.push(['remove', path, at, before.length - i])
  if (after.length > i) ops.push(['insert', path, at, copyValue(after.slice(i), [...path])])
  return at + after.length - i
}

/** Whether an item is rather the other one changed than another one: no `id` or `key` of theirs differs. */
function isSameThing(a: unknown, b: unknown): boolean {
  if (isPlainObject(a) && isPlainObject(b)) return Object.is(a['id'], b['id']) && Object.is(a['key'], b['key'])
  return (Array.isArray(a) && Array.isArray(b)) || (a instanceof Map && b instanceof Map) || (a instanceof Set && b instanceof Set)
}

function isMostlyMoved(before: readonly unknown[], after: readonly unknown[], kept: number): boolean {
  const known = new Set(before)
  const stayed = after.filter((item) => known.has(item)).length
  return stayed - kept > Math.max(MANY_MOVES, after.length / 2)
}

/** Pairs of positions that hold the same item, both growing: as many as there are (a longest increasing subsequence). */
function keptItems(before: readonly unknown[], after: readonly unknown[]): [number, number][] {
  const positions = new Map<unknown, number[]>()
  for (let i = before.length - 1; i >= 0; i--) {
    const at = positions.get(before[i])
    if (at === undefined) positions.set(before[i], [i])
    else at.push(i)
  }
  const pairs: [number, number][] = []
  for (let i = 0; i < after.length; i++) {
    const at = positions.get(after[i])?.pop()
    if (at !== undefined) pairs.push([at, i])
  }
  return longestIncreasing(pairs)
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
  for (let i = tails.at(-1) ?? -1; i >= 0; i = previous[i] as number) run.unshift(pairs[i] as [number, number])
  return run
}
