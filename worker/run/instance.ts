/**
 * One instance: the way of a call from the queue to its commit, and of the server's commits into the state.
 *
 *   submit ─► queue ─► turn ─► ledger + current ─► tabs see it ─► journal ─► the call resolves ─► sync pushes it
 *                        receive ─► decide ─► ledger + current ─┘
 *
 * Invariants
 * 1. `current` is the ledger's confirmed state with the operations of its pending commits on top, in order.
 * 2. The ledger changes only in the queue, and each change is appended to the journal in the same task: what the journal
 *    holds is what the ledger is.
 * 3. A call is answered only after what it did is stored (S1), and only stored commits are offered to a server (F5).
 * 4. When storing fails, the instance goes back to what is stored; nothing after the failure is stored on top of it (S4).
 */
import { type Commit, commitKey, type CommitKey, isKnown, isSameKey } from '../../lib/protocol/commit.ts'
import { digest } from '../../lib/protocol/digest.ts'
import { type ErrorData, errorToData, HomeroomError } from '../../lib/protocol/errors.ts'
import { applyOps, type Op, type State } from '../../lib/protocol/ops.ts'
import { equalValues, isPlainObject } from '../../lib/protocol/value.ts'
import type { CallMessage, Outcome, RejectedCall } from '../../lib/protocol/port-messages.ts'
import type { StreamEvent, StreamRecord } from '../../lib/protocol/stream-record.ts'
import type { Snapshot } from '../../lib/protocol/sync-messages.ts'
import type { Connection } from '../../lib/system/agentic-system.ts'
import { CONNECTIONS, type DescribedSystem } from '../../lib/system/describe-system.ts'
import type { StreamCell } from '../../lib/system/stream.ts'
import type { Clock } from '../../lib/protocol/environment.ts'
import type { Journal } from '../store/journal.ts'
import type { InstanceName, Store } from '../store/store.ts'
import { decide, type PendingView, touchesPending } from '../sync/rebase.ts'
import { begunConnections, type ConnectionHook, hasBegun, nextConnection, placeOf, runHook } from './connections.ts'
import { addedFields, createCommit, createFrom, isMigration, migration } from './derived.ts'
import {
  type CallInput,
  createLedger,
  fold,
  isDerived,
  type JournalRecord,
  type Ledger,
  type Pending,
  type Rejection,
  type Results,
  type Step,
  tabOf,
  withoutInputs,
} from './ledger.ts'
import { ledgerToChunks, readLedger } from './ledger-store.ts'
import { isOfCall, REDO, rememberedOf, UNDO, type Undoable } from './history.ts'
import { applyInvertibly } from './inverse.ts'
import { diffInOrder } from './order.ts'
import { Past } from './past.ts'
import { replay, type ReplayInput } from './replay.ts'
import { SerialQueue } from './serial-queue.ts'
import { assertAction, runTurn } from './turn.ts'
import { runUndo } from './undo.ts'
import { NOTHING, type Stacks, stacksOf, type UndoState } from './undo-stacks.ts'

/** What an instance tells the host. */
export interface InstanceListener {
  /** The state that tabs show has changed by these operations, which belong together. */
  changed(ops: readonly Op[]): void
  running(call: string): void
  /** A stream of the state has done something, in a turn that still runs. */
  streamed(stream: string, event: StreamEvent): void
  /** What became of a call, once that is stored. */
  outcome(call: string, outcome: Outcome): void
  /** The last word on a call whose outcome was not settled. */
  settled(call: string, outcome: Outcome): void
  /** Pending commits came or went. */
  pendingChanged(): void
  rejectedChanged(): void
  /** What can be undone may have changed. */
  pastChanged(): void
  /** A turn has looked at who is connected. */
  usedConnections(): void
  /** A connection has begun in the place of one that others have ended while its tab lived on (rule C1). */
  connectedAnew(connection: Connection): void
  /** Something could not be stored: the instance is back at what is, and behind what the server has told it. */
  fellBack(): void
}

export interface InstanceHost {
  readonly store: Store
  readonly journal: Journal
  readonly boot: string
  /** Random id of the device's store. */
  readonly device: string
  readonly clock: Clock
  randomId(): string
  /** The number of the next commit of this boot. */
  nextCount(): number
  yieldToLoop(): Promise<void>
  /** After so many turns of a replay the loop gets to do something else. */
  readonly turnsPerSlice: number
  /** Whether commits wait for a server's confirmation. */
  isSynced(): boolean
  /** Whether the tab of a connection lives and still has that handle. */
  isConnected(connection: string): Promise<boolean>
  /** Who is connected to the instance now. */
  present(instance: InstanceName): readonly Connection[]
  /** Told of what a hook has thrown: nobody awaits hooks. */
  report(error: unknown): void
}

/** What the server says of an instance, in log order. */
export type RemoteEvent =
  | { readonly type: 'opened'; readonly log: string | undefined }
  | { readonly type: 'commits'; readonly log: string; readonly from: number; readonly commits: readonly Commit[] }
  | { readonly type: 'snapshot'; readonly log: string; readonly snapshot: Snapshot }
  | { readonly type: 'refused'; readonly key: CommitKey; readonly error: ErrorData }
  | { readonly type: 'check'; readonly offset: number; readonly hash: string }

/** A chain of pending commits to push: `commits` are what `receive` is given back when they are confirmed. */
export interface Chain {
  readonly log: string | undefined
  readonly base: number
  readonly after: { readonly boot: string; readonly n: number; readonly ops: string } | null
  readonly commits: readonly Commit[]
}

interface RunningTurn {
  readonly call: string
  /** Made when the action asks for its signal. */
  aborter: AbortController | undefined
  readonly streams: Map<string, StreamCell>
}

/** Cancellations of calls that have not come are remembered, so many. */
const MAX_CANCELLED = 1_000

