/** Commits that any device may have to make: the creation of an instance and fields added later (rule Y11). */
import type { Commit } from '../../lib/protocol/commit.ts'
import { applyOps, type Op, type State } from '../../lib/protocol/ops.ts'
import { type DescribedSystem, initialState } from '../../lib/system/describe-system.ts'
import type { Pending } from './ledger.ts'
import { runTurn } from './turn.ts'

const CREATE = 'create'
const FIELD = 'field:'

/** Derived keys are the same on every device, so that only the first of such commits counts. */
export function isDerivedBoot(boot: string): boolean {
  return boot === CREATE || boot.startsWith(FIELD)
}

/** The commit that begins the log: initial values as evaluated here, and what `onCreate` makes of them. */
export async function createCommit(system: DescribedSystem, id: string, now: number): Promise<Pending> {
  const initial: Op[] = Object.entries(initialState(new system.Class(), system.stateFields)).map(([field, value]) => ['set', [field], value])
  const state = applyOps({}, initial)
  const ops = [...initial, ...(await runOnCreate(system, id, state, now))]
  return derived(CREATE, system, now, 0, ops, [['add', []]])
}

/** The current values of all fields as a creation: what was confirmed without a server begins a log there (rule Y10). */
export function createFrom(system: DescribedSystem, state: State, now: number): Pending {
  const ops: Op[] = Object.entries(state).map(([field, value]) => ['set', [field], value])
  return derived(CREATE, system, now, 0, ops, [['add', []]])
}

/** One commit for each field that the class has and the state lacks. */
export function addedFields(system: DescribedSystem, state: State, now: number, base: number): Pending[] {
  const missing = system.stateFields.filter((field) => !Object.hasOwn(state, field))
  if (missing.length === 0) return []
  const initial = initialState(new system.Class(), missing)
  return missing.map((field) => derived(FIELD + field, system, now, base, [['set', [field], initial[field]]], [['add', [field]]]))
}

async function runOnCreate(system: DescribedSystem, id: string, state: State, now: number): Promise<readonly Op[]> {
  if (!('onCreate' in system.Class.prototype)) return []
  const call = { method: 'onCreate', args: [], now, seed: `${CREATE}:${system.name}:${id}` }
  return (await runTurn(system, id, state, call)).ops
}

function derived(boot: string, system: DescribedSystem, at: number, base: number, ops: readonly Op[], writes: Commit['writes']): Pending {
  const commit: Commit = { boot, n: 1, call: `${boot}/1`, prev: null, base, version: system.version, ops, reads: [], writes, at }
  return { commit, value: undefined }
}
