/**
 * The ledger of one instance: what is confirmed, what is pending, what became of calls. It only ever changes by `fold`,
 * one record at a time, and the journal stores those records; so what a new host reads back is what the old one had.
 *
 * Invariants
 * 1. `confirmed` is the state at offset `head`: the log up to `head`, folded from nothing.
 * 2. `pending` are this device's commits after that, in the order they were made; the keys of one boot only grow.
 * 3. A key that `boots` knows is in the log, and no pending commit has such a key (rule Y5).
 * 4. An outcome stays until its tab has acknowledged it or is gone, so a repeated call never runs twice (rule Q4).
 */
import { type Boots, type Commit, commitKey, isKnown, isSameKey, rememberKey } from '../../lib/protocol/commit.ts'
import { assert, type ErrorData } from '../../lib/protocol/errors.ts'
import type { State } from '../../lib/protocol/ops.ts'
import type { Path } from '../../lib/protocol/path.ts'
import type { StreamRecord } from '../../lib/protocol/stream-record.ts'
import type { Outcome, RejectedCall } from '../../lib/protocol/port-messages.ts'
import type { Snapshot } from '../../lib/protocol/sync-messages.ts'
import type { Connection } from '../../lib/system/agentic-system.ts'
import { createHistory, forgetAll, type History, NO_CHANGE, remember, rememberedOf, trim, UNDO } from './history.ts'
import { applyInvertibly } from './inverse.ts'

/** What a step has done: its result, and the streams that it touched as it left them. */
export interface Step {
  readonly value: unknown
  readonly streams: readonly { readonly path: Path; readonly record: StreamRecord }[]
}
export type Steps = Readonly<Record<string, Step>>

/** A call as it is run, now or by a later host. */
export interface CallInput {
  readonly id: string
  readonly action: string
  readonly args: readonly unknown[]
  readonly now: number
  readonly connection?: Connection
  /** Calls of one group are undone together. */
  readonly group?: string
}

/** A commit of this device that is not confirmed, with what running it again needs besides the commit itself. */
export interface Pending {
  readonly commit: Commit
  /** The result of its latest run. */
  readonly value: unknown
  /** The connection whose call it was. Its metadata stays on this device (rule C2). */
  readonly connection?: Connection
  readonly steps?: Steps
  /** The connections that were present when it ran, if it has looked: an input of the call. */
  readonly connections?: readonly Connection[]
  /** It is never run again: on a rebase its recorded operations count. */
  readonly rebase?: 'patches'
  /** The turn threw, and what is committed is only how its streams ended. */
  readonly failure?: ErrorData
  /** Calls of one group are undone together. */
  readonly group?: string
}

export type Rejection = RejectedCall & { readonly connection?: Connection }

export interface Ledger {
  /** The log's id on the server; absent while the instance was never synced. */
  log?: string
  head: number
  /** Something was called and confirmed here without a server: that must not make way for a server's log in silence (Y10). */
  isUsed?: true
  /** Highest `version` of a commit in the log. */
  version: number
  boots: Boots
  confirmed: State
  pending: Pending[]
  readonly outcomes: Map<string, Outcome>
  readonly rejected: Map<string, Rejection>
  /** Connections that began on this device and have not ended here, with their metadata (rule C2). */
  readonly attached: Map<string, Connection>
  /** Calls that have taken a step and not ended: the next host goes on with them, tab or no tab (rule A9). */
  readonly started: Map<string, { readonly input: CallInput; readonly steps: Steps }>
  /** The last confirmed commits, and what was rejected between them: what can be undone. */
  readonly history: History
}

export type JournalRecord =
  /**
   * A turn changed something. `final` where no server will ever be asked: the commit is confirmed as it is. Fields that
   * the class has got come first: before all that is pending but the instance's creation. A connection that takes the
   * place of one that others have ended, `replaced`, begins before the pending calls of that one, which become its own.
   */
  | { readonly kind: 'committed'; readonly pending: Pending; readonly final: boolean; readonly place?: 'first'; readonly replaced?: string }
  /** Others have ended a connection of this device. */
  | { readonly kind: 'connection-over'; readonly connection: string }
  /** A call, with `input` if it is its first, has taken a step. */
  | { readonly kind: 'step'; readonly call: string; readonly key: string; readonly step: Step; readonly input?: CallInput }
  /** A turn ended without a commit. */
  | { readonly kind: 'finished'; readonly call: string; readonly outcome: Outcome }
  /** Commits that the server has confirmed, other devices' and ours. */
  | {
      readonly kind: 'confirmed'
      readonly log: string
      readonly from: number
      readonly commits: readonly Commit[]
      readonly results?: Results
    }
  /** The first `count` pending commits are confirmed just as they were stored; without a log where no server has a say. */
  | { readonly kind: 'confirmed-own'; readonly log?: string; readonly count: number }
  /** The first pending commit turned out to change nothing: it is confirmed without a place of its own. */
  | { readonly kind: 'settled-empty'; readonly call: string }
  /** The server's snapshot in place of all that is confirmed here. */
  | { readonly kind: 'adopted'; readonly log: string; readonly snapshot: Snapshot }
  /** The first pending commit throws on what is now before it, or the server refused it for good (rule Y4). */
  | { readonly kind: 'rejected'; readonly call: string; readonly error: ErrorData }
  /** A rejected call stands in the list until it is dismissed or retried. */
  | { readonly kind: 'listed'; readonly rejection: Rejection }
  | { readonly kind: 'dismissed'; readonly call: string }
  /** What was confirmed without a server makes way for a server's log, or becomes the pending beginning of one (rule Y10). */
  | { readonly kind: 'unconfirmed'; readonly beginning?: Pending }
  | { readonly kind: 'acknowledged'; readonly calls: readonly string[] }
  | { readonly kind: 'tab-gone'; readonly tab: string }