export class Instance {
  readonly name: InstanceName
  readonly system: DescribedSystem
  readonly #host: InstanceHost
  readonly #listener: InstanceListener
  readonly #queue = new SerialQueue()
  #ledger: Ledger = createLedger()
  #current: State = {}
  /** The field values that the store's chunks hold. */
  #inChunks: State = {}
  /** Calls that are queued, running, or not stored yet. */
  readonly #live = new Set<string>()
  readonly #cancelled = new Set<string>()
  /** The call whose turn it is. */
  #turn: RunningTurn | undefined
  /** Pending calls that are not stored yet. */
  readonly #unstored = new Set<string>()
  /** Pending calls whose operations differ from the stored ones. */
  readonly #rebased = new Set<string>()
  #hidden = new Map<string, ErrorData>()
  readonly #past = new Past()
  /** As tabs were told last. */
  #undoStates: ReadonlyMap<string, UndoState> = new Map()
  /** Calls that could not be undone when that was asked: they are passed over from then on. */
  readonly #notUndone = new Set<string>()
  /** The confirmed state is not the server's: its snapshot counts, of whatever offset. */
  #isDamaged = false
  /** After going back to an older snapshot, nothing is settled before the head is where it was: the log may have it there. */
  #settleFrom: { readonly log: string; readonly head: number } | undefined
  /** Records beside new commits that are not stored yet. */
  #unstoredRecords = 0
  /** The last confirmed commit of this device that this host knows. */
  #lastOwn: Commit | undefined
  /** The confirmed state has moved, and the pending commits do not stand on it yet. */
  #isRebasing = false
  #migrationError: HomeroomError | undefined
  /** What stood in the confirmed state when `begunConnections` was last asked, and the answer. */
  #begun: { readonly of: unknown; readonly connections: ReadonlyMap<string, string> } = { of: undefined, connections: new Map() }
  /** Connections whose begin was taken back, and is to be made again. */
  readonly #beginning = new Set<string>()
  /** The server has another log than we: this instance stays as it is on this device, and this says why (Y10, V6). */
  #divergence: ErrorData | undefined

  constructor(host: InstanceHost, system: DescribedSystem, name: InstanceName, listener: InstanceListener) {
    this.#host = host
    this.system = system
    this.name = name
    this.#listener = listener
  }

