/** Puts keys in order: operations between two states tell what changed, not in which order the keys of `next` stand. */
import { applyOps, type Op, type State } from '../../lib/protocol/ops.ts'
import type { Path, Segment } from '../../lib/protocol/path.ts'
import { isPlainObject } from '../../lib/protocol/value.ts'
import { diff } from './diff.ts'

/** Operations after which a replica of `base` equals `next`, order of keys and members included (rule Y6). */
export function diffInOrder(base: State, next: State): Op[] {
  const ops = diff(base, next)
  const reached = applyOps(base, ops)
  const reorder: Op[] = []
  orderObject(reached, next, [], reorder)
  return reorder.length === 0 ? ops : [...ops, ...reorder]
}

function orderValue(reached: unknown, next: unknown, path: Path, ops: Op[]): void {
  if (reached === next) return
  if (Array.isArray(reached) && Array.isArray(next)) reached.forEach((item, i) => orderValue(item, next[i], [...path, i], ops))
  else if (reached instanceof Map && next instanceof Map) orderMap(reached, next, path, ops)
  else if (reached instanceof Set && next instanceof Set) orderSet(reached, next, path, ops)
  else if (isPlainObject(reached) && isPlainObject(next)) orderObject(reached, next, path, ops)
}

function orderObject(reached: State, next: State, path: Path, ops: Op[]): void {
  const misplaced = keysToMove(Object.keys(reached), Object.keys(next))
  for (const key of misplaced) ops.push(['delete', [...path, key]], ['set', [...path, key], next[key]])
  for (const key of Object.keys(next)) if (!misplaced.includes(key)) orderValue(reached[key], next[key], [...path, key], ops)
}

function orderMap(reached: Map<Segment, unknown>, next: Map<Segment, unknown>, path: Path, ops: Op[]): void {
  const misplaced = new Set(keysToMove([...reached.keys()], [...next.keys()]))
  for (const key of misplaced) ops.push(['delete', [...path, key]], ['set', [...path, key], next.get(key)])
  for (const [key, value] of next) if (!misplaced.has(key)) orderValue(reached.get(key), value, [...path, key], ops)
}

function orderSet(reached: Set<Segment>, next: Set<Segment>, path: Path, ops: Op[]): void {
  const misplaced = keysToMove([...reached], [...next])
  if (misplaced.length > 0) ops.push(['set-delete', path, misplaced], ['set-add', path, misplaced])
}

/** The keys to take out and put at the end, in this order, so that `keys` become `wanted`: all from the first that differs. */
function keysToMove<K extends Segment>(keys: readonly K[], wanted: readonly K[]): K[] {
  const from = wanted.findIndex((key, i) => key !== keys[i])
  return from < 0 ? [] : wanted.slice(from)
}