/** The base of a commit that stands on nothing that was: it is run again before it is pushed. */
const NO_BASE = -1

/** Results of this device's calls by call: of the run that counts, which is not always the one that was stored. */
export type Results = Readonly<Record<string, unknown>>

export function createLedger(): Ledger {
  return {
    head: 0,
    version: 0,
    boots: {},
    confirmed: {},
    pending: [],
    outcomes: new Map(),
    rejected: new Map(),
    attached: new Map(),
    started: new Map(),
    history: createHistory(),
  }
}

export function fold(ledger: Ledger, record: JournalRecord): void {
  apply(ledger, record)
  // What a pending undo takes back is kept until that is settled.
  trim(ledger.history, () => ledger.pending.some(({ commit }) => commit.action === UNDO))
}

function apply(ledger: Ledger, record: JournalRecord): void {
  switch (record.kind) {
    case 'step':
      addStep(ledger, record)
      return
    case 'committed':
      ledger.started.delete(record.pending.commit.call)
      if (record.replaced !== undefined) replaceConnection(ledger, record.replaced, record.pending)
      else if (record.place === 'first') ledger.pending.splice(isCreation(ledger.pending[0]) ? 1 : 0, 0, record.pending)
      else ledger.pending.push(record.pending)
      setAttached(ledger, record.pending)
      setOutcome(ledger, record.pending, record.final)
      if (record.final) confirmFirst(ledger)
      if (record.final && isCall(record.pending.commit)) ledger.isUsed = true
      return
    case 'connection-over':
      ledger.attached.delete(record.connection)
      return
    case 'finished':
      ledger.started.delete(record.call)
      if (tabOf(record.call) !== '') ledger.outcomes.set(record.call, record.outcome)
      return
    case 'confirmed':
      ledger.log = record.log
      assert(record.from === ledger.head + 1, `commits come from offset ${record.from}, the ledger is at ${ledger.head}`)
      for (const commit of record.commits) confirm(ledger, commit, record.results)
      return
    case 'confirmed-own':
      if (record.log !== undefined) ledger.log = record.log
      for (let i = 0; i < record.count; i++) confirmFirst(ledger)
      return
    case 'settled-empty':
      settleEmpty(ledger, takeFirst(ledger, record.call))
      return
    case 'adopted':
      adopt(ledger, record.log, record.snapshot)
      return
    case 'rejected':
      remember(ledger.history, { ...rememberedOf(takeFirst(ledger, record.call).commit, { failure: 'rejected' }), ...NO_CHANGE })
      // What came after it has run on what it did: read back from a store, it has to run again.
      ledger.pending = ledger.pending.map((pending) => ({ ...pending, commit: { ...pending.commit, base: NO_BASE } }))
      if (ledger.outcomes.has(record.call)) ledger.outcomes.set(record.call, { ok: false, error: record.error, settled: true })
      return
    case 'listed':
      ledger.rejected.set(record.rejection.id, record.rejection)
      return
    case 'dismissed':
      ledger.rejected.delete(record.call)
      return
    case 'unconfirmed':
      Object.assign(ledger, { head: 0, version: 0, boots: {}, confirmed: {} })
      forgetAll(ledger.history)
      if (record.beginning === undefined) ledger.attached.clear()
      else ledger.pending.unshift(record.beginning)
      return
    case 'acknowledged':
      for (const call of record.calls) ledger.outcomes.delete(call)
      return
    case 'tab-gone':
      for (const call of ledger.outcomes.keys()) if (tabOf(call) === record.tab) ledger.outcomes.delete(call)
      return
  }
}

/** What folding needs of a commit that is confirmed as it is: nobody will run it again or send it, so the rest is not stored. */
export function withoutInputs({ commit, value, connection, failure, group }: Pending): Pending {
  const { boot, n, call, version, action, args, ops, at, connection: by } = commit
  const isHook = action === 'onConnect' || action === 'onDisconnect'
  return {
    commit: {
      ...{ boot, n, call, prev: null, base: NO_BASE, version, ops, reads: [], writes: [], at },
      ...(action === undefined ? {} : { action }),
      // What it takes to tell what can be undone.
      ...(action === UNDO && args !== undefined ? { args } : {}),
      ...(by === undefined ? {} : { connection: by }),
    },
    value,
    ...(isHook && connection !== undefined ? { connection } : {}),
    ...(failure === undefined ? {} : { failure }),
    ...(group === undefined ? {} : { group }),
  }
}

