/**
 * Undo, a turn like any other: it takes back what a call has done, as that stands now, and leaves a commit of its own.
 *
 *   history   a ── b ── undo(b) ── c ── d
 *   effects   a ────────────────── c ── d      what is undone has no part in it
 *   undo(a)        its inverse, moved over c and d ──► what to apply now, or where it clashes with one of them
 *
 * Invariants
 * 1. `effects` in order lead to the present state; each holds operations that take it back from right behind it.
 * 2. The outcome depends on the history alone, and what changes it touches the footprint of the turn (rule Y1).
 */
import { HomeroomError } from '../../lib/protocol/errors.ts'
import type { Read } from '../../lib/protocol/footprint.ts'
import type { Op, State } from '../../lib/protocol/ops.ts'
import type { DescribedSystem } from '../../lib/system/describe-system.ts'
import { isOfCall, type Undoable } from './history.ts'
import { footprintOf } from './inverse.ts'
import { isAtSamePlaces, isClash, moveOver, placedLike, shapeOf } from './transform.ts'
import type { TurnOutcome } from './turn.ts'

/** What a commit has done to the present state. */
interface Effect {
  readonly entry: Undoable
  readonly inverse: readonly Op[]
}

/** What is left without some effects, and what takes those back now. */
interface Taken {
  readonly left: readonly Effect[]
  readonly taken: readonly Effect[]
  readonly ops: readonly Op[]
}

/** An effect that cannot be taken back, because of a later one. */
interface Obstacle {
  readonly of: Undoable
  readonly by: Undoable
  readonly at: string
}

/**
 * @param history of all that leads to `state`
 * @param calls what to undo, in the order the calls were made; what is undone already is passed over
 * @throws HomeroomError `undo/unknown`, `undo/refused`, `undo/conflict`
 */
export function runUndo(system: DescribedSystem, state: State, history: readonly Undoable[], calls: readonly string[]): TurnOutcome {
  for (const call of calls) assertUndoable(system, history, call)
  const present = new Present(history, calls)
  const outcome = present.without(calls)
  if ('by' in outcome) throw conflict(outcome)
  const { ops, taken } = outcome
  const meant = new Set(present.meant(calls))
  const absent = history.filter((entry) => meant.has(entry.call) && !taken.some((effect) => effect.entry === entry))
  const { reads, writes } = footprintOf(state, ops)
  return { value: ops.length > 0, ops, reads: [...reads, ...absent.flatMap(readsOf)], writes, usedStreams: false, usedConnections: false }
}

/**
 * All that counts by now, in order. An undo is left out along with what it has undone, and a redo along with the undo, so
 * that what comes back stands where it stood; but only where it has done just what leaving them out would do.
 */
class Present {
  #effects: Effect[] = []
  /** By call: the calls that it undoes. Where one of these is not remembered any more, it is a call like others. */
  readonly #undoes = new Map<string, readonly string[]>()
  /** Calls that are undone by now. */
  readonly #undone = new Set<string>()
  /** By undo: what it has undone, in fact. */
  readonly #undoneBy = new Map<string, readonly string[]>()

