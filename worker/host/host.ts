/**
 * The host: the one context of an app on a device that runs its actions. Tabs attach by a port; each gets a session.
 *
 * Invariants
 * 1. Nothing is read from or written to the store before this host holds the app's lock and has raised the epoch (H1).
 * 2. A boot holds a lock of its own while it lives, so that tabs notice its death (H4).
 * 3. A tab is told of an instance only while it has a handle on it, beginning with a snapshot (F1, F3).
 */
import { type Endpoint, expose } from 'comlink'
import type { Clock } from '../../lib/protocol/environment.ts'
import { type ErrorData, errorToData, HomeroomError } from '../../lib/protocol/errors.ts'
import {
  type Answer,
  type CallMessage,
  type FeedMessage,
  type HostControl,
  type HostHello,
  type OpenRequest,
  PORT_PROTOCOL,
  type RejectedCall,
  type SyncState,
  type TabHello,
} from '../../lib/protocol/port-messages.ts'
import type { Metadata } from '../../lib/system/agentic-system.ts'
import { copyValue } from '../../lib/protocol/value.ts'
import { type DescribedSystem, describeSystem, isSystemClass } from '../../lib/system/describe-system.ts'
import type { HostEnvironment } from '../environment.ts'
import { DEFAULT_HOST_LIMITS, type HostLimits } from '../limits.ts'
import { type InstanceListener } from '../run/instance.ts'
import { handleOfConnection, placeOf, tabOfConnection } from '../run/connections.ts'
import { tabOf } from '../run/ledger.ts'
import type { UndoState } from '../run/undo-stacks.ts'
import { Journal } from '../store/journal.ts'
import { instanceKey, type Store } from '../store/store.ts'
import { Uplink } from '../sync/uplink.ts'
import { type OpenInstance, OpenInstances } from './open-instances.ts'
import { assertCall, assertTab, callsOf, guardEndpoint, isCall } from './port-guard.ts'
import { type Attached, type FeedPort, type Handle, Session } from './session.ts'

export interface SyncOptions {
  readonly url: string
  /** Asked for whenever a connection is made. */
  token?(): string | undefined | Promise<string | undefined>
}

export interface HostOptions {
  /** Names the store, the locks and the database. Default `'default'`; required as soon as `sync` is set. */
  readonly app?: string
  /** Classes by the name that tabs know them under. What does not extend `AgenticSystem` is ignored. */
  readonly systems: Readonly<Record<string, unknown>>
  readonly sync?: string | SyncOptions
}

/** Where the disk is too full to start, the host tries again after so many ms. */
const CLAIM_PAUSE = 1_000
/** A boot may count this many commits before it would touch the session numbers of the next. */
const SESSIONS_PER_EPOCH = 2 ** 20

const NOTHING_TO_UNDO: UndoState = { canUndo: false, canRedo: false }

interface Running {
  readonly store: Store
  readonly epoch: number
  readonly instances: OpenInstances
}

export class Host {
  readonly #environment: HostEnvironment
  readonly #limits: HostLimits
  readonly #app: string
  readonly #systems: ReadonlyMap<string, DescribedSystem>
  readonly #boot: string
  readonly #bootLock: string
  /** Held while this host counts; answers what releases it. */
  readonly #isAlive: Promise<() => void>
  #isStopped = false
  readonly #running: Promise<Running>
  readonly #sessions = new Map<string, Session>()
  readonly #watchedTabs = new Set<string>()
  #sync: SyncOptions | undefined
  #syncChanges: Promise<void> = Promise.resolve()
  /** Somebody chose to be offline: for all tabs, and still so after a restart, until somebody connects again. */
  #isOffline = false
  #instances: OpenInstances | undefined
  #uplink: Uplink | undefined
  #commits = 0
  #flushes: (() => void)[] = []
  #shownSync: SyncState | undefined
  #isSyncToShow = false