function isCreation(pending: Pending | undefined): boolean {
  return pending !== undefined && pending.commit.boot === 'create'
}

/** The tab that made a call: the first part of the call's id. Empty for calls that the host makes itself. */
export function tabOf(call: string): string {
  return call.slice(0, Math.max(call.lastIndexOf('.'), 0))
}

function confirm(ledger: Ledger, commit: Commit, results: Results = {}): void {
  const at = ledger.pending.findIndex((pending) => isSameKey(pending.commit, commit))
  const own = at < 0 ? undefined : (ledger.pending.splice(at, 1)[0] as Pending)
  if (own !== undefined) {
    settlePending(ledger, Object.hasOwn(results, commit.call) ? { ...own, value: results[commit.call] } : own)
  }
  ledger.head++
  ledger.version = Math.max(ledger.version, commit.version)
  ledger.boots = rememberKey(ledger.boots, commit)
  const { state, inverse } = applyInvertibly(ledger.confirmed, commit.ops)
  ledger.confirmed = state
  remember(ledger.history, { ...rememberedOf(commit, own), inverse })
}

function confirmFirst(ledger: Ledger): void {
  const first = ledger.pending[0]
  assert(first !== undefined, 'there is no pending commit to confirm')
  confirm(ledger, first.commit)
}

function adopt(ledger: Ledger, log: string, { offset, version, boots, state }: Snapshot): void {
  Object.assign(ledger, { log, head: offset, version, boots, confirmed: state })
  forgetAll(ledger.history)
  const [known, open] = [[] as Pending[], [] as Pending[]]
  for (const pending of ledger.pending) (isKnown(boots, pending.commit) ? known : open).push(pending)
  ledger.pending = open
  for (const pending of known) settlePending(ledger, pending)
}

function addStep({ started, pending }: Ledger, { call, key, step, input }: Extract<JournalRecord, { kind: 'step' }>): void {
  const known = started.get(call)
  const at = pending.findIndex(({ commit }) => commit.call === call)
  if (at >= 0) pending[at] = { ...(pending[at] as Pending), steps: { ...pending[at]?.steps, [key]: step } }
  else if (known !== undefined) started.set(call, { ...known, steps: { ...known.steps, [key]: step } })
  else if (input !== undefined) started.set(call, { input, steps: { [key]: step } })
}

function setAttached({ attached }: Ledger, { commit, connection }: Pending): void {
  if (connection === undefined) return
  if (commit.action === 'onConnect') attached.set(connection.id, connection)
  if (commit.action === 'onDisconnect') attached.delete(connection.id)
}

function replaceConnection(ledger: Ledger, replaced: string, begin: Pending): void {
  const isOfReplaced = ({ connection }: Pending): boolean => connection?.id === replaced
  const { connection } = begin
  assert(connection !== undefined, `the begin in place of ${replaced} has no connection`)
  const first = ledger.pending.findIndex(isOfReplaced)
  const next = (pending: Pending): Pending =>
    isOfReplaced(pending) ? { ...pending, connection, commit: { ...pending.commit, connection: connection.id, base: NO_BASE } } : pending
  ledger.attached.delete(replaced)
  ledger.pending = ledger.pending.map(next)
  ledger.pending.splice(first < 0 ? ledger.pending.length : first, 0, begin)
}

function takeFirst(ledger: Ledger, call: string): Pending {
  const first = ledger.pending.shift()
  assert(first?.commit.call === call, `the first pending call is ${first?.commit.call}, not ${call}`)
  return first
}

function setOutcome(ledger: Ledger, { commit, value, failure }: Pending, settled: boolean): void {
  if (isDerived(commit) || tabOf(commit.call) === '') return
  ledger.outcomes.set(commit.call, failure === undefined ? { ok: true, value, settled } : { ok: false, error: failure, settled: true })
}

/** What changes nothing has no place in the log, but is known as a call that was undone, say. */
function settleEmpty(ledger: Ledger, pending: Pending): void {
  settlePending(ledger, pending)
  remember(ledger.history, { ...rememberedOf(pending.commit, pending), ...NO_CHANGE })
}

/** A pending call has found its place: the result of its latest run is the one that counts. */
function settlePending(ledger: Ledger, pending: Pending): void {
  if (ledger.outcomes.has(pending.commit.call)) setOutcome(ledger, pending, true)
}

/** What a tab has asked for, as against hooks and derived commits, which any device makes by itself. */
function isCall(commit: Commit): boolean {
  return !isDerived(commit) && commit.action !== 'onConnect' && commit.action !== 'onDisconnect'
}

/** Creation, added fields and migrations: commits that any device may have to make (rule Y11). */
export function isDerived(commit: Commit): boolean {
  return commit.call === commitKey(commit)
}
