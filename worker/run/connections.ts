/**
 * Begin and end of connections: turns that run a hook, and commits that say in the state, under `$connections`, which
 * connections have begun and not ended. So whoever runs a hook again, here or on another device, finds it done (rule C1).
 */
import type { Footprint } from '../../lib/protocol/footprint.ts'
import type { Op, State } from '../../lib/protocol/ops.ts'
import { isPlainObject } from '../../lib/protocol/value.ts'
import type { Connection } from '../../lib/system/agentic-system.ts'
import { CONNECTIONS, type DescribedSystem } from '../../lib/system/describe-system.ts'
import { runTurn, type TurnCall, type TurnSurroundings } from './turn.ts'

export type ConnectionHook = 'onConnect' | 'onDisconnect'

export function isConnectionHook(action: string | undefined): action is ConnectionHook {
  return action === 'onConnect' || action === 'onDisconnect'
}

/** Whether the connection has begun and not ended, as far as the state goes. */
export function hasBegun(state: State, connection: string): boolean {
  const begun = state[CONNECTIONS]
  return isPlainObject(begun) && Object.hasOwn(begun, connection)
}

/** Ids of the connections that have begun and not ended, with their devices. */
export function begunConnections(state: State): ReadonlyMap<string, string> {
  const begun = state[CONNECTIONS]
  return new Map(isPlainObject(begun) ? (Object.entries(begun) as [string, string][]) : [])
}

/**
 * Where a connection is: the tab, and its number of the handle. It names the first connection of the handle; those that
 * come after it, because others ended it while the tab lived, are counted.
 *
 *   tab:3   tab:3:1   tab:3:2
 */
export function placeOf(connection: string): string {
  return connection.split(':', 2).join(':')
}

export function tabOfConnection(connection: string): string {
  return connection.slice(0, connection.indexOf(':'))
}

export function handleOfConnection(connection: string): number {
  return Number(connection.split(':', 2)[1])
}

/** The id of the connection that takes the place of one that has ended. */
export function nextConnection(connection: string): string {
  return `${placeOf(connection)}:${Number(connection.split(':')[2] ?? 0) + 1}`
}

export interface HookRun extends Footprint {
  readonly ops: readonly Op[]
  /** What the hook threw: the connection begins or ends all the same. */
  readonly thrown?: unknown
}

/** Runs a hook on a state; nothing is done where the state says that it has been. */
export async function runHook(
  system: DescribedSystem,
  id: string,
  state: State,
  hook: ConnectionHook,
  connection: Connection,
  call: Pick<TurnCall, 'now' | 'seed' | 'connections'>,
  surroundings: TurnSurroundings = {},
): Promise<HookRun> {
  const path = [CONNECTIONS, connection.id]
  const begins = hook === 'onConnect'
  const seen = ['has', path] as const
  if (hasBegun(state, connection.id) === begins) return { ops: [], reads: [seen], writes: [] }
  const mark: Op = begins ? ['set', path, connection.device] : ['delete', path]
  const written = [begins ? 'add' : 'remove', path] as const
  if (!(hook in system.Class.prototype)) return { ops: [mark], reads: [seen], writes: [written] }
  try {
    const turn = await runTurn(system, id, state, { ...call, method: hook, args: [connection], connection }, surroundings)
    return { ops: [...turn.ops, mark], reads: [...turn.reads, seen], writes: [...turn.writes, written] }
  } catch (thrown) {
    return { ops: [mark], reads: [seen], writes: [written], thrown }
  }
}