  /** @param toUndo undos among these stay, to be taken out themselves */
  constructor(history: readonly Undoable[], toUndo: readonly string[]) {
    const redone = new Set([...history.flatMap(({ undoes = [], hasChanged }) => (hasChanged ? undoes : [])), ...toUndo])
    for (const entry of history) {
      const { call, undoes = [], hasChanged } = entry
      if (!this.#undoes.has(call)) this.#undoes.set(call, undoes.every((other) => this.#undoes.has(other)) ? undoes : [])
      if (hasChanged) this.#take(entry, redone.has(call))
    }
  }

  /** What is left without the calls that are not undone yet. */
  without(calls: readonly string[]): Taken | Obstacle {
    return takeOut(this.#effects, new Set(this.meant(calls).filter((call) => !this.#undone.has(call))))
  }

  /** To undo a redo is to undo the call that it has brought back. */
  meant(calls: readonly string[]): string[] {
    const undoneBy = (call: string): readonly string[] => this.#undoes.get(call) ?? []
    return calls.flatMap((call) => (this.#isRedo(call) ? this.meant(undoneBy(call).flatMap(undoneBy)) : [call]))
  }

  #take(entry: Undoable, isKept: boolean): void {
    const { call, inverse } = entry
    const isRedo = this.#isRedo(call)
    const undoes = this.meant(this.#undoes.get(call) ?? []).filter((other) => !this.#undone.has(other))
    const outcome = undoes.length === 0 || (isKept && !isRedo) ? undefined : this.without(undoes)
    if (outcome === undefined || 'by' in outcome || !isAtSamePlaces(outcome.ops, shapeOf(inverse))) this.#effects.push({ entry, inverse })
    else this.#effects = [...outcome.left]
    this.#undoneBy.set(call, undoes)
    for (const other of undoes) this.#undone.add(other)
    if (isRedo) for (const undo of undoes) for (const other of this.#undoneBy.get(undo) ?? []) this.#undone.delete(other)
  }

  #isRedo(call: string): boolean {
    const undoes = this.#undoes.get(call) ?? []
    return undoes.length > 0 && undoes.every((undo) => this.#undoes.get(undo)?.length !== 0 && !this.#isRedo(undo))
  }
}

/** Takes effects out, the last one first: each moves over those behind it, and they close up. */
function takeOut(effects: readonly Effect[], calls: ReadonlySet<string>): Taken | Obstacle {
  const taken: Effect[] = []
  const ops: Op[] = []
  let left = effects
  for (let i = effects.length - 1; i >= 0 && calls.size > 0; i--) {
    const effect = left[i] as Effect
    if (!calls.has(effect.entry.call)) continue
    const behind: Effect[] = []
    let { inverse } = effect
    for (const later of left.slice(i + 1)) {
      const moved = moveOver(inverse, shapeOf(later.inverse))
      if (isClash(moved)) return { of: effect.entry, by: later.entry, at: moved.at }
      inverse = moved.ops
      behind.push({ ...later, inverse: placedLike(later.inverse, moved.past) })
    }
    left = [...left.slice(0, i), ...behind]
    ops.push(...inverse)
    taken.push(effect)
  }
  return { left, taken, ops }
}

/** What was undone already may come back: then this would have something to do. Items of arrays may have moved since. */
function readsOf({ inverse }: Undoable): Read[] {
  return inverse.map(([, path]) => {
    const item = path.findIndex((key) => typeof key === 'number')
    return ['value', item < 0 ? path : path.slice(0, item)]
  })
}

function assertUndoable(system: DescribedSystem, history: readonly Undoable[], call: string): void {
  const entries = history.filter((entry) => entry.call === call)
  const [first] = entries
  if (first === undefined)
    throw new HomeroomError(
      'undo/unknown',
      `The call ${call} is not among the last ones that this device has seen, so nothing was undone. Undo sooner, or change the state by an action.`,
    )
  const { action = 'A commit that nobody called for' } = first
  if (entries.some(({ failure }) => failure === 'rejected'))
    throw new HomeroomError(
      'undo/conflict',
      `${action} (${call}) cannot be undone: it was rejected, and has done nothing. Dismiss or retry it.`,
    )
  if (!entries.every(isOfCall) || system.options.get(action)?.undo === false)
    throw new HomeroomError(
      'undo/refused',
      `${action} (${call}) is not to be undone: only calls of actions are that have succeeded and do not say \`undo: false\`. Change the state by an action.`,
    )
}

function conflict({ of, by, at }: Obstacle): HomeroomError {
  const what = by.action ?? 'a change of the system'
  return new HomeroomError(
    'undo/conflict',
    `${of.action} (${of.call}) cannot be undone: \`${at}\` was changed since, by ${what} (${by.call}). Undo that first, or change the state by an action.`,
  )
}
