/** One turn: an action runs on a draft of the state and leaves a commit's worth of changes, or nothing (rule A2). */
import { HomeroomError } from '../../lib/protocol/errors.ts'
import type { Footprint } from '../../lib/protocol/footprint.ts'
import type { Op, State } from '../../lib/protocol/ops.ts'
import { seededRandom, uuidFrom } from '../../lib/protocol/random.ts'
import { copyValue } from '../../lib/protocol/value.ts'
import { type AgenticSystem, attachContext, type Connection } from '../../lib/system/agentic-system.ts'
import type { DescribedSystem } from '../../lib/system/describe-system.ts'
import { diff } from './diff.ts'
import { TurnDraft } from './draft.ts'

/** What a turn depends on besides the state. The same call on the same state gives the same outcome. */
export interface TurnCall {
  readonly method: string
  readonly args: readonly unknown[]
  readonly now: number
  readonly seed: string
  readonly connection?: Connection
}

export interface TurnOutcome extends Footprint {
  readonly ops: readonly Op[]
  readonly value: unknown
}

/**
 * Runs one method of a system on a state, which stays as it is.
 * @throws whatever the method throws, and `value/unsupported` for a result or a field that is no value
 */
export async function runTurn(
  system: DescribedSystem,
  id: string,
  state: State,
  call: TurnCall,
  signal: AbortSignal,
): Promise<TurnOutcome> {
  const draft = new TurnDraft(state)
  try {
    const self = bindFields(system, draft)
    attachContext(self, { id, connections: [], turn: makeTurn(call, signal) })
    const method = (self as unknown as Record<string, (...args: unknown[]) => unknown>)[call.method] as (...args: unknown[]) => unknown
    const returned = await method.apply(self, copyValue(call.args, ['arguments']) as unknown[])
    const value = copyValue(returned, ['result'])
    const { next, settle } = draft.finish()
    return { value, ops: diff(state, next, draft.trace, settle), ...draft.trace.footprint() }
  } finally {
    draft.discard()
  }
}

/** A new object of the class whose fields are those of the draft (rule A6). */
function bindFields(system: DescribedSystem, draft: TurnDraft): AgenticSystem {
  const self = new system.Class()
  for (const field of system.fields) {
    Object.defineProperty(self, field, {
      enumerable: true,
      // A field can be assigned, not deleted or defined anew: that would leave the state unnoticed.
      configurable: false,
      get: () => draft.root[field],
      set: (value: unknown) => {
        draft.root[field] = value
      },
    })
  }
  return self
}

function makeTurn(call: TurnCall, signal: AbortSignal) {
  const random = seededRandom(call.seed)
  return {
    connection: call.connection,
    signal,
    now: () => call.now,
    random,
    uuid: () => uuidFrom(random),
  }
}

/** @throws HomeroomError `action/unknown` unless the name is that of a marked method (rule A1) */
export function assertAction(system: DescribedSystem, action: string): void {
  if (system.options.has(action)) return
  const known = system.actions.join(', ') || 'none'
  throw new HomeroomError(
    'action/unknown',
    `${system.name} has no action named ${JSON.stringify(action.slice(0, 80))}; nothing was run. Its actions are: ${known}. Mark a method with @action() to add it.`,
  )
}
