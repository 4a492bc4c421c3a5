/**
 * What confirmed commits mean for the pending ones: the one decision of sync, as a pure function.
 *
 *   confirmed ──┬── incoming commits (from the server, in log order)
 *               └── pending commits  (this device's, not confirmed)
 *
 * 1. `advance`: the incoming commits are the first pending ones, just as they are here. What tabs show stays.
 * 2. `apply`: other devices' commits are among them, and none touches what is still pending: the recorded operations of
 *    the pending ones go on top of the new confirmed state.
 * 3. `replay`: the pending ones run again, in order, on the new confirmed state.
 *
 * Whichever is chosen, the result is that of `replay` (held by a property test against it); the others are cheaper.
 */
import { type Commit, commitKey, isSameKey } from '../../lib/protocol/commit.ts'
import { isDisjoint, WriteIndex } from '../../lib/protocol/footprint.ts'

export interface PendingView {
  readonly commit: Commit
  /** It threw when it ran last; its footprint is then that of a run without writes. */
  readonly isHidden: boolean
}

export type Decision = 'advance' | 'apply' | 'replay'

export function decide(pending: readonly PendingView[], incoming: readonly Commit[]): Decision {
  const own = new Map(pending.map((view) => [commitKey(view.commit), view]))
  const foreign: Commit[] = []
  let next = 0
  for (const commit of incoming) {
    const view = own.get(commitKey(commit))
    // Ours, and the next of the chain, and the same version of it: nothing that still pends has seen anything else.
    if (view !== undefined && view.commit === commit && isSameKey(pending[next]?.commit ?? null, commit)) next++
    else foreign.push(commit)
  }
  if (foreign.length === 0) return 'advance'
  const rest = pending.slice(next)
  if (rest.length === 0) return 'apply'
  if (rest.some(({ commit, isHidden }) => isHidden || foreign.some((other) => isSameKey(other, commit)))) return 'replay'
  const writes = new WriteIndex(foreign.flatMap((commit) => [...commit.writes]))
  const touches = rest.some(
    ({ commit }) => commit.reads.some((read) => writes.touchesRead(read)) || commit.writes.some((write) => writes.touchesWrite(write)),
  )
  return touches ? 'replay' : 'apply'
}

/** Whether a turn that changed nothing has looked at, or written over, what is still pending (rule A4). */
export function touchesPending(pending: readonly PendingView[], turn: Pick<Commit, 'reads' | 'writes'>): boolean {
  return pending.some(({ commit }) => !isDisjoint(commit, turn))
}
