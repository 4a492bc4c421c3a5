/** A handle on a system: an object without prototype whose members are the signals and actions that the host named. */
import { batch, type ReadonlySignal, signal } from '@preact/signals-core'
import { type Deferred, defer } from '../protocol/deferred.ts'
import { HomeroomError } from '../protocol/errors.ts'
import type { SystemShape } from '../protocol/port-messages.ts'
import { copyValue } from '../protocol/value.ts'
import type { Metadata } from '../system/agentic-system.ts'
import { trackCall } from './action-call.ts'
import type { Link } from './link.ts'
import { HandlePresence, type Presence } from './presence.ts'
import { Replica } from './replica.ts'
import type { TabStream } from './stream-handle.ts'
import type { ActionCall, Status } from './types.ts'

/** Names that engines and tools ask any object for; they are no members, and asking is no mistake. */
const ASKED_OF_ANYTHING: ReadonlySet<string> = new Set([
  'then',
  'toJSON',
  'constructor',
  'prototype',
  '__proto__',
  'nodeType',
  'asymmetricMatch',
])

/** One instance as a tab has it open; counted, so that all who use it share one connection. */
export class SystemHandleState {
  readonly id: string
  readonly status = signal<Status>('connecting')
  readonly error = signal<Error | undefined>(undefined)
  /** Whether the connection has something to undo or redo. */
  readonly canUndo = signal(false)
  readonly canRedo = signal(false)
  readonly ready: Deferred<void> = defer()
  readonly actions: object
  readonly proxy: object
  readonly #link: Link
  readonly #system: string | undefined
  readonly #metadata: Metadata | undefined
  #shape: SystemShape | undefined
  #replica: Replica | undefined
  #presence: HandlePresence | undefined
  readonly #number: number
  #isClosed = false
  /** The group of the calls being made. */
  #group: string | undefined
  readonly #unsubscribe: () => void
  /** Takes back the last call of this connection that is not undone, or the call that is named: a click's event names none. */
  readonly undo = (call?: unknown): ActionCall<unknown> => this.#call('$undo', typeof call === 'string' ? [call] : [])
  readonly redo = (): ActionCall<unknown> => this.#call('$redo', [])
  readonly #actions = new Map<string, (...args: unknown[]) => ActionCall<unknown>>()