  /** @throws HomeroomError `host/app-required`, and what `describeSystem` throws */
  constructor(environment: HostEnvironment, options: HostOptions) {
    if (options.sync !== undefined && options.app === undefined)
      throw new HomeroomError(
        'host/app-required',
        'serve() has `sync` but no `app`: give the app a name, because its data on the server and on this device belong to that name.',
      )
    this.#environment = environment
    this.#limits = { ...DEFAULT_HOST_LIMITS, ...environment.limits }
    this.#app = options.app ?? 'default'
    const classes = Object.entries(options.systems).flatMap(([name, value]) => (isSystemClass(value) ? [[name, value] as const] : []))
    this.#systems = new Map(classes.map(([name, Class]) => [name, describeSystem(name, Class)]))
    this.#boot = environment.randomId()
    this.#bootLock = `homeroom:boot:${this.#boot}`
    this.#sync = typeof options.sync === 'string' ? { url: options.sync } : options.sync
    if (this.#sync !== undefined) assertSyncUrl(this.#sync.url)
    this.#isAlive = environment.locks.hold(this.#bootLock)
    this.#running = this.#start()
    this.#running.catch(() => undefined)
  }

  /** Attaches a tab by its port. */
  accept(endpoint: Endpoint): void {
    let session: Session | undefined
    const attached = (): Session => {
      if (session !== undefined) return session
      throw new HomeroomError('host/no-hello', 'A tab must say hello before anything else.')
    }
    const control: HostControl = {
      hello: (tab, feed) =>
        answer(async () => {
          if (this.#isStopped) throw new HomeroomError('host/stopped', 'Another worker of this app has taken over. Connect to that one.')
          session = await this.#attach(tab, feed)
          return this.#hello()
        }),
      open: (request) => answer(() => this.#open(attached(), request)),
      close: async (handle) => this.#close(attached(), handle),
      submit: async (calls) => this.#submit(attached(), calls),
      cancel: async (call) => this.#cancel(attached(), call),
      follow: async (calls) => this.#follow(attached(), calls),
      show: (handle, value) => answer(async () => this.#show(attached(), handle, value)),
      acknowledge: async (calls) => this.#eachInstance((open) => open.instance.acknowledge(calls)),
      instances: (system) => this.#list(system),
      retry: (call) => answer(async () => this.#eachInstance(({ instance }) => instance.retry(call))),
      dismiss: async (call) => this.#eachInstance(({ instance }) => instance.dismiss(call)),
      connectSync: (url, token) =>
        answer(() => this.#inOrder(() => this.#connectSync({ url, ...(token === undefined ? {} : { token: () => token }) }))),
      disconnectSync: () => this.#inOrder(() => this.#disconnectSync()),
      bye: async () => this.#detach(attached()),
    }
    expose(control, guardEndpoint(endpoint, new Set(Object.keys(control))))
  }

  // ---- start ---------------------------------------------------------------------------------------------------------

  async #start(): Promise<Running> {
    await this.#environment.locks.hold(`homeroom:${this.#app}:host`)
    const store = watchFence(await this.#environment.openStore(this.#app), () => this.#stop())
    const { clock, randomId, yieldToLoop } = this.#environment
    const epoch = await claimEpoch(store, clock)
    const { turnsPerSlice } = this.#limits
    const journal = new Journal(store, epoch, this.#limits, yieldToLoop)
    const instances = new OpenInstances(
      this.#systems,
      {
        store,
        journal,
        boot: this.#boot,
        device: store.device,
        clock,
        randomId,
        nextCount: () => ++this.#commits,
        yieldToLoop,
        turnsPerSlice,
        isSynced: () => this.#sync !== undefined,
        isConnected: (connection) => this.#isConnected(connection),
        present: (instance) => this.#instances?.find(instance)?.presence.connections ?? [],
        report: (error) => this.#environment.report(error),
      },
      {
        clock,
        isHere: (connection) => this.#isHere(connection),
        elsewhere: ({ instance }) => this.#uplink?.elsewhere(instance) ?? new Map(),
        changed: ({ instance }) => this.#uplink?.touchPresence(instance),
      },
      (open) => this.#listener(open),
    )
    const remembered = await store.readFact('sync')
    if (this.#sync === undefined && remembered !== undefined) this.#sync = { url: remembered }
    this.#isOffline = (await store.readFact('offline')) !== undefined
    const running = { store, epoch, instances }
    this.#instances = instances
    this.#resume(running).catch((error: unknown) => this.#environment.report(error))
    return running
  }

  /** Another host has taken over (rule H1): this one falls silent, and its tabs see its lock freed and go to the other. */
  #stop(): void {
    this.#isStopped = true
    this.#uplink?.stop()
    for (const session of this.#sessions.values()) session.close()
    this.#sessions.clear()
    void this.#isAlive.then((release) => release())
  }

  /** What the last host left goes on, tab or no tab: pending commits (Y7), connections to end (C1), calls with steps (A9). */
  async #resume(running: Running): Promise<void> {
    this.#startUplink(running)
    for (const name of await running.store.instances()) {
      if (!running.instances.serves(name.system)) continue
      const open = running.instances.get(name)
      await open.ready.catch(() => undefined)
      for (const { id } of open.instance.attached) this.#watchTab(tabOfConnection(id))
      if (!running.instances.release(open)) this.#attachToSync(open)
    }
    this.#toAll({ type: 'rejected', rejected: this.#rejected() })
    this.#syncChanged()
  }

  #startUplink({ store, epoch, instances }: Running): void {
    if (this.#sync === undefined || this.#isOffline || this.#uplink !== undefined) return
    const { clock, random, openSocket } = this.#environment
    const options = {
      clock,
      random,
      openSocket,
      device: store.device,
      firstSession: epoch * SESSIONS_PER_EPOCH,
      pushCommits: this.#limits.pushCommits,
      ...this.#sync,
    }
    this.#uplink = new Uplink({
      ...options,
      changed: () => this.#syncChanged(),
      here: ({ name }) => instances.find(name)?.presence.here ?? [],
      wantsPresence: ({ name }) => instances.find(name)?.presence.isWanted === true,
      presenceChanged: ({ name }) => instances.find(name)?.presence.changedElsewhere(),
    })
    for (const { instance } of instances.all) this.#uplink.attach(instance)
    this.#uplink.start()
  }

  // ---- tabs ----------------------------------------------------------------------------------------------------------

  async #hello(): Promise<HostHello> {
    await this.#isAlive
    const systems = [...this.#systems.values()].map(({ name, version, fields, actions, initial }) => ({
      name,
      version,
      fields,
      actions,
      initial,
    }))
    return { protocol: PORT_PROTOCOL, boot: this.#boot, lock: this.#bootLock, systems }
  }

  async #attach({ tab, protocol, handles = [] }: TabHello, feed: FeedPort): Promise<Session> {
    if (protocol !== PORT_PROTOCOL)
      throw new HomeroomError(
        'host/protocol',
        `This tab speaks protocol ${protocol}, the worker ${PORT_PROTOCOL}: they come from different builds. Reload the page.`,
      )
    assertTab(tab, feed)
    const old = this.#sessions.get(tab)
    const session = new Session(tab, this.#boot, feed, (flush) => this.#flushSoon(flush))
    session.expect(handles)
    this.#sessions.set(tab, session)
    // What the tab will open again goes on.
    if (old !== undefined) this.#endSession(old)
    this.#watchTab(tab)
    this.#endConnections((connection) => tabOfConnection(connection) === tab && !session.has(handleOfConnection(connection)))
    session.send({ type: 'sync', sync: this.#syncState() })
    // What this tab was told the others may not have been: the next change is told to all.
    this.#shownSync = undefined
    session.send({ type: 'rejected', rejected: this.#rejected() })
    return session
  }

  /** A tab's death is noticed by its lock (rule H4). */
  #watchTab(tab: string): void {
    if (tab === '' || this.#watchedTabs.has(tab)) return
    this.#watchedTabs.add(tab)
    const gone = (): void => {
      this.#watchedTabs.delete(tab)
      const session = this.#sessions.get(tab)
      if (session !== undefined) this.#detach(session)
      this.#eachInstance(({ instance }) => instance.forgetTab(tab))
      this.#endConnections((connection) => tabOfConnection(connection) === tab)
    }
    this.#environment.locks.whenFree(`homeroom:tab:${tab}`, new AbortController().signal).then(gone, () => undefined)
  }

  /** A connection lives while its tab does and has its handle. */
  async #isConnected(connection: string): Promise<boolean> {
    const tab = tabOfConnection(connection)
    const session = this.#sessions.get(tab)
    if (session !== undefined) return session.has(handleOfConnection(connection))
    if (!(await this.#environment.locks.isHeld(`homeroom:tab:${tab}`))) return false
    this.#watchTab(tab)
    return true
  }

  #endConnections(isOver: (connection: string) => boolean): void {
    this.#eachInstance(({ instance, presence }) => {
      const over = [...instance.attached].filter(({ id }) => isOver(id))
      for (const { id } of over) instance.disconnect(id)
      if (over.length > 0) presence.changed()
    })
  }

  /** As `isConnected`, by what is known already. */
  #isHere(connection: string): boolean {
    const tab = tabOfConnection(connection)
    return this.#sessions.get(tab)?.has(handleOfConnection(connection)) ?? this.#watchedTabs.has(tab)
  }

  #detach(session: Session): void {
    if (this.#sessions.get(session.tab) === session) this.#sessions.delete(session.tab)
    this.#endSession(session)
  }

  #endSession(session: Session): void {
    for (const handle of session.handles.keys()) this.#close(session, handle)
    session.close()
  }

  async #open(session: Session, request: OpenRequest): Promise<void> {
    if (session.handles.has(request.handle))
      throw new HomeroomError(
        'host/bad-message',
        `The handle ${String(request.handle)} is open already. Nothing was opened. Use the library in the page.`,
      )
    // Known at once, so that calls sent right behind the request find it.
    const handle: Handle = {
      number: request.handle,
      instance: instanceKey(request),
      session,
      hasSnapshot: false,
      undo: NOTHING_TO_UNDO,
      watchesPresence: false,
      knowsPresence: false,
      opened: this.#running.then((running) => this.#attachHandle(running, handle, request)),
    }
    session.handles.set(request.handle, handle)
    const { open } = await handle.opened
    for (const tab of open.instance.tabsWithOutcomes) this.#watchTab(tab)
    handle.hasSnapshot = true
    session.send({ type: 'snapshot', handle: handle.number, state: open.instance.current, streams: open.instance.liveStreams })
    this.#showUndo(open)
    const { migrationError } = open.instance
    if (migrationError !== undefined) session.send({ type: 'handle-error', handle: handle.number, error: errorToData(migrationError) })
  }

  async #attachHandle({ store, instances }: Running, handle: Handle, { system, id, metadata }: OpenRequest): Promise<Attached> {
    if (typeof id !== 'string') throw new HomeroomError('system/bad-id', `An instance's id must be a string, not ${typeof id}.`)
    const first = { id: connectionId(handle), device: store.device, metadata: copyValue(metadata, ['metadata']) as Metadata | undefined }
    assertCurrent(handle)
    const open = instances.get({ system, id })
    open.handles.add(handle)
    this.#attachToSync(open)
    await open.ready
    assertCurrent(handle)
    const connection = open.instance.connectionAt(first.id) ?? first
    handle.connection = connection
    open.instance.connect(connection)
    open.presence.changed()
    return (handle.attached = { open, connection })
  }

  #attachToSync({ instance, ready }: OpenInstance): void {
    ready.then(
      () => {
        if (this.#uplink?.has(instance) === false) this.#uplink.attach(instance)
      },
      () => undefined,
    )
  }

  #close(session: Session, number: number): void {
    const handle = session.handles.get(number)
    session.forget(number)
    if (handle === undefined)
      return this.#endConnections((connection) => tabOfConnection(connection) === session.tab && handleOfConnection(connection) === number)
    this.#eachInstance((open) => {
      if (!open.handles.delete(handle)) return
      const goesOn = this.#sessions.get(session.tab)?.has(number) === true
      if (!goesOn) open.instance.disconnect(connectionId(handle))
      open.presence.changed()
      this.#releaseIfIdle(open)
    })
  }

  #releaseIfIdle(open: OpenInstance): void {
    if (this.#instances?.release(open) === true) this.#uplink?.detach(open.instance)
  }

  /** @throws HomeroomError `value/unsupported`, `presence/too-large` */
  async #show(session: Session, number: number, value: unknown): Promise<void> {
    const handle = session.handles.get(number)
    if (handle !== undefined) (await handle.opened).open.presence.show(handle, value)
  }

  #submit(session: Session, calls: readonly CallMessage[]): void {
    for (const call of callsOf(session.tab, calls)) {
      const handle = session.handles.get(call.handle)
      if (handle?.attached !== undefined && isCall(call) && !session.isWaiting(handle.instance)) {
        handle.attached.open.instance.submit(call, handle.attached.connection)
        continue
      }
      const ready = this.#attachedTo(handle, call).then(
        ({ open, connection }) =>
          () =>
            open.instance.submit(call, connection),
        (error: unknown) => () =>
          session.send({ type: 'outcome', calls: [call.id], outcome: { ok: false, error: errorToData(error), settled: true } }),
      )
      session.inOrder(handle?.instance ?? '', ready)
    }
  }

  async #attachedTo(handle: Handle | undefined, call: CallMessage): Promise<Attached> {
    assertCall(call)
    if (handle === undefined) throw closedHandle()
    return handle.opened
  }

  #cancel(session: Session, call: string): void {
    for (const { opened } of session.handles.values())
      opened.then(
        ({ open }) => open.instance.cancel(call),
        () => undefined,
      )
  }

  #follow(session: Session, calls: readonly { id: string; handle: number }[]): void {
    for (const { id, handle } of calls) {
      const opened = session.handles.get(handle)?.opened
      opened?.then(
        ({ open }) => {
          if (!open.instance.follow(id))
            session.send({ type: 'settled', calls: [id], outcome: { ok: false, error: errorToData(forgottenCall()), settled: true } })
        },
        () => undefined,
      )
    }
  }

  async #list(system: string | undefined): Promise<readonly { system: string; id: string }[]> {
    const { store } = await this.#running
    const all = await store.instances()
    return all.filter((name) => system === undefined || name.system === system).map(({ system: of, id }) => ({ system: of, id }))
  }

  // ---- what instances tell -------------------------------------------------------------------------------------------

  #listener(open: () => OpenInstance): InstanceListener {
    const toTab = (call: string, message: FeedMessage): void => this.#sessions.get(tabOf(call))?.send(message)
    return {
      changed: (ops) => {
        for (const { session, number, hasSnapshot } of open().handles) if (hasSnapshot) session.send({ type: 'patch', handle: number, ops })
      },
      streamed: (stream, event) => {
        for (const { session, number, hasSnapshot } of open().handles)
          if (hasSnapshot) session.send({ type: 'stream', handle: number, stream, event })
      },
      running: (call) => toTab(call, { type: 'running', calls: [call] }),
      outcome: (call, outcome) => {
        // What a call has made undoable is known in the tab when the call resolves.
        this.#showUndoIfNew(open())
        toTab(call, { type: 'outcome', calls: [call], outcome })
      },
      settled: (call, outcome) => toTab(call, { type: 'settled', calls: [call], outcome }),
      pendingChanged: () => {
        this.#uplink?.nudge(open().instance)
        this.#syncChanged()
        if (open().handles.size === 0) this.#releaseIfIdle(open())
      },
      pastChanged: () => {
        if (open().hasNewPast) return
        open().hasNewPast = true
        this.#flushSoon(() => this.#showUndoIfNew(open()))
      },
      usedConnections: () => open().presence.useInTurns(),
      connectedAnew: (connection) => {
        for (const handle of open().handles) {
          if (handle.connection === undefined || placeOf(handle.connection.id) !== placeOf(connection.id)) continue
          handle.connection = connection
          if (handle.attached !== undefined) handle.attached = { open: open(), connection }
          handle.knowsPresence = false
        }
        open().presence.changed()
      },
      fellBack: () => this.#uplink?.pause(open().instance),
      rejectedChanged: () => this.#toAll({ type: 'rejected', rejected: this.#rejected() }),
    }
  }

  #showUndoIfNew(open: OpenInstance): void {
    if (open.hasNewPast) this.#showUndo(open)
  }

  #showUndo(open: OpenInstance): void {
    open.hasNewPast = false
    const states = open.instance.tellUndoStates()
    for (const handle of open.handles) {
      const undo = states.get(placeOf(handle.connection?.id ?? '')) ?? NOTHING_TO_UNDO
      if (!handle.hasSnapshot || (undo.canUndo === handle.undo.canUndo && undo.canRedo === handle.undo.canRedo)) continue
      handle.undo = undo
      handle.session.send({ type: 'undo', handle: handle.number, ...undo })
    }
  }

  #eachInstance(visit: (open: OpenInstance) => void): void {
    for (const open of this.#instances?.all ?? []) visit(open)
  }

  #toAll(message: FeedMessage): void {
    for (const session of this.#sessions.values()) session.send(message)
  }

  /** All sessions flush together, once messages that wait have been handled. */
  #flushSoon(flush: () => void): void {
    if (this.#flushes.push(flush) > 1) return
    void this.#environment.yieldToLoop().then(() => {
      const flushes = this.#flushes
      this.#flushes = []
      for (const run of flushes) run()
    })
  }

  #rejected(): RejectedCall[] {
    const all: RejectedCall[] = []
    this.#eachInstance(({ instance }) => all.push(...instance.rejected.map(({ connection: _, ...rejected }) => rejected)))
    return all
  }

  // ---- sync ----------------------------------------------------------------------------------------------------------

  /** One change of sync at a time, as they were asked for. */
  #inOrder(change: () => Promise<void>): Promise<void> {
    const changed = this.#syncChanges.then(change)
    this.#syncChanges = changed.catch(() => undefined)
    return changed
  }

  async #connectSync(sync: SyncOptions): Promise<void> {
    const running = await this.#running
    const isSame = this.#sync?.url === sync.url && this.#uplink !== undefined && sync.token === undefined
    if (isSame && this.#uplink?.state !== 'off' && this.#uplink?.state !== 'denied') return
    assertSyncUrl(sync.url)
    this.#uplink?.stop()
    this.#uplink = undefined
    this.#sync = sync
    this.#isOffline = false
    await running.store.writeFact(running.epoch, 'sync', sync.url)
    await running.store.writeFact(running.epoch, 'offline', undefined)
    this.#startUplink(running)
  }

  async #disconnectSync(): Promise<void> {
    const { store, epoch } = await this.#running
    this.#isOffline = true
    this.#uplink?.stop()
    this.#syncChanged()
    await store.writeFact(epoch, 'offline', 'yes')
  }

  #syncChanged(): void {
    if (this.#sessions.size === 0 || this.#isSyncToShow) return
    this.#isSyncToShow = true
    this.#flushSoon(() => this.#showSync())
  }

  #showSync(): void {
    this.#isSyncToShow = false
    const sync = this.#syncState()
    const shown = this.#shownSync
    if (shown !== undefined && shown.state === sync.state && shown.pending === sync.pending && shown.error === sync.error) return
    this.#shownSync = sync
    this.#toAll({ type: 'sync', sync })
  }

  #syncState(): SyncState {
    let pending = 0
    let isOutdated = false
    this.#eachInstance(({ instance }) => {
      pending += instance.pendingCount
      isOutdated ||= instance.isOutdated
    })
    const error = this.#uplink?.error
    return { state: this.#linkState(isOutdated), pending, ...(error === undefined ? {} : { error }) }
  }

  #linkState(isOutdated: boolean): SyncState['state'] {
    if (this.#sync === undefined) return 'off'
    if (isOutdated) return 'outdated'
    if (this.#uplink === undefined) return this.#isOffline ? 'offline' : 'connecting'
    return this.#uplink.state === 'off' ? 'offline' : this.#uplink.shownState
  }
}

