/** What each connection can undo and redo, told from the history: a connection's calls, in order, are its stack. */
import { isOfCall, type Remembered, undoneIn } from './history.ts'

/** Calls that are undone together, in the order they were made. */
export interface Item {
  readonly calls: readonly string[]
  readonly group: string | undefined
}

export interface Stacks {
  /** The last one is next. */
  readonly undo: readonly Item[]
  readonly redo: readonly Item[]
}

/** What a connection is told, for its buttons. */
export interface UndoState {
  readonly canUndo: boolean
  readonly canRedo: boolean
}

export const NOTHING: Stacks = { undo: [], redo: [] }

/**
 * By place of a connection. Hooks and what others have undone are on no stack.
 * @param isUndoable whether calls of an action are to be on one
 * @param passedOver calls that are to be on none
 */
export function stacksOf(
  history: readonly Remembered[],
  isUndoable: (action: string) => boolean,
  passedOver: ReadonlySet<string>,
): ReadonlyMap<string, Stacks> {
  const stacks = new Map<string, Own>()
  const known = new Set<string>()
  for (const entry of history) {
    const { call, place, hasChanged, failure } = entry
    known.add(call)
    if (place === undefined || failure !== undefined) continue
    let own = stacks.get(place)
    if (own === undefined) stacks.set(place, (own = { undo: [], redo: [] }))
    if (entry.undoes !== undefined) takeUndo(own, entry, entry.undoes, known)
    else if (hasChanged && isOfCall(entry) && isUndoable(entry.action as string)) takeCall(own, entry)
  }
  const undone = undoneIn(history)
  const stands = ({ calls }: Item): boolean => !calls.some((call) => passedOver.has(call)) && !calls.every((call) => undone.has(call))
  return new Map([...stacks].map(([place, { undo, redo }]) => [place, { undo: undo.filter(stands), redo: redo.filter(stands) }]))
}

/** While it is told. */
interface Own {
  undo: (Item & { readonly calls: string[] })[]
  redo: (Item & { readonly calls: string[] })[]
}

function takeCall(own: Own, { call, group }: Remembered): void {
  const last = own.undo.at(-1)
  own.redo = []
  if (last?.calls.at(-1) === call) return
  if (last !== undefined && group !== undefined && last.group === group) last.calls.push(call)
  else own.undo.push({ calls: [call], group })
}

/** An undo moves from one stack to the other; one of a call that is on neither, because it is another's, is a call like others. */
function takeUndo(own: Own, { call, hasChanged }: Remembered, undoes: readonly string[], known: ReadonlySet<string>): void {
  const isRedo = remove(own.redo, undoes)
  const isUndo = !isRedo && (remove(own.undo, undoes) || !undoes.every((other) => known.has(other)))
  if (!hasChanged) return
  if (!isRedo && !isUndo) own.redo = []
  const to = isUndo ? own.redo : own.undo
  to.push({ calls: [call], group: undefined })
}

function remove(items: Item[], [first]: readonly string[]): boolean {
  const at = items.findLastIndex(({ calls }) => calls[0] === first)
  if (at >= 0) items.splice(at, 1)
  return at >= 0
}