  /** @param system `undefined` where the app serves only one, and the tab need not know its name */
  constructor(link: Link, system: string | undefined, id: string, metadata: Metadata | undefined) {
    this.#link = link
    this.#system = system
    this.id = id
    this.#metadata = metadata
    this.actions = this.#makeActions()
    this.proxy = this.#makeProxy()
    this.ready.promise.catch(() => undefined)
    this.#number = link.reserveHandle()
    if (link.hello === undefined) {
      link.whenHello(() => this.#openLater())
      link.ready.promise.catch((error: unknown) => this.#fail(error as Error))
    } else this.#open()
    this.#unsubscribe = link.status.subscribe((status) => {
      if (this.#replica !== undefined && status !== 'connected') this.status.value = status
    })
  }

  /** What the system has; `undefined` before the host has said hello. */
  get shape(): SystemShape | undefined {
    return this.#shape
  }

  /** Resolves when `shape` is known. */
  get hello(): Promise<void> {
    return this.#link.ready.promise
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  field(name: string): ReadonlySignal<unknown> {
    if (this.#replica === undefined) throw notReady(name)
    return this.#replica.field(name)
  }

  /** The stream that the field holds, if it holds one. */
  stream(name: string): TabStream | undefined {
    return this.#replica?.stream(name)
  }

  /** Made when it is first asked for: what nobody reads costs nothing. */
  get presence(): Presence {
    this.#presence ??= new HandlePresence(this.#link.environment.clock, (value) => this.#link.show(this.#number, value))
    if (this.#isClosed) this.#presence.close()
    return this.#presence.signal
  }

  has(name: string): boolean {
    return this.#shape !== undefined && (this.#shape.fields.includes(name) || this.#shape.actions.includes(name))
  }

  isField(name: string): boolean {
    return this.#shape?.fields.includes(name) === true
  }

  /** The same function each time. */
  action(name: string): (...args: unknown[]) => ActionCall<unknown> {
    let action = this.#actions.get(name)
    if (action === undefined) this.#actions.set(name, (action = (...args) => this.#call(name, args)))
    return action
  }

  /** @throws HomeroomError `home/not-ready`, `system/no-such-member` */
  member(name: string): unknown {
    if (this.isField(name)) return this.stream(name) ?? this.field(name)
    if (this.#shape === undefined) throw notReady(name)
    if (this.#shape.actions.includes(name)) return this.action(name)
    const known = [...this.#shape.fields, ...this.#shape.actions].join(', ')
    throw new HomeroomError(
      'system/no-such-member',
      `${this.#shape.name} has no field or action named ${name}; it has: ${known}. Mark it with @field or @action().`,
    )
  }

  /**
   * Calls that `run` makes before it returns are undone together, and so are those of a name that follow one another.
   * What `run` awaits is not waited for.
   */
  readonly group = <T>(...args: [run: () => T] | [name: string, run: () => T]): T => {
    const run = args.at(-1) as () => T
    const outer = this.#group
    this.#group ??= args.length > 1 ? String(args[0]) : this.#link.environment.randomId()
    try {
      return run()
    } finally {
      this.#group = outer
    }
  }

  close(): void {
    this.#isClosed = true
    this.#presence?.close()
    this.#unsubscribe()
    this.#link.close(this.#number)
    this.status.value = 'disconnected'
    this.ready.reject(closed(this.id))
  }

  #openLater(): void {
    try {
      if (!this.#isClosed) this.#open()
    } catch (error) {
      this.#fail(error as Error)
      this.#link.refuseCalls(this.#number, error)
    }
  }

  #open(): void {
    const shape = findShape(this.#link.hello?.systems ?? [], this.#system)
    const replica = new Replica(shape.initial)
    this.#shape = shape
    this.#replica = replica
    this.#link.open(
      { handle: this.#number, system: shape.name, id: this.id, ...(this.#metadata === undefined ? {} : { metadata: this.#metadata }) },
      {
        snapshot: (state, streams) => {
          replica.replace(state, streams)
          this.#show(NOTHING_TO_UNDO)
          this.status.value = 'connected'
          this.error.value = undefined
          this.ready.resolve()
        },
        patch: (ops) => replica.apply(ops),
        stream: (name, event) => replica.applyToStream(name, event),
        undo: (can) => this.#show(can),
        presence: (message) => this.#presence?.receive(message),
        failed: (error) => this.#fail(error),
      },
    )
  }

  #show({ canUndo, canRedo }: { readonly canUndo: boolean; readonly canRedo: boolean }): void {
    batch(() => {
      this.canUndo.value = canUndo
      this.canRedo.value = canRedo
    })
  }

  #fail(error: Error): void {
    this.status.value = 'error'
    this.error.value = error
    this.ready.reject(error)
  }

  #call(action: string, args: readonly unknown[]): ActionCall<unknown> {
    let copied: readonly unknown[]
    try {
      copied = copyValue(args, ['arguments'])
    } catch (error) {
      return rejectedCall(error)
    }
    return this.#isClosed ? rejectedCall(closed(this.id)) : this.#link.call(this.#number, action, copied, this.#group).call
  }

  #makeActions(): object {
    return new Proxy(Object.create(null) as object, {
      get: (_, key) => (typeof key === 'string' && key !== 'then' && key !== 'toJSON' ? this.action(key) : undefined),
      has: (_, key) => typeof key === 'string' && this.#shape?.actions.includes(key) === true,
      ownKeys: () => [...(this.#shape?.actions ?? [])],
      getOwnPropertyDescriptor: (_, key) =>
        this.#shape?.actions.includes(String(key)) === true
          ? { value: this.action(String(key)), enumerable: true, configurable: true }
          : undefined,
      ...READ_ONLY,
    })
  }

  #makeProxy(): object {
    const own = new Map<string, () => unknown>([
      ['$id', () => this.id],
      ['$status', () => this.status],
      ['$error', () => this.error],
      ['$ready', () => this.ready.promise],
      ['$presence', () => this.presence],
      ['actions', () => this.actions],
      ['$undo', () => this.undo],
      ['$redo', () => this.redo],
      ['$group', () => this.group],
      ['$canUndo', () => this.canUndo],
      ['$canRedo', () => this.canRedo],
    ])
    const names = (): string[] => [...(this.#shape?.fields ?? []), ...(this.#shape?.actions ?? [])]
    return new Proxy(Object.create(null) as object, {
      get: (_, key) => {
        if (typeof key === 'symbol' || ASKED_OF_ANYTHING.has(key)) return undefined
        const special = own.get(key)
        if (special !== undefined) return special()
        return key.startsWith('$') ? undefined : this.member(key)
      },
      has: (_, key) => typeof key === 'string' && (own.has(key) || this.has(key)),
      ownKeys: names,
      getOwnPropertyDescriptor: (_, key) =>
        typeof key === 'string' && this.has(key) ? { value: this.member(key), enumerable: true, configurable: true } : undefined,
      ...READ_ONLY,
    })
  }
}

const NOTHING_TO_UNDO = { canUndo: false, canRedo: false }

export const READ_ONLY: ProxyHandler<object> = {
  set: () => refuse(),
  defineProperty: () => refuse(),
  deleteProperty: () => refuse(),
}

function refuse(): never {
  throw new HomeroomError('handle/read-only', 'A handle cannot be changed from a tab. Change fields in an action.')
}

function findShape(systems: readonly SystemShape[], name: string | undefined): SystemShape {
  const names = systems.map((system) => system.name).join(', ')
  if (name === undefined) {
    if (systems.length === 1) return systems[0] as SystemShape
    throw new HomeroomError('system/ambiguous', `The app serves ${systems.length} systems (${names || 'none'}): say which one by its name.`)
  }
  const found = systems.find((system) => system.name === name)
  if (found !== undefined) return found
  throw new HomeroomError(
    'system/unknown',
    `No system named ${JSON.stringify(name)} is served; served are: ${names || 'none'}. Export it to serve({ systems }).`,
  )
}

/** A call that is refused in the tab: it has failed before it was queued. */
function rejectedCall(error: unknown): ActionCall<unknown> {
  const tracked = trackCall({ id: '', handle: 0, action: '', args: [], now: 0 }, () => undefined)
  tracked.refuse(error)
  return tracked.call
}

function notReady(name: string): HomeroomError {
  return new HomeroomError(
    'home/not-ready',
    `\`${name}\` was used before the worker had said what it serves. Await home.ready first, or wrap the component in <Suspense>.`,
  )
}

function closed(id: string): HomeroomError {
  return new HomeroomError('handle/closed', `The handle on ${JSON.stringify(id)} is closed. Open a new one by home.system().`)
}
