/**
 * Operations moved past others that were applied to the same state, so that they mean the same after them: places in
 * arrays move along with what was put in or taken out before them. Where two touch each other there is no such move.
 *
 *        ┌── a ──► ──┐
 *   state            ├── b' ──►  the same state
 *        └── b ──► ──┘── a' ──►  by either way, but for the order of keys
 */
import type { Op } from '../../lib/protocol/ops.ts'
import { formatPath, type Path, startsWith } from '../../lib/protocol/path.ts'
import { equalValues } from '../../lib/protocol/value.ts'

/** Where two lists of operations touch each other, as a person writes it. */
export interface Clash {
  readonly at: string
}

export interface Moved {
  /** The first list, to be applied after the second. */
  readonly ops: readonly Op[]
  /** The second list, to be applied after the first. */
  readonly past: readonly Op[]
}

/** Both lists apply to one state. What each puts at the same place of an array comes in the order: `ops`, then `past`. */
export function moveOver(ops: readonly Op[], past: readonly Op[]): Moved | Clash {
  let moving = ops
  const passed: Op[] = []
  for (let by of past) {
    const next: Op[] = []
    for (const op of moving) {
      const [moved, counter] = [moveOne(op, by, 'first'), moveOne(by, op, 'second')]
      if (moved === undefined || counter === undefined) return { at: placeOf(op[1].length > by[1].length ? op : by) }
      next.push(moved)
      by = counter
    }
    moving = next
    passed.push(by)
  }
  return { ops: moving, past: passed }
}

export function isClash(moved: Moved | Clash): moved is Clash {
  return 'at' in moved
}

/** What `inverse` takes back, as far as places go: the values are not known, and do not matter. */
export function shapeOf(inverse: readonly Op[]): readonly Op[] {
  return inverse.toReversed().map((op): Op => {
    if (op[0] === 'insert') return ['remove', op[1], op[2], op[3].length]
    if (op[0] === 'remove') return ['insert', op[1], op[2], Array.from({ length: op[3] })]
    return op
  })
}

/** `inverse`, at the places of what it takes back. */
export function placedLike(inverse: readonly Op[], shape: readonly Op[]): readonly Op[] {
  return inverse.map((op, i) => {
    const like = shape[shape.length - 1 - i] as Op
    return isSplice(like) ? withIndex(withPath(op, like[1]), like[2]) : withPath(op, like[1])
  })
}

/** Whether both lists change the same places in the same order. */
export function isAtSamePlaces(ops: readonly Op[], others: readonly Op[]): boolean {
  const place = (op: Op): Path => [...op[1], ...(isSplice(op) ? [op[0], ...rangeOf(op), shiftBy(op)] : isOfSet(op) ? op[2] : [])]
  return ops.length === others.length && ops.every((op, i) => equalValues(place(op), place(others[i] as Op)))
}

type Splice = Extract<Op, readonly ['insert' | 'remove', ...unknown[]]>

function isSplice(op: Op): op is Splice {
  return op[0] === 'insert' || op[0] === 'remove'
}

function moveOne(op: Op, past: Op, order: 'first' | 'second'): Op | undefined {
  if (isSplice(past)) return movePastSplice(op, past, order)
  if (isSplice(op) && past[1].length > op[1].length && startsWith(past[1], op[1]))
    return holds(op, past[1][op[1].length] as number) ? undefined : op
  return touches(op, past) ? undefined : op
}

function movePastSplice(op: Op, past: Splice, order: 'first' | 'second'): Op | undefined {
  const [path, array] = [op[1], past[1]]
  if (!startsWith(path, array))
    return startsWith(array, path) && !(isSplice(op) && !holds(op, array[path.length] as number)) ? undefined : op
  if (path.length === array.length) return isSplice(op) ? moveSplice(op, past, order) : undefined
  const index = path[array.length] as number
  if (holds(past, index)) return undefined
  const moved = index + (past[2] > index ? 0 : shiftBy(past))
  return withPath(op, [...array, moved, ...path.slice(array.length + 1)])
}

/** Both are on one array. */
function moveSplice(op: Splice, past: Splice, order: 'first' | 'second'): Op | undefined {
  const [from, to] = rangeOf(op)
  const [start, end] = rangeOf(past)
  const isBefore = to < start || (to === start && (from < to || start < end || order === 'first'))
  if (isBefore) return op
  return end <= from ? withIndex(op, from + shiftBy(past)) : undefined
}

/** The items that are taken out, as they stand before; nothing lies between the ends of what is put in. */
function rangeOf(op: Splice): [number, number] {
  return [op[2], op[0] === 'remove' ? op[2] + op[3] : op[2]]
}

function shiftBy(op: Splice): number {
  return op[0] === 'insert' ? op[3].length : -op[3]
}

/** Whether the item is one of those that are taken out. */
function holds(op: Splice, index: number): boolean {
  const [from, to] = rangeOf(op)
  return index >= from && index < to
}

function touches(a: Op, b: Op): boolean {
  if (isOfSet(a) && isOfSet(b) && a[1].length === b[1].length && startsWith(a[1], b[1])) return a[2].some((member) => b[2].includes(member))
  if (!startsWith(a[1], b[1]) && !startsWith(b[1], a[1])) return false
  return !(a[0] === 'increment' && b[0] === 'increment')
}

function isOfSet(op: Op): op is Extract<Op, readonly ['set-add' | 'set-delete', ...unknown[]]> {
  return op[0] === 'set-add' || op[0] === 'set-delete'
}

function withPath(op: Op, path: Path): Op {
  return [op[0], path, ...op.slice(2)] as unknown as Op
}

function withIndex(op: Op, index: number): Op {
  return [op[0], op[1], index, ...op.slice(3)] as unknown as Op
}

function placeOf(op: Op): string {
  return formatPath(op[1])
}
