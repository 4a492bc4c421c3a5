/**
 * Presence of one instance on the uplink: tells the server who is connected on this device, and knows who is elsewhere.
 *
 *   connections of this device ── at most 20 a second ──► server
 *   who is elsewhere ◄────────────────────────────────── server     kept for a lease's time after the socket is gone
 *
 * 1. Nothing is said of an instance that neither wants presence here nor has any elsewhere.
 * 2. What is said counts for one opening: each begins with the whole list.
 */
import type { Clock } from '../../lib/protocol/environment.ts'
import type { ErrorData } from '../../lib/protocol/errors.ts'
import { LEASE_MS, PRESENCE_LIMITS, type PresentConnection, Throttle } from '../../lib/protocol/presence.ts'
import type { ClientMessage, OpenedMessage, PresentMessage, ShownMessage } from '../../lib/protocol/sync-messages.ts'
import { encode } from '../../lib/protocol/wire.ts'
import { LostDevices, type LostDevicesHost } from './lost-devices.ts'

export interface PresenceHost extends Omit<LostDevicesHost, 'ended'> {
  readonly clock: Clock
  /** The connections of this device. */
  here(): readonly PresentConnection[]
  /** Whether somebody here wants to know who is elsewhere. */
  isWanted(): boolean
  send(message: ClientMessage): void
  /** Who is elsewhere, or what they show, has changed. */
  changed(): void
  report(error: ErrorData): void
}

/** So many characters of presence go out in a ms, or the next change waits. */
const CHARS_PER_MS = 32

export class Presence {
  readonly #hash: string
  readonly #host: PresenceHost
  readonly #elsewhere = new Map<string, Map<string, PresentConnection>>()
  readonly #lost: LostDevices
  readonly #announcing: Throttle
  /** What the server was told to be shown, by connection; `undefined` while it was told nothing. */
  #told: Map<string, unknown> | undefined
  #isOpen = false
  #mayEnd = false
  #cancelLease: () => void = () => undefined

  constructor(hash: string, host: PresenceHost) {
    this.#hash = hash
    this.#host = host
    this.#lost = new LostDevices({ ...host, ended: (device) => host.send({ type: 'ended', instance: hash, device }) })
    this.#announcing = new Throttle(
      (run, ms) => host.clock.setTimeout(run, ms),
      () => this.#announce(),
    )
  }

  /** Connections of other devices, by device. */
  get elsewhere(): ReadonlyMap<string, ReadonlyMap<string, PresentConnection>> {
    return this.#elsewhere
  }

  /** The instance is open on the server. Who may only read ends nobody's connections. */
  opened(right: OpenedMessage['right']): void {
    this.#isOpen = true
    this.#mayEnd = right !== 'read'
    this.#cancelLease()
    this.touch()
  }

  /** The way to the server is gone. */
  reset(): void {
    if (this.#isOpen) this.#cancelLease = this.#host.clock.setTimeout(() => this.#forgetAll(), LEASE_MS)
    this.#isOpen = false
    this.#told = undefined
    this.#announcing.stop()
    this.#lost.reset()
  }

  /** The device is done with the instance: it has left, and need not be waited for. */
  leave(): void {
    if (this.#isOpen && this.#told !== undefined && this.#told.size > 0)
      this.#host.send({ type: 'presence', instance: this.#hash, connections: [] })
    this.reset()
    this.#cancelLease()
  }

  /** Connections of this device, or what they show, have changed, or are wanted now. */
  touch(): void {
    if (this.#isOpen && this.#isWanted) this.#announcing.call()
  }

  /** Connections in the log may have begun or ended. */
  checkLog(): void {
    this.#lost.check()
  }

  present({ all, devices }: PresentMessage): void {
    if (all) this.#elsewhere.clear()
    for (const { device, connections, endAfter } of devices) {
      if (endAfter !== undefined || connections.length === 0) this.#elsewhere.delete(device)
      else this.#elsewhere.set(device, new Map(connections.map((connection) => [connection.id, connection])))
    }
    if (this.#mayEnd) this.#lost.present(devices, all)
    this.#host.changed()
    if (this.#told === undefined) this.touch()
  }

  shown({ values }: ShownMessage): void {
    for (const { device, id, value } of values) {
      const connection = this.#elsewhere.get(device)?.get(id)
      if (connection === undefined) continue
      const { value: _, ...rest } = connection
      this.#elsewhere.get(device)?.set(id, value === undefined ? rest : { ...rest, value })
    }
    this.#host.changed()
  }

  /** The server refused what was said of presence. */
  refused(error: ErrorData, retryMs: number | undefined): void {
    if (retryMs === undefined) return this.#host.report(error)
    this.#told = undefined
    this.#host.clock.setTimeout(() => this.touch(), retryMs)
  }

  get #isWanted(): boolean {
    return this.#elsewhere.size > 0 || this.#host.isWanted()
  }

  #announce(): number {
    if (!this.#isOpen) return 0
    const here = fitting(this.#host.here())
    const told = this.#told
    const isSame = told !== undefined && told.size === here.length && here.every(({ id }) => told.has(id))
    const changed = here.filter(({ id, value }) => told?.get(id) !== value)
    this.#told = new Map(here.map(({ id, value }) => [id, value]))
    if (!isSame) return this.#say({ type: 'presence', instance: this.#hash, connections: here })
    if (changed.length === 0) return 0
    return this.#say({
      type: 'show',
      instance: this.#hash,
      values: changed.map(({ id, value }) => (value === undefined ? { id } : { id, value })),
    })
  }

  /** @returns how long to be silent after it */
  #say(message: ClientMessage): number {
    this.#host.send(message)
    return encode(message).length / CHARS_PER_MS
  }

  #forgetAll(): void {
    if (this.#elsewhere.size === 0) return
    this.#elsewhere.clear()
    this.#host.changed()
  }
}

/** As much of the connections as the server takes: first ids, then metadata and values as long as there is room. */
function fitting(all: readonly PresentConnection[]): readonly PresentConnection[] {
  const connections = all.slice(0, PRESENCE_LIMITS.connections)
  let room = PRESENCE_LIMITS.device - encode(connections.map(({ id }) => ({ id }))).length
  const take = (name: 'metadata' | 'value', value: unknown): object => {
    if (value === undefined) return {}
    const size = encode({ [name]: value }).length
    if (size > Math.min(room, PRESENCE_LIMITS[name])) return {}
    room -= size
    return { [name]: value }
  }
  return connections.map(({ id, metadata, value }) => ({ id, ...take('metadata', metadata), ...take('value', value) }))
}
