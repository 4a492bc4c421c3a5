/** Operations that take others back. They hold the old values, and stand for the places that the others have changed. */
import type { Footprint, Read, Write } from '../../lib/protocol/footprint.ts'
import { applyOps, type Op, readChild, type State } from '../../lib/protocol/ops.ts'
import { type Path, segmentKey } from '../../lib/protocol/path.ts'

export interface Applied {
  readonly state: State
  /** Leads from `state` back to the state before, but for the order of keys and members. */
  readonly inverse: readonly Op[]
}

/** @throws HomeroomError `ops/no-such-path`, as `applyOps` does */
export function applyInvertibly(before: State, ops: readonly Op[]): Applied {
  const inverses: Op[][] = []
  const state = applyOps(before, ops, (at, op) => inverses.push(invert(at, op)))
  return { state, inverse: inverses.toReversed().flat() }
}

export function inverse(before: State, ops: readonly Op[]): readonly Op[] {
  return applyInvertibly(before, ops).inverse
}

/** What takes `op` back. An old value is out of the state once `op` is applied, so it may be kept as it is. */
function invert(state: State, op: Op): Op[] {
  const path = op[1]
  const old = valueAt(state, path)
  switch (op[0]) {
    case 'set':
      return [exists(state, path) ? ['set', path, old] : ['delete', path]]
    case 'delete':
      return exists(state, path) ? [['set', path, old]] : []
    case 'insert':
      return op[3].length > 0 ? [['remove', path, op[2], op[3].length]] : []
    case 'remove':
      return op[3] > 0 ? [['insert', path, op[2], (old as unknown[]).slice(op[2], op[2] + op[3])]] : []
    case 'increment':
      return [isExact(old as number, op[2]) ? ['increment', path, -op[2]] : ['set', path, old]]
    case 'append':
      return typeof old === 'string' ? [['set', path, old]] : [['remove', path, (old as unknown[]).length, op[2].length]]
    case 'set-add':
      return nonEmpty(
        'set-delete',
        path,
        op[2].filter((member) => !(old as Set<unknown>).has(member)),
      )
    case 'set-delete':
      return nonEmpty(
        'set-add',
        path,
        op[2].filter((member) => (old as Set<unknown>).has(member)),
      )
  }
}

function nonEmpty(kind: 'set-add' | 'set-delete', path: Path, members: Path): Op[] {
  return members.length === 0 ? [] : [[kind, path, members]]
}

/** Whether adding can be taken back by subtracting, to the last bit and whatever else is added meanwhile. */
function isExact(old: number, by: number): boolean {
  return Number.isSafeInteger(old) && Number.isSafeInteger(by) && Number.isSafeInteger(old + by) && !Object.is(old, -0)
}

/** What applying `ops` reads and writes: each place that they change, and what stood there. */
export function footprintOf(state: State, ops: readonly Op[]): Footprint {
  const [reads, writes] = [new Map<string, Read>(), new Map<string, Write>()]
  applyOps(state, ops, (at, op) => {
    for (const write of writesOf(at, op)) {
      const place = write[1].map(segmentKey).join('/')
      reads.set(place, ['value', write[1]])
      writes.set(`${write[0]} ${place}`, write)
    }
  })
  return { reads: [...reads.values()], writes: [...writes.values()] }
}

function writesOf(state: State, op: Op): Write[] {
  const path = op[1]
  switch (op[0]) {
    case 'set':
      return [[exists(state, path) ? 'replace' : 'add', path]]
    case 'delete':
      return [['remove', path]]
    case 'increment':
      return [['increment', path]]
    case 'set-add':
      return op[2].map((member) => ['add', [...path, member]])
    case 'set-delete':
      return op[2].map((member) => ['remove', [...path, member]])
    case 'insert':
    case 'remove':
    case 'append':
      return [['replace', path]]
  }
}

function valueAt(state: State, path: Path): unknown {
  return path.reduce<unknown>((value, key) => readChild(value, key), state)
}

function exists(state: State, path: Path): boolean {
  const parent = valueAt(state, path.slice(0, -1))
  const key = path.at(-1)
  if (parent instanceof Map) return parent.has(key)
  return typeof parent === 'object' && parent !== null && Object.hasOwn(parent, key as string | number)
}
