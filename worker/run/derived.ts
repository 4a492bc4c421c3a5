/** Commits that any device may have to make: the creation of an instance and fields added later (rule Y11). */
import type { Clock } from '../../lib/protocol/environment.ts'
import type { Commit } from '../../lib/protocol/commit.ts'
import { errorToData, HomeroomError } from '../../lib/protocol/errors.ts'
import { isPlainObject } from '../../lib/protocol/value.ts'
import { applyOps, type Op, type State } from '../../lib/protocol/ops.ts'
import { type DescribedSystem, initialState } from '../../lib/system/describe-system.ts'
import type { Pending } from './ledger.ts'
import { runInTurn, runTurn } from './turn.ts'

const CREATE = 'create'
const FIELD = 'field:'
const MIGRATE = 'migrate'

/** The commit that begins the log: initial values as evaluated here, and what `onCreate` makes of them. */
export async function createCommit(system: DescribedSystem, id: string, clock: Clock): Promise<Pending> {
  const now = clock.now()
  const initial: Op[] = Object.entries(initialState(new system.Class(), system.stateFields)).map(([field, value]) => [
    'set',
    [field],
    value,
  ])
  const state = applyOps({}, initial)
  const ops = [...initial, ...(await runOnCreate(system, id, state, now, clock))]
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

/**
 * The commit that brings a state up to the build's version. A class without `migrate` only says its version with it.
 * @throws HomeroomError `system/migration-failed`, with what `migrate` threw as its cause
 */
export async function migration(
  system: DescribedSystem,
  id: string,
  state: State,
  from: number,
  now: number,
  base: number,
  clock: Clock,
): Promise<Pending> {
  const migrate = system.Class.migrate?.bind(system.Class)
  const call = { method: MIGRATE, args: [], now, seed: `${MIGRATE}:${system.version}:${system.name}:${id}` }
  try {
    const { ops, reads } = await runInTurn(system, id, state, call, { clock }, async (_, root) => {
      const migrated: unknown = await migrate?.(root, from)
      if (migrated !== undefined && migrated !== root) replaceAll(root, migrated)
    })
    const { commit, ...pending } = derived(MIGRATE, system, now, base, ops, [['replace', []]])
    return { ...pending, commit: { ...commit, n: system.version, call: `${MIGRATE}/${system.version}`, args: [from], reads } }
  } catch (cause) {
    throw new HomeroomError(
      'system/migration-failed',
      `${system.name} ${JSON.stringify(id)} could not be brought from version ${from} to ${system.version}: ${errorToData(cause).message} The state is as it was, and can only be read. Mend migrate() and serve it again.`,
      { cause },
    )
  }
}

export function isMigration({ boot }: Commit): boolean {
  return boot === MIGRATE
}

function replaceAll(root: Record<string, unknown>, next: unknown): void {
  if (!isPlainObject(next))
    throw new TypeError('migrate() answered something that is no state: change the state it is given, or answer an object.')
  const kept = { ...next }
  for (const field of Object.keys(root)) if (!Object.hasOwn(kept, field) && !field.startsWith('$')) delete root[field]
  Object.assign(root, kept)
}

async function runOnCreate(system: DescribedSystem, id: string, state: State, now: number, clock: Clock): Promise<readonly Op[]> {
  if (!('onCreate' in system.Class.prototype)) return []
  const call = { method: 'onCreate', args: [], now, seed: `${CREATE}:${system.name}:${id}` }
  return (await runTurn(system, id, state, call, { clock })).ops
}

function derived(boot: string, system: DescribedSystem, at: number, base: number, ops: readonly Op[], writes: Commit['writes']): Pending {
  const commit: Commit = { boot, n: 1, call: `${boot}/1`, prev: null, base, version: system.version, ops, reads: [], writes, at }
  return { commit, value: undefined }
}
