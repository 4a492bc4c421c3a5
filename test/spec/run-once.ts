/** One action on one state, for tests of what a turn does. */
import { applyOps, type State } from '../../lib/protocol/ops.ts'
import { AgenticSystem } from '../../lib/system/agentic-system.ts'
import { describeSystem } from '../../lib/system/describe-system.ts'
import { runTurn, type TurnCall, type TurnOutcome } from '../../worker/run/turn.ts'

export interface Ran<S> extends TurnOutcome {
  readonly after: S
}

export function callOf(method: string, args: readonly unknown[] = []): TurnCall {
  return { method, args, now: 1_700_000_000_000, seed: 'seed' }
}

/** Runs `act` as an action of a system whose fields are those of `state`. */
export async function runOnce<S extends object>(
  state: S,
  act: (self: S, ...args: never[]) => unknown,
  args: readonly unknown[] = [],
): Promise<Ran<S>> {
  class Probe extends AgenticSystem {
    static readonly fields = Object.keys(state)
    static readonly actions = ['act']
    act(...given: unknown[]): unknown {
      return act(this as unknown as S, ...(given as never[]))
    }
  }
  const outcome = await runTurn(describeSystem('Probe', Probe), 'id', state as State, callOf('act', args))
  return { ...outcome, after: applyOps(state as State, outcome.ops) as S }
}
