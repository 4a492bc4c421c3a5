/** Runs pending commits again on another state, in order, with their recorded time, seed and connection (rule Y3). */
import type { Clock } from '../../lib/protocol/environment.ts'
import { type Commit } from '../../lib/protocol/commit.ts'
import { type ErrorData, errorToData } from '../../lib/protocol/errors.ts'
import { applyOps, type State } from '../../lib/protocol/ops.ts'
import type { DescribedSystem } from '../../lib/system/describe-system.ts'
import { isConnectionHook, runHook } from './connections.ts'
import { isMigration, migration } from './derived.ts'
import { NO_CHANGE, rememberedOf, UNDO, type Undoable } from './history.ts'
import { applyInvertibly } from './inverse.ts'
import { isDerived, type Pending, type Step } from './ledger.ts'
import { assertAction, runTurn } from './turn.ts'
import { runUndo } from './undo.ts'

export interface Replayed {
  readonly pending: Pending[]
  /** The calls that throw on what is now before them, with what they throw: hidden until they are settled (rule Y4). */
  readonly hidden: Map<string, ErrorData>
  readonly state: State
}

export interface ReplayInput {
  readonly system: DescribedSystem
  readonly id: string
  /** The confirmed state, and its offset. */
  readonly state: State
  readonly base: number
  /** Highest version of the commits before the pending ones. */
  readonly version: number
  readonly pending: readonly Pending[]
  /** Of all that leads to `state`. */
  readonly history: readonly Undoable[]
  /** A call that takes too long when it runs again is hidden, as one that throws (rules Q6, Y4). */
  readonly clock: Clock
  /** Keeps a step that a call takes only now. */
  onStep(call: string, key: string, step: Step): Promise<void>
  /** Called after each turn, so that a long replay does not hold up the loop. */
  breathe(): Promise<void>
}

export async function replay(input: ReplayInput): Promise<Replayed> {
  const pending: Pending[] = []
  const hidden = new Map<string, ErrorData>()
  const history = [...input.history]
  let state = input.state
  for (const old of input.pending) {
    try {
      const again = await runAgain(input, state, old, history)
      const applied = applyInvertibly(state, again.commit.ops)
      state = applied.state
      pending.push(again)
      history.push({ ...rememberedOf(again.commit, again), inverse: applied.inverse })
    } catch (thrown) {
      hidden.set(old.commit.call, errorToData(thrown))
      history.push({ ...rememberedOf(old.commit, { failure: 'rejected' }), ...NO_CHANGE })
      pending.push({ ...old, commit: { ...old.commit, base: input.base, ops: [], reads: [], writes: [] } })
    }
    await input.breathe()
  }
  return { pending, hidden, state }
}

async function runAgain(input: ReplayInput, state: State, old: Pending, history: readonly Undoable[]): Promise<Pending> {
  const { system, id, base } = input
  const { commit, connection } = old
  if (isMigration(commit)) return migration(system, id, state, input.version || (commit.args?.[0] as number), commit.at, base, input.clock)
  if (isDerived(commit)) return { ...old, commit: { ...commit, base, ops: withoutExisting(commit, state) } }
  const action = commit.action as string
  const inputs = {
    now: commit.at,
    seed: commit.call,
    ...(old.steps === undefined ? {} : { steps: old.steps }),
    ...(old.connections === undefined ? {} : { connections: old.connections }),
  }
  if (isConnectionHook(action) && connection !== undefined) {
    const { ops, reads, writes } = await runHook(system, id, state, action, connection, inputs, { clock: input.clock })
    return { ...old, commit: { ...commit, base, version: system.version, ops, reads, writes } }
  }
  if (action === UNDO) {
    const { value, ops, reads, writes } = runUndo(system, state, history, commit.args as readonly string[])
    return { ...old, value, commit: { ...commit, base, version: system.version, ops, reads, writes } }
  }
  assertAction(system, action)
  if (old.rebase === 'patches' || system.options.get(action)?.rebase === 'patches') {
    applyOps(state, commit.ops)
    return { ...old, commit: { ...commit, base, version: system.version } }
  }
  const call = { ...inputs, method: action, args: commit.args ?? [], ...(connection === undefined ? {} : { connection }) }
  const steps = { ...old.steps }
  const onStep = (key: string, step: Step): Promise<void> => {
    steps[key] = step
    return input.onStep(commit.call, key, step)
  }
  const { value, ops, reads, writes } = await runTurn(system, id, state, call, { onStep, clock: input.clock })
  return {
    ...old,
    ...(Object.keys(steps).length === 0 ? {} : { steps }),
    value,
    commit: { ...commit, base, version: system.version, ops, reads, writes },
  }
}

/** Fields that exist by now keep their values: the first to add one counts (rule Y11). */
function withoutExisting(commit: Commit, state: State): Commit['ops'] {
  return commit.ops.filter((op) => !(op[0] === 'set' && op[1].length === 1 && Object.hasOwn(state, op[1][0] as string)))
}
