/** The history of the present state: what the ledger remembers, and the pending commits on top. */
import type { ErrorData } from '../../lib/protocol/errors.ts'
import type { Op, State } from '../../lib/protocol/ops.ts'
import { type Remembered, rememberedOf, type Undoable } from './history.ts'
import { applyInvertibly } from './inverse.ts'
import type { Ledger, Pending } from './ledger.ts'

type Hidden = ReadonlyMap<string, ErrorData>

const MAX_CALLS = 1000

export class Past {
  /**
   * By operations of a pending commit: what takes them back. That stays the same while the operations do, because what
   * comes before them without their being made anew touches nothing of theirs.
   */
  readonly #inverses = new WeakMap<readonly Op[], readonly Op[]>()

  /** The state after the operations of a commit that is now the last. */
  apply(before: State, ops: readonly Op[]): State {
    const { state, inverse } = applyInvertibly(before, ops)
    this.#inverses.set(ops, inverse)
    return state
  }

  of({ confirmed, pending, history }: Ledger, hidden: Hidden): readonly Undoable[] {
    if (pending.some(({ commit }) => !this.#inverses.has(commit.ops))) {
      let state = confirmed
      for (const { commit } of pending) state = this.apply(state, commit.ops)
    }
    return [...history.entries, ...pending.map((one) => ({ ...entryOf(one, hidden), inverse: this.#inverses.get(one.commit.ops) ?? [] }))]
  }

  /** The same without how to undo it, as far back as undo goes by itself. */
  callsOf({ pending, history }: Ledger, hidden: Hidden): readonly Remembered[] {
    return [...history.entries, ...pending.slice(-MAX_CALLS).map((one) => entryOf(one, hidden))]
  }
}

function entryOf(pending: Pending, hidden: Hidden): Remembered {
  return rememberedOf(pending.commit, hidden.has(pending.commit.call) ? { failure: 'rejected' } : pending)
}