  /** Reads what is stored, or creates the instance. To be awaited before anything else. */
  open(): Promise<void> {
    return this.#queue.push(async () => {
      await this.#load()
      await this.#complete()
      // The last host may have died right before this, and nothing else may come that would lead to it.
      this.#settleFirst()
      await this.#endDeadConnections()
      await this.#mendConnections()
      this.#resumeStarted()
    })
  }

  get current(): State {
    return this.#current
  }

  get pendingCount(): number {
    return this.#ledger.pending.length
  }

  get isOutdated(): boolean {
    return this.#version > this.system.version
  }

  /** Highest version of all commits, pending ones too. */
  get #version(): number {
    return this.#ledger.pending.reduce((version, { commit }) => Math.max(version, commit.version), this.#ledger.version)
  }

  /** Why the state could not be brought up to this build's version. */
  get migrationError(): HomeroomError | undefined {
    return this.#migrationError
  }

  /** Nothing is running, unstored or unsettled: the instance may leave memory. */
  get isAtRest(): boolean {
    return (
      this.#queue.isIdle &&
      this.#live.size === 0 &&
      this.#ledger.pending.length === 0 &&
      this.#ledger.attached.size === 0 &&
      this.#ledger.started.size === 0
    )
  }

  get rejected(): readonly Rejection[] {
    return [...this.#ledger.rejected.values()]
  }

  /** Tabs with an outcome here that they have not acknowledged. */
  get tabsWithOutcomes(): ReadonlySet<string> {
    return new Set([...this.#ledger.outcomes.keys()].map(tabOf))
  }

  // ---- calls ---------------------------------------------------------------------------------------------------------

  /** Runs a call, once however often it is submitted (rule Q4). Its outcome comes by the listener. */
  submit(call: CallMessage, connection: Connection): void {
    if (this.#live.has(call.id)) return
    const known = this.#ledger.outcomes.get(call.id)
    if (known !== undefined) return this.#listener.outcome(call.id, known)
    this.#live.add(call.id)
    const { id, action, args, now, group } = call
    void this.#queue.push(() => this.#run({ id, action, args, now, connection, ...(group === undefined ? {} : { group }) }))
  }

  /** Says what is known of a call that was made before; `false` if nothing is. */
  follow(call: string): boolean {
    const known = this.#ledger.outcomes.get(call)
    if (known !== undefined && !this.#live.has(call)) this.#listener[known.settled ? 'settled' : 'outcome'](call, known)
    return known !== undefined || this.#live.has(call)
  }

  /** Drops a call that has not started; tells one that runs, by `turn.signal`. */
  cancel(call: string): void {
    if (this.#turn?.call === call) (this.#turn.aborter ??= new AbortController()).abort(cancelled('it is to end early'))
    else if (!this.#ledger.outcomes.has(call)) this.#rememberCancelled(call)
  }

  /** A cancellation may come before its call does. */
  #rememberCancelled(call: string): void {
    this.#cancelled.add(call)
    const [oldest] = this.#cancelled
    if (this.#cancelled.size > MAX_CANCELLED && oldest !== undefined) this.#cancelled.delete(oldest)
  }

  /** The server is asked anew: whether its log is ours is judged again. */
  judgeAnew(): void {
    if (this.#divergence?.code === 'sync/lineage') this.#divergence = undefined
  }

  /** The streams that the running turn has touched, as they are now. */
  get liveStreams(): readonly StreamRecord[] {
    return [...(this.#turn?.streams.values() ?? [])].map((cell) => cell.record)
  }

  /** Outcomes that a tab has seen, or will never ask for. Stored with whatever is stored next. */
  acknowledge(calls: readonly string[]): void {
    const known = calls.filter((call) => this.#ledger.outcomes.has(call))
    if (known.length > 0) this.#keep({ kind: 'acknowledged', calls: known })
  }

  forgetTab(tab: string): void {
    if (this.tabsWithOutcomes.has(tab)) this.#keep({ kind: 'tab-gone', tab })
  }

  dismiss(call: string): void {
    if (!this.#ledger.rejected.has(call)) return
    this.#keep({ kind: 'dismissed', call })
    this.#listener.rejectedChanged()
  }

  /** Makes a rejected call anew, under a new id. If it throws again it is back in the list. */
  retry(call: string): void {
    void this.#queue.push(async () => {
      const rejection = this.#ledger.rejected.get(call)
      if (rejection === undefined) return
      const id = this.#host.randomId()
      this.#live.add(id)
      const { action, args, connection } = rejection
      await this.#run({ ...withConnection(connection), id, action, args, now: this.#host.clock.now() }, call)
    })
  }

  /** @param retried the rejected call that this one replaces in the list, in the same write as it is stored */
  async #run(made: CallInput, retried?: string): Promise<void> {
    const input = { ...this.#nameUndone(made), ...withConnection(this.#inPlaceOf(made.connection)) }
    const { id, action } = input
    if (this.#cancelled.delete(id)) return this.#answer(id, failure(cancelled('it was cancelled before it started, and nothing was run')))
    this.#listener.running(id)
    const connections = this.#host.present(this.name)
    let streamEnds: readonly Op[] = []
    try {
      if (action !== UNDO) assertAction(this.system, action)
      this.#assertWritable()
      if (this.#isUnborn) await this.#complete()
      const turn = await this.#takeTurn(input, connections, (ops) => (streamEnds = ops))
      if (action === UNDO && turn.ops.length === 0) this.#listener.pastChanged()
      if (turn.usedConnections) this.#listener.usedConnections()
      if (turn.ops.length === 0 && !touchesPending(this.#pendingViews(), turn))
        return this.#finish(id, { ok: true, value: turn.value, settled: true })
      this.#commit(
        this.#newPending(input, turn, {
          ...(turn.usedStreams ? { rebase: 'patches' } : {}),
          ...(turn.usedConnections ? { connections } : {}),
        }),
      )
    } catch (thrown) {
      if (action === UNDO && errorToData(thrown).code?.startsWith('undo/') === true) this.#passOver(input.args)
      if (tabOf(id) === '')
        this.#list({ id, action, args: input.args, at: input.now, error: errorToData(thrown), connection: input.connection })
      if (streamEnds.length === 0) return this.#finish(id, failure(thrown))
      const turn = { ops: streamEnds, reads: [], writes: streamEnds.map(([, path]) => ['replace', path] as const), value: undefined }
      this.#commit(this.#newPending(input, turn, { rebase: 'patches', failure: errorToData(thrown) }))
    } finally {
      this.#turn = undefined
      if (retried !== undefined) this.dismiss(retried)
    }
  }

  #takeTurn(
    input: CallInput,
    connections: readonly Connection[],
    onFailed: (streamEnds: readonly Op[]) => void,
  ): ReturnType<typeof runTurn> {
    const { id, action, args, now, connection } = input
    if (action === UNDO)
      return Promise.resolve(runUndo(this.system, this.#current, this.#past.of(this.#ledger, this.#hidden), args as readonly string[]))
    const turn: RunningTurn = { call: id, aborter: undefined, streams: new Map() }
    this.#turn = turn
    const onStream = (stream: StreamCell, event: StreamEvent): void => {
      turn.streams.set(stream.name, stream)
      this.#listener.streamed(stream.name, event)
    }
    const onStep = (key: string, step: Step): Promise<void> => this.#record({ kind: 'step', call: id, key, step, input })
    const steps = this.#ledger.started.get(id)?.steps ?? {}
    const call = { ...withConnection(connection), method: action, args, now, seed: id, connections, steps }
    const surroundings = {
      clock: this.#host.clock,
      get signal() {
        return (turn.aborter ??= new AbortController()).signal
      },
      onStream,
      onStep,
      onFailed,
    }
    return runTurn(this.system, this.name.id, this.#current, call, surroundings)
  }

  /** Calls that a host before this one has begun, and taken a step of, go on (rule A9). */
  #resumeStarted(): void {
    for (const { input } of this.#ledger.started.values()) {
      if (this.#live.has(input.id)) continue
      this.#live.add(input.id)
      void this.#queue.push(() => this.#run(input))
    }
  }

  #assertWritable(): void {
    if (this.#migrationError !== undefined) throw this.#migrationError
    if (!this.isOutdated) return
    const { name, version } = this.system
    throw new HomeroomError(
      'system/outdated',
      `${name} is at version ${this.#version} in the log, this build has ${version}: it may only read. Reload to get the newer build.`,
    )
  }

  #newPending(
    input: CallInput,
    turn: Pick<Commit, 'ops' | 'reads' | 'writes'> & { value: unknown },
    kind: Pick<Pending, 'rebase' | 'failure' | 'connections'>,
  ): Pending {
    const { id: call, action, args, now: at, connection } = input
    const { ops, reads, writes, value } = turn
    const prev = keyOf(this.#ledger.pending.at(-1)?.commit ?? this.#lastOwn)
    const steps = this.#ledger.started.get(call)?.steps
    const more = {
      ...kind,
      ...withConnection(connection),
      ...(steps === undefined ? {} : { steps }),
      ...(input.group === undefined ? {} : { group: input.group }),
    }
    const commit = {
      boot: this.#host.boot,
      n: this.#host.nextCount(),
      call,
      prev,
      base: this.#ledger.head,
      version: this.system.version,
      action,
      args,
      ops,
      reads,
      writes,
      at,
    }
    return { ...more, value, commit: connection === undefined ? commit : { ...commit, connection: connection.id } }
  }

  /** Shows a commit, stores it, and answers its call. */
  #commit(pending: Pending, place: 'first' | 'last' | 'before' = 'last', replaced?: string): void {
    const final = !this.#isSynced()
    const { call, ops } = pending.commit
    this.#unstored.add(call)
    const where = { ...(place === 'first' ? { place } : {}), ...(replaced === undefined ? {} : { replaced }) }
    const stored = this.#record({ kind: 'committed', pending: final ? withoutInputs(pending) : pending, final, ...where })
    // What comes before others is shown when they have run again on top of it.
    if (place === 'last') this.#show(this.#ledger.pending.length === 0 ? this.#ledger.confirmed : this.#past.apply(this.#current, ops), ops)
    if (!final) this.#listener.pendingChanged()
    stored.then(
      () => {
        this.#unstored.delete(call)
        this.#live.delete(call)
        const outcome = this.#ledger.outcomes.get(call)
        if (outcome !== undefined) this.#listener.outcome(call, outcome)
        this.#settleFirst()
        this.#listener.pendingChanged()
      },
      (error: unknown) => {
        this.#unstored.delete(call)
        this.#answer(call, failure(error))
      },
    )
  }

  /** Ends a call that leaves no commit: its outcome is stored, so that a repetition does not run it again. */
  #finish(call: string, outcome: Outcome): void {
    this.#record({ kind: 'finished', call, outcome }).then(
      () => this.#answer(call, outcome),
      (error: unknown) => this.#answer(call, failure(error)),
    )
  }

  #answer(call: string, outcome: Outcome): void {
    this.#live.delete(call)
    this.#listener.outcome(call, outcome)
  }

  // ---- undo ----------------------------------------------------------------------------------------------------------

  /** By place of a connection: whether it has something to undo or redo. None is told where it has neither. */
  tellUndoStates(): ReadonlyMap<string, UndoState> {
    return (this.#undoStates = new Map(
      [...this.#stacks()].map(([place, { undo, redo }]) => [place, { canUndo: undo.length > 0, canRedo: redo.length > 0 }]),
    ))
  }

  /** Whether a record may change who can undo or redo: most do not, and to find out takes a walk through the history. */
  #movesStacks(record: JournalRecord): boolean {
    switch (record.kind) {
      case 'committed': {
        const entry = rememberedOf(record.pending.commit, record.pending)
        const { canUndo = false, canRedo = false } = this.#undoStates.get(entry.place ?? '') ?? {}
        return entry.undoes !== undefined || (isOfCall(entry) && (!canUndo || canRedo))
      }
      case 'confirmed':
        return record.commits.some(({ action }) => action === UNDO)
      case 'rejected':
      case 'settled-empty':
      case 'adopted':
      case 'unconfirmed':
        return true
      case 'step':
      case 'finished':
      case 'confirmed-own':
      case 'listed':
      case 'dismissed':
      case 'acknowledged':
      case 'tab-gone':
      case 'connection-over':
        return false
    }
  }

  #stacks(): ReadonlyMap<string, Stacks> {
    const isUndoable = (action: string): boolean => this.system.options.get(action)?.undo !== false
    return stacksOf(this.#past.callsOf(this.#ledger, this.#hidden), isUndoable, this.#notUndone)
  }

  /** A tab asks to undo or redo without saying what: that is settled when it is the call's turn, and kept with it. */
  #nameUndone(call: CallInput): CallInput {
    const { action, args, connection } = call
    if (action !== REDO && (action !== UNDO || args.length > 0)) return call
    const { undo, redo } = this.#stacks().get(placeOf(connection?.id ?? '')) ?? NOTHING
    return { ...call, action: UNDO, args: (action === REDO ? redo : undo).at(-1)?.calls ?? [] }
  }

  /** What cannot be undone would stand in the way of what can. */
  #passOver(calls: readonly unknown[]): void {
    for (const call of calls) this.#notUndone.add(String(call))
    this.#listener.pastChanged()
  }

  // ---- connections ---------------------------------------------------------------------------------------------------

  /** Begins a connection, in the queue, unless its place has one: `onConnect` runs before what is called on it (rule C1). */
  connect(connection: Connection): void {
    if (!this.system.hasConnectionHooks) return
    this.#enqueueHook(async () => {
      if (this.connectionAt(connection.id) === undefined) await this.#runHook('onConnect', connection)
    })
  }

  /** Its begin was taken back, and nobody else has seen it: it begins once more. */
  #connectAgain(connection: Connection): void {
    this.#beginning.add(connection.id)
    this.#enqueueHook(async () => {
      this.#beginning.delete(connection.id)
      await this.#runHook('onConnect', connection)
    })
  }

  /** Ends the connection of this device in the place of this one, in the queue. */
  disconnect(id: string): void {
    if (!this.system.hasConnectionHooks) return
    this.#enqueueHook(async () => {
      const connection = this.connectionAt(id)
      if (connection !== undefined) await this.#runHook('onDisconnect', connection)
    })
  }

  /** Ends connections of other devices, in the queue, as far as `isGone` still says so (rule C1). */
  endConnections(connections: readonly Connection[], isGone: () => boolean): void {
    if (!this.system.hasConnectionHooks || this.#divergence !== undefined) return
    for (const connection of connections) {
      this.#enqueueHook(async () => {
        if (isGone() && hasBegun(this.#ledger.confirmed, connection.id)) await this.#runHook('onDisconnect', connection)
      })
    }
  }

  /** Connections that have begun and not ended as far as the log is confirmed here: the same map until that changes. */
  get begunConnections(): ReadonlyMap<string, string> {
    const of = this.#ledger.confirmed[CONNECTIONS]
    if (this.#begun.of !== of) this.#begun = { of, connections: begunConnections(this.#ledger.confirmed) }
    return this.#begun.connections
  }

  #enqueueHook(run: () => Promise<void>): void {
    this.#queue.push(run).catch((error: unknown) => this.#host.report(error))
  }

  /** Connections of this device that have begun and not ended. */
  get attached(): Iterable<Connection> {
    return this.#ledger.attached.values()
  }

  /** The connection of this device that is in the place of this one now. */
  connectionAt(id: string): Connection | undefined {
    const { attached } = this.#ledger
    const place = placeOf(id)
    return attached.get(id) ?? [...attached.values()].find((connection) => placeOf(connection.id) === place)
  }

  #inPlaceOf(connection: Connection | undefined): Connection | undefined {
    return connection && (this.system.hasConnectionHooks ? (this.connectionAt(connection.id) ?? connection) : connection)
  }

  /** Those whose tab is gone end first, before anything else is run. */
  async #endDeadConnections(): Promise<void> {
    for (const connection of [...this.#ledger.attached.values()]) {
      if (!(await this.#host.isConnected(connection.id))) await this.#runHook('onDisconnect', connection)
    }
  }

  /**
   * Makes this device and the log agree on its connections (rule C1): where others have ended one whose tab lives on, the
   * tab gets a new one; what has begun in the log and is unknown here ends.
   */
  async #mendConnections(): Promise<void> {
    if (!this.system.hasConnectionHooks || this.isOutdated || this.#divergence !== undefined || !isPlainObject(this.#current[CONNECTIONS]))
      return
    const { attached } = this.#ledger
    for (const connection of [...attached.values()]) {
      if (hasBegun(this.#current, connection.id) || this.#beginning.has(connection.id)) continue
      if (await this.#host.isConnected(connection.id)) await this.#connectAnew(connection)
      else this.#keep({ kind: 'connection-over', connection: connection.id })
    }
    for (const [id, device] of this.begunConnections) {
      if (device === this.#host.device && !attached.has(id)) await this.#runHook('onDisconnect', { id, device, metadata: undefined })
    }
  }

  async #connectAnew(ended: Connection): Promise<void> {
    const connection = { ...ended, id: nextConnection(ended.id) }
    await this.#runHook('onConnect', connection, ended.id)
    this.#listener.connectedAnew(connection)
  }

  /** @param replaced the connection in whose place the new one begins: before that one's pending calls, which run again as its own */
  async #runHook(hook: ConnectionHook, connection: Connection, replaced?: string): Promise<void> {
    if (this.isOutdated) return
    if (this.#isUnborn) await this.#complete()
    const { pending, confirmed } = this.#ledger
    const first = replaced === undefined ? -1 : pending.findIndex((one) => one.connection?.id === replaced)
    const state = first < 0 ? this.#current : withPending(confirmed, pending.slice(0, first))
    const id = `${hook}:${connection.id}`
    const now = this.#host.clock.now()
    const connections = this.#host.present(this.name)
    const run = await runHook(
      this.system,
      this.name.id,
      state,
      hook,
      connection,
      { now, seed: id, connections },
      { clock: this.#host.clock },
    )
    if (run.thrown !== undefined) this.#host.report(run.thrown)
    if (run.ops.length === 0) return this.#forgetEnded(connection.id)
    const begun = this.#newPending({ id, action: hook, args: [], now, connection }, { ...run, value: undefined }, { connections })
    if (first < 0) return this.#commit(begun, 'last', replaced)
    // Keys of one boot only grow along the log, and this one comes before older ones: it is a boot of its own.
    this.#commit({ ...begun, commit: { ...begun.commit, boot: `begin:${connection.id}`, n: 1 } }, 'before', replaced)
    await this.#replay()
  }

  /** Nothing was to be done: others have ended it. */
  #forgetEnded(connection: string): void {
    if (this.#ledger.attached.has(connection) && !hasBegun(this.#current, connection)) this.#keep({ kind: 'connection-over', connection })
  }

  // ---- sync ----------------------------------------------------------------------------------------------------------

  /** The log and how far this device has it. */
  get cursor(): { readonly log: string; readonly offset: number } | undefined {
    return this.#ledger.log === undefined ? undefined : { log: this.#ledger.log, offset: this.#ledger.head }
  }

  get divergence(): ErrorData | undefined {
    return this.#divergence
  }

  /**
   * The pending commits that may be pushed now, at most `limit`: stored ones, up to the first that is hidden or empty. None
   * while the store does not hold what they stand on: a host that another has replaced learns it from its first write, and
   * what comes after a rejected commit in the log makes its key known there (Y5).
   */
  nextChain(limit: number): Chain | undefined {
    if (this.#divergence !== undefined || this.#isRebasing || this.isOutdated || this.#unstoredRecords > 0) return undefined
    const { pending, head, log } = this.#ledger
    const after = this.#lastOwn === undefined ? null : { ...(keyOf(this.#lastOwn) as CommitKey), ops: digest(this.#lastOwn.ops) }
    let prev: CommitKey | null = keyOf(this.#lastOwn)
    const commits: Commit[] = []
    for (const [i, { commit }] of pending.slice(0, limit).entries()) {
      if (this.#unstored.has(commit.call) || this.#hidden.has(commit.call) || (commit.ops.length === 0 && !isDerived(commit))) break
      const chained = { ...commit, base: head, prev }
      pending[i] = { ...(pending[i] as Pending), commit: chained }
      commits.push(chained)
      prev = keyOf(chained)
    }
    return commits.length === 0 ? undefined : { log, base: head, after, commits }
  }

  /**
   * Takes in what the server says. Must be called in log order.
   * @returns `'reopen'` where the device has to ask anew: from its cursor, or from a snapshot if its state has gone wrong
   */
  receive(event: RemoteEvent): Promise<'ok' | 'reopen' | 'mismatch'> {
    return this.#queue.push(async () => {
      const taken = await this.#take(event)
      if (taken === 'ok' && event.type !== 'check') await this.#mendConnections()
      return taken
    })
  }

  async #take(event: RemoteEvent): Promise<'ok' | 'reopen' | 'mismatch'> {
    switch (event.type) {
      case 'opened':
        await this.#joinLog(event.log)
        return 'ok'
      case 'commits':
        return this.#takeCommits(event.log, event.from, event.commits)
      case 'snapshot':
        return this.#adopt(event.log, event.snapshot)
      case 'refused':
        this.#refuse(event.key, event.error)
        return 'ok'
      case 'check':
        this.#isDamaged = this.#ledger.head === event.offset && digest(this.#ledger.confirmed) !== event.hash
        return this.#isDamaged ? 'mismatch' : 'ok'
    }
  }

  /** The server has told whether there is a log. Where both have one, the server's counts (rule Y10). */
  async #joinLog(log: string | undefined): Promise<void> {
    const { log: known, head, isUsed, confirmed } = this.#ledger
    if (known === undefined && head === 0) return
    if (known === undefined && isUsed !== true) return this.#startOver(log)
    if (known === undefined && log === undefined) {
      this.#keep({ kind: 'unconfirmed', beginning: createFrom(this.system, confirmed, this.#host.clock.now()) })
      this.#listener.pendingChanged()
    } else if (known !== log) this.#diverge(known)
  }

  /** Nobody has called anything here yet: what the server has, or is given now, takes the place of what was made here. */
  async #startOver(log: string | undefined): Promise<void> {
    const connections = [...this.#ledger.attached.values()]
    this.#keep({ kind: 'unconfirmed' })
    for (const connection of connections) this.#connectAgain(connection)
    if (log === undefined) await this.#complete()
  }

  /** Whether what was used here without a server, and is to begin a log, has met the beginning of another one. */
  #meetsAnotherBeginning(from: number, commits: readonly Commit[]): boolean {
    const { log, isUsed, pending } = this.#ledger
    if (log !== undefined || isUsed !== true || from !== 1) return false
    const mine = pending.find(({ commit }) => isSameKey(commit, commits[0] ?? null))
    return mine === undefined || !equalValues(mine.commit.ops, commits[0]?.ops)
  }

  #diverge(known: string | undefined): void {
    const what = `${this.system.name} ${JSON.stringify(this.name.id)}`
    this.#divergence =
      known === undefined
        ? {
            name: 'HomeroomError',
            code: 'sync/diverged',
            message: `${what} was used on this device without sync, and the server has one of that name already. The one here stays readable; export it, or use another id.`,
          }
        : {
            name: 'HomeroomError',
            code: 'sync/lineage',
            message: `${what} comes from a log that the server does not have (it may have been restored or replaced). What is here stays readable and exportable; nothing of it was sent.`,
          }
    const count = this.#ledger.pending.length
    if (count > 0 && known === undefined) this.#keep({ kind: 'confirmed-own', count })
    this.#listener.pendingChanged()
  }

  async #takeCommits(log: string, from: number, all: readonly Commit[]): Promise<'ok' | 'reopen' | 'mismatch'> {
    if (!(await this.#isOurLog(log))) return 'ok'
    if (this.#meetsAnotherBeginning(from, all)) {
      this.#diverge(undefined)
      return 'ok'
    }
    const { head } = this.#ledger
    if (from > head + 1) return 'reopen'
    const commits = all.slice(head + 1 - from)
    if (commits.length === 0) return 'ok'
    const decision = decide(this.#pendingViews(), commits)
    const keys = new Set(commits.map(commitKey))
    const own = this.#ledger.pending.filter(({ commit }) => keys.has(commitKey(commit)))
    const isAsStored = decision === 'advance' && !own.some(({ commit }) => this.#rebased.has(commit.call))
    try {
      const results = isAsStored ? {} : await this.#resultsThatCount(own, commits)
      this.#keep(
        isAsStored ? { kind: 'confirmed-own', log, count: commits.length } : { kind: 'confirmed', log, from: head + 1, commits, results },
      )
    } catch (error) {
      // The log does not fit our state: one of them has gone wrong, and the server's counts.
      await this.#load()
      await this.#complete()
      this.#isDamaged = (error as { code?: unknown }).code === 'ops/no-such-path'
      return this.#isDamaged ? 'mismatch' : 'reopen'
    }
    if (own.length > 0) this.#lastOwn = commits.findLast((commit) => own.some((pending) => isSameKey(pending.commit, commit)))
    await this.#standOnConfirmed(decision, own)
    return 'ok'
  }

  /** What own calls answered in the run that the log has: maybe an earlier host's, whose answer was not stored. */
  async #resultsThatCount(own: readonly Pending[], commits: readonly Commit[]): Promise<Results> {
    const results: Record<string, unknown> = {}
    if (own.length === 0) return results
    let state = this.#ledger.confirmed
    const history = [...this.#ledger.history.entries]
    for (const commit of commits) {
      const pending = own.find((one) => isSameKey(one.commit, commit))
      if (pending !== undefined && !isDerived(commit))
        results[commit.call] = pending.commit === commit ? pending.value : await this.#resultOn(state, history, pending)
      const applied = applyInvertibly(state, commit.ops)
      state = applied.state
      history.push({ ...rememberedOf(commit, pending), inverse: applied.inverse })
    }
    return results
  }

  async #resultOn(state: State, history: readonly Undoable[], pending: Pending): Promise<unknown> {
    const again = await replay({ ...this.#replayInput(state), history, pending: [pending], breathe: async () => undefined })
    return again.pending[0]?.value
  }

  /** Before `opened` commits of a log may come that this instance will not join. */
  async #isOurLog(log: string): Promise<boolean> {
    const { log: known } = this.#ledger
    if (this.#divergence !== undefined) return false
    if (known === log) return true
    await this.#joinLog(log)
    return this.#divergence === undefined
  }

  async #adopt(log: string, snapshot: Snapshot): Promise<'ok' | 'mismatch'> {
    if (!(await this.#isOurLog(log))) return 'ok'
    if (this.#ledger.log === undefined && this.#ledger.isUsed === true) {
      this.#diverge(undefined)
      return 'ok'
    }
    if (digest(snapshot.state) !== snapshot.hash) return 'mismatch'
    if (this.#isPast(snapshot)) return 'ok'
    if (snapshot.offset < this.#ledger.head) this.#settleFrom = { log, head: this.#ledger.head }
    const before = this.#ledger.pending
    this.#keep({ kind: 'adopted', log, snapshot })
    this.#isDamaged = false
    this.#lastOwn = undefined
    await this.#standOnConfirmed(
      'replay',
      before.filter((pending) => !this.#ledger.pending.includes(pending)),
    )
    return 'ok'
  }

  /** An answer that was long on its way, to an opening before the last one: to go back to it would undo what was told. */
  #isPast({ offset, boots }: Snapshot): boolean {
    if (this.#isDamaged || this.#ledger.pending.some(({ commit }) => isKnown(boots, commit))) return false
    return offset < this.#ledger.head
  }

  /** The confirmed state has moved on: puts the pending commits on it, shows the difference, and settles what can be. */
  async #standOnConfirmed(decision: ReturnType<typeof decide>, own: readonly Pending[]): Promise<void> {
    this.#isRebasing = true
    const hasMigrated = await this.#migrate()
    this.#isRebasing = false
    if (hasMigrated || decision === 'replay' || this.#missingFields().length > 0) await this.#replay()
    else if (decision === 'apply') this.#show(withPending(this.#ledger.confirmed, this.#ledger.pending))
    this.#settleOwn(own)
    this.#settleFirst()
    this.#listener.pendingChanged()
  }

  #settleOwn(own: readonly Pending[]): void {
    for (const { commit } of own) {
      this.#rebased.delete(commit.call)
      this.#hidden.delete(commit.call)
      this.#tellSettled(commit.call)
    }
  }

  /** Tells the last word on a call, if a tab may still wait for it. */
  #tellSettled(call: string): void {
    const outcome = this.#ledger.outcomes.get(call)
    if (outcome !== undefined) this.#listener.settled(call, outcome)
  }

  /** Runs all pending calls again; what tabs show changes once, by the difference (rule Y3). */
  async #replay(): Promise<void> {
    let turns = 0
    const breathe = async (): Promise<void> => {
      if (++turns % this.#host.turnsPerSlice === 0) await this.#host.yieldToLoop()
    }
    this.#addFields()
    const { confirmed, pending } = this.#ledger
    this.#isRebasing = true
    const replayed = await replay({ ...this.#replayInput(confirmed), pending, breathe })
    this.#isRebasing = false
    this.#ledger.pending = replayed.pending
    this.#hidden = replayed.hidden
    this.#listener.pastChanged()
    for (const { commit } of replayed.pending) this.#rebased.add(commit.call)
    this.#show(replayed.state)
  }

  #replayInput(state: State): Omit<ReplayInput, 'pending' | 'breathe'> {
    const { head, version, history } = this.#ledger
    const onStep = (call: string, key: string, step: Step): Promise<void> => this.#record({ kind: 'step', call, key, step })
    return { system: this.system, id: this.name.id, state, base: head, version, history: history.entries, onStep, clock: this.#host.clock }
  }

  get #isCatchingUp(): boolean {
    return this.#settleFrom !== undefined && this.#settleFrom.log === this.#ledger.log && this.#ledger.head < this.#settleFrom.head
  }

  /** What stands first can be settled here: rejected if it throws, confirmed without a place if it changes nothing (Y4, A4). */
  #settleFirst(): void {
    // An outdated build cannot tell: the newer one may make something of the call.
    if (this.#isRebasing || this.isOutdated || this.#isCatchingUp) return
    for (let first = this.#ledger.pending[0]; first !== undefined; first = this.#ledger.pending[0]) {
      const { call } = first.commit
      if (this.#unstored.has(call)) return
      const error = this.#hidden.get(call)
      if (error !== undefined) this.#reject(first, error)
      else if (first.commit.ops.length === 0) this.#keep({ kind: 'settled-empty', call })
      else return
      this.#tellSettled(call)
    }
  }

  /** The server will never take this commit: it is rejected, and what came after it runs again without it. */
  #refuse(key: CommitKey, error: ErrorData): void {
    const at = this.#ledger.pending.findIndex(({ commit }) => commitKey(commit) === commitKey(key))
    if (at !== 0) return
    // The beginning made of what was used here without a server is all there is of it: it stays here (rule Y10).
    if (this.#ledger.log === undefined && this.#ledger.isUsed === true) return this.#diverge(undefined)
    const first = this.#ledger.pending[0] as Pending
    this.#reject(first, error)
    this.#tellSettled(first.commit.call)
    void this.#queue.push(async () => {
      await this.#replay()
      this.#settleFirst()
      this.#listener.pendingChanged()
    })
  }

  #reject({ commit, connection }: Pending, error: ErrorData): void {
    this.#hidden.delete(commit.call)
    this.#rebased.delete(commit.call)
    this.#keep({ kind: 'rejected', call: commit.call, error })
    if (!isDerived(commit))
      this.#list({ id: commit.call, action: commit.action as string, args: commit.args ?? [], at: commit.at, error, connection })
  }

  #list({
    connection,
    error,
    ...call
  }: Pick<RejectedCall, 'id' | 'action' | 'args' | 'at'> & { error: ErrorData; connection: Connection | undefined }): void {
    const { name, message, code } = error
    const shown = {
      ...call,
      system: this.system.name,
      instance: this.name.id,
      error: { name, message, ...(code === undefined ? {} : { code }) },
    }
    this.#keep({ kind: 'listed', rejection: { ...shown, ...withConnection(connection) } })
    this.#listener.rejectedChanged()
  }

  // ---- state and store -----------------------------------------------------------------------------------------------

  #isSynced(): boolean {
    const { log, pending } = this.#ledger
    // What has a log, or stands on something pending, is for the server to confirm, however long that takes.
    return log !== undefined || pending.length > 0 || (this.#divergence === undefined && this.#host.isSynced())
  }

  #pendingViews(): PendingView[] {
    return this.#ledger.pending.map(({ commit }) => ({ commit, isHidden: this.#hidden.has(commit.call) }))
  }

  /** Makes `next` what tabs show; `ops` where they are known. */
  #show(next: State, ops: readonly Op[] = diffInOrder(this.#current, next)): void {
    this.#current = next
    if (ops.length > 0) this.#listener.changed(ops)
  }

  /** Folds a record and stores it; nobody waits for that. If storing fails, the instance goes back to what is stored. */
  #keep(record: JournalRecord): void {
    const stored = this.#record(record)
    this.#unstoredRecords++
    const settled = (): void => {
      this.#unstoredRecords--
      if (this.#ledger.pending.length > 0) this.#listener.pendingChanged()
    }
    stored.then(settled, settled)
  }

  /** Folds a record and stores it; the promise is that of the store. */
  #record(record: JournalRecord): Promise<void> {
    fold(this.#ledger, record)
    if (this.#movesStacks(record)) this.#listener.pastChanged()
    return this.#host.journal.append(this.name, [record]).catch(async (error: unknown) => {
      await this.#queue.push(() => this.#returnToStored()).catch(() => undefined)
      throw error
    })
  }

  /** Takes everything back that is not stored (rule S4). Whoever waited for it hears of the failure after that. */
  async #returnToStored(): Promise<void> {
    if (!this.#host.journal.hasFailed(this.name)) return
    await this.#load()
    if (this.#isUnborn) this.#show(applyOps({}, (await this.#createBeginning()).commit.ops))
    this.#settleFirst()
    this.#listener.pendingChanged()
    this.#listener.rejectedChanged()
    this.#listener.fellBack()
  }

  async #load(): Promise<void> {
    // What is still on its way to the store belongs to what is stored.
    await this.#host.journal.idle()
    const stored = await this.#host.store.load(this.name)
    const { ledger, seq, inChunks } = stored === undefined ? { ledger: createLedger(), seq: 0, inChunks: {} } : readLedger(stored)
    this.#ledger = ledger
    this.#listener.pastChanged()
    this.#inChunks = inChunks
    this.#hidden.clear()
    this.#rebased.clear()
    this.#host.journal.register(this, seq, stored)
    this.#lastOwn = undefined
    if (this.#isUnborn) return
    if (ledger.pending.every(({ commit }) => this.#isCurrent(commit))) this.#show(withPending(this.#ledger.confirmed, this.#ledger.pending))
    else await this.#replay()
  }

  /** Whether a pending commit that was stored is what this build makes of its call, on what is confirmed now. */
  #isCurrent({ base, version }: Commit): boolean {
    return base === this.#ledger.head && version === this.system.version
  }

  /** Nothing is stored of it, not even its beginning: that is made with the first call, or comes from the server. */
  get #isUnborn(): boolean {
    return this.#ledger.head === 0 && this.#ledger.pending.length === 0
  }

  #createBeginning(): Promise<Pending> {
    return createCommit(this.system, this.name.id, this.#host.clock)
  }

  /** Makes the commits that the log lacks: its beginning, or what the build's version and fields ask for (rule Y11). */
  async #complete(): Promise<void> {
    if (this.#isUnborn) {
      const beginning = await this.#createBeginning()
      this.#current = {}
      return this.#commit(beginning)
    }
    const hasMigrated = await this.#migrate()
    if (hasMigrated || this.#missingFields().length > 0) await this.#replay()
  }

  /**
   * Brings the state up to the build's version, before all that is pending: that runs again on top. A migration that
   * fails leaves the state as it was, to be read only.
   */
  async #migrate(): Promise<boolean> {
    this.#migrationError = undefined
    const { head, pending } = this.#ledger
    // Before the log is confirmed, its beginning tells which build it is from.
    const version = this.#ledger.version || (pending.find(({ commit }) => isDerived(commit))?.commit.version ?? 0)
    if (version === 0 || version >= this.system.version || pending.some(({ commit }) => isMigration(commit))) return false
    try {
      this.#commit(
        await migration(this.system, this.name.id, this.#derivedState(), version, this.#host.clock.now(), head, this.#host.clock),
        'first',
      )
      return true
    } catch (error) {
      this.#migrationError = error as HomeroomError
      this.#host.report(error)
      return false
    }
  }

  /** New fields come before what is pending, because that may use them when it runs again. */
  #addFields(): void {
    for (const pending of this.#missingFields()) this.#commit(pending, 'first')
  }

  #missingFields(): Pending[] {
    if (this.isOutdated || this.#isUnborn || this.#migrationError !== undefined) return []
    return addedFields(this.system, this.#derivedState(), this.#host.clock.now(), this.#ledger.head)
  }

  /** The state before anything that was called: what is confirmed, and what was derived since. */
  #derivedState(): State {
    const { confirmed, pending } = this.#ledger
    return withPending(
      confirmed,
      pending.filter(({ commit }) => isDerived(commit)),
    )
  }

  /** For the journal: the ledger as chunks. */
  get instance(): InstanceName {
    return this.name
  }

  takeSnapshot(): { chunks: ReadonlyMap<string, string>; gone: readonly string[]; stored: () => void } {
    const { confirmed } = this.#ledger
    return { ...ledgerToChunks(this.#ledger, this.#inChunks), stored: () => (this.#inChunks = confirmed) }
  }
}

function keyOf(commit: Commit | undefined): CommitKey | null {
  return commit === undefined ? null : { boot: commit.boot, n: commit.n }
}

/** A state with the recorded operations of pending commits on top, in order. */
function withPending(state: State, pending: readonly Pending[]): State {
  return pending.reduce((before, { commit }) => applyOps(before, commit.ops), state)
}

function withConnection(connection: Connection | undefined): { readonly connection?: Connection } {
  return connection === undefined ? {} : { connection }
}

function cancelled(what: string): HomeroomError {
  return new HomeroomError('call/cancelled', `The call was cancelled: ${what}.`)
}

function failure(thrown: unknown): Outcome {
  return { ok: false, error: errorToData(thrown), settled: true }
}
