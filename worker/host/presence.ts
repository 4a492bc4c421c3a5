/**
 * Who is connected to one instance, as this host knows it: its own tabs, and what the uplink tells of other devices. It
 * goes to turns (`this.connections`), to the server, and to the tabs that asked for it.
 */
import type { Clock } from '../../lib/protocol/environment.ts'
import { HomeroomError } from '../../lib/protocol/errors.ts'
import { PRESENCE_LIMITS, type PresentConnection, type ShownConnection, Throttle } from '../../lib/protocol/presence.ts'
import { copyValue } from '../../lib/protocol/value.ts'
import { encode } from '../../lib/protocol/wire.ts'
import type { Connection, Metadata } from '../../lib/system/agentic-system.ts'
import type { OpenInstance } from './open-instances.ts'
import type { Handle } from './session.ts'

export interface InstancePresenceHost {
  readonly clock: Clock
  /** Whether the tab of a connection that has begun on this device lives, with its handle. */
  isHere(connection: string): boolean
  /** Connections on other devices, by device. */
  elsewhere(open: OpenInstance): ReadonlyMap<string, ReadonlyMap<string, PresentConnection>>
  /** What is to be told to the server has changed. */
  changed(open: OpenInstance): void
}

export class InstancePresence {
  readonly #host: InstancePresenceHost
  readonly #open: () => OpenInstance
  readonly #feeding: Throttle
  #isUsedInTurns = false
  /** What tabs were told last. */
  #told: ReadonlyMap<string, ShownConnection> = new Map()

  constructor(host: InstancePresenceHost, open: () => OpenInstance) {
    this.#host = host
    this.#open = open
    this.#feeding = new Throttle(
      (run, ms) => host.clock.setTimeout(run, ms),
      () => this.#feed(),
    )
  }

  /** The connections present now, on every device. */
  get connections(): readonly Connection[] {
    const elsewhere = [...this.#elsewhere()].map(([device, { id, metadata }]) => ({
      id,
      device,
      metadata: metadata as Metadata | undefined,
    }))
    return [...this.#here().map(({ connection }) => connection), ...elsewhere]
  }

  /** Whether other devices are to be known, and to know of this one. Where nobody asks, presence costs nothing. */
  get isWanted(): boolean {
    const { instance, handles } = this.#open()
    const { hasConnectionHooks, mentionsConnections } = instance.system
    return hasConnectionHooks || mentionsConnections || this.#isUsedInTurns || [...handles].some((handle) => handle.watchesPresence)
  }

  /** What the server is to know of this device. */
  get here(): readonly PresentConnection[] {
    return this.#here().map(({ connection: { id, metadata }, value }) => ({
      id,
      ...(metadata === undefined ? {} : { metadata }),
      ...(value === undefined ? {} : { value }),
    }))
  }

  /** A turn has looked at `connections`: from now on the other devices are to be known. */
  useInTurns(): void {
    if (this.#isUsedInTurns) return
    this.#isUsedInTurns = true
    this.changed()
  }

  /** @throws HomeroomError `value/unsupported`, `presence/too-large` */
  show(handle: Handle, value: unknown): void {
    const copied = copyValue(value, ['presence'])
    const size = copied === undefined ? 0 : encode(copied).length
    if (size > PRESENCE_LIMITS.value)
      throw new HomeroomError(
        'presence/too-large',
        `The value to show takes ${size} characters, more than ${PRESENCE_LIMITS.value}. The one before stays. Keep large values in the state.`,
      )
    handle.shown = copied
    handle.watchesPresence = true
    this.changed()
  }

  /** Handles came or went, or show something else. */
  changed(): void {
    this.#host.changed(this.#open())
    this.changedElsewhere()
  }

  changedElsewhere(): void {
    if (this.#watchers().length > 0) this.#feeding.call()
  }

  #watchers(): Handle[] {
    return [...this.#open().handles].filter(({ watchesPresence, connection }) => watchesPresence && connection !== undefined)
  }

  /** Those of open handles, and those whose tabs have not come back to this host yet. */
  #here(): { connection: Connection; value: unknown }[] {
    const { instance, handles } = this.#open()
    const here = new Map<string, { connection: Connection; value: unknown }>()
    for (const { connection, shown } of handles) if (connection !== undefined) here.set(connection.id, { connection, value: shown })
    for (const connection of instance.attached)
      if (!here.has(connection.id) && this.#host.isHere(connection.id)) here.set(connection.id, { connection, value: undefined })
    return [...here.values()]
  }

  *#elsewhere(): Iterable<[string, PresentConnection]> {
    for (const [device, connections] of this.#host.elsewhere(this.#open()))
      for (const connection of connections.values()) yield [device, connection]
  }

  #shown(): Map<string, ShownConnection> {
    const shown = new Map<string, ShownConnection>()
    const add = (device: string, { id, value }: PresentConnection): void => {
      const before = this.#told.get(id)
      if (shown.has(id)) return
      const isSame = before?.device === device && Object.is(before.value, value)
      shown.set(id, isSame ? before : { id, device, ...(value === undefined ? {} : { value }) })
    }
    for (const { connection, value } of this.#here()) add(connection.device, { id: connection.id, value })
    for (const [device, connection] of this.#elsewhere()) add(device, connection)
    return shown
  }

  #feed(): void {
    const shown = this.#shown()
    const all = [...shown.values()]
    const here = all.filter((connection) => this.#told.get(connection.id) !== connection)
    const gone = [...this.#told.keys()].filter((id) => !shown.has(id))
    this.#told = shown
    for (const handle of this.#watchers()) {
      const message = { type: 'presence', handle: handle.number, self: (handle.connection as Connection).id } as const
      if (!handle.knowsPresence) handle.session.send({ ...message, all: true, here: all, gone: [] })
      else if (here.length + gone.length > 0) handle.session.send({ ...message, all: false, here, gone })
      handle.knowsPresence = true
    }
  }
}