/** The store, telling when it has refused a write because another host's epoch counts now: before the writer hears of it. */
function watchFence(store: Store, fenced: () => void): Store {
  const watch = async <T>(write: Promise<T>): Promise<T> => {
    try {
      return await write
    } catch (error) {
      if (errorToData(error).code === 'store/fenced') fenced()
      throw error
    }
  }
  return {
    ...store,
    write: (epoch, batch) => watch(store.write(epoch, batch)),
    writeFact: (epoch, name, text) => watch(store.writeFact(epoch, name, text)),
  }
}

/** A full disk may refuse even this: the host waits until there is space, and calls wait with it. */
async function claimEpoch(store: Store, clock: Clock): Promise<number> {
  for (;;) {
    try {
      return await store.claim()
    } catch (error) {
      if (errorToData(error).code !== 'storage/quota') throw error
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, CLAIM_PAUSE))
    }
  }
}

async function answer<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await work() }
  } catch (thrown) {
    const error: ErrorData = errorToData(thrown)
    return { ok: false, error }
  }
}

function assertSyncUrl(url: string): void {
  if (/^wss?:\/\/[^/]/.test(url)) return
  throw new HomeroomError(
    'sync/bad-url',
    `${JSON.stringify(url.slice(0, 200))} is no address of a sync server. Give one that begins with ws:// or wss://.`,
  )
}

/** The first connection of the handle: the same for the next host, if the tab opens the handle there again. */
function connectionId({ session, number }: Handle): string {
  return `${session.tab}:${number}`
}

/** @throws HomeroomError `handle/closed` if the tab has closed the handle meanwhile */
function assertCurrent(handle: Handle): void {
  if (handle.session.handles.get(handle.number) !== handle) throw closedHandle()
}

function closedHandle(): HomeroomError {
  return new HomeroomError('handle/closed', 'The handle was closed before the call reached the worker. Nothing was run.')
}

function forgottenCall(): HomeroomError {
  return new HomeroomError(
    'call/unknown',
    'The worker knows nothing of this call any more: the site data was cleared. What it did here is gone.',
  )
}
