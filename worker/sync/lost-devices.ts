/**
 * Which devices are gone for good, and when this one ends their connections (rule C1).
 *
 *   begun in the log ──┬── the server calls the device lost ───────────────► when it is this device's turn ──► ended
 *                      ├── the server does not know it ── for a lease's time ──► ended
 *                      └── it is here, or away for less than its lease: nothing
 *
 * Whoever ends a connection too finds it done: all of this may be lost, or be wrong, and only costs time (rule V3).
 */
import type { Clock } from '../../lib/protocol/environment.ts'
import { LEASE_MS, SUCCESSION_MS } from '../../lib/protocol/presence.ts'
import type { PresentDevice } from '../../lib/protocol/sync-messages.ts'
import type { Connection, Metadata } from '../../lib/system/agentic-system.ts'

export interface LostDevicesHost {
  readonly clock: Clock
  readonly device: string
  random(): number
  /** Connections that have begun and not ended as far as the log is known here, with their devices. */
  begun(): ReadonlyMap<string, string>
  /** Ends connections, unless `isGone` denies it when their turn comes. */
  end(connections: readonly Connection[], isGone: () => boolean): void
  /** Nothing of a lost device is left to be ended. */
  ended(device: string): void
}

export class LostDevices {
  readonly #host: LostDevicesHost
  readonly #here = new Set<string>()
  /** Devices that the server calls lost, with the time when this one is to end their connections. */
  readonly #lost = new Map<string, number>()
  /** Devices in the log that the server knows nothing of, with the time when their lease has run out. */
  readonly #unknown = new Map<string, number>()
  /** Connections that are being ended: their end is not in the log yet. */
  readonly #ending = new Set<string>()
  /** Metadata of others' connections, until they have ended (rule C2). */
  readonly #metadata = new Map<string, { readonly device: string; readonly metadata: unknown }>()
  /** What was last looked at. */
  #begun: ReadonlyMap<string, string> | undefined
  #hasRoster = false
  #cancelTimer: () => void = () => undefined

  constructor(host: LostDevicesHost) {
    this.#host = host
  }

  /** Without the server nothing is known of other devices. */
  reset(): void {
    this.#hasRoster = false
    this.#begun = undefined
    this.#cancelTimer()
    for (const known of [this.#here, this.#lost, this.#unknown, this.#ending]) known.clear()
  }

  present(devices: readonly PresentDevice[], all: boolean): void {
    const now = this.#host.clock.now()
    if (all) {
      this.#hasRoster = true
      this.#here.clear()
      this.#lost.clear()
    }
    for (const { device, connections, endAfter } of devices) {
      this.#here.delete(device)
      this.#lost.delete(device)
      if (endAfter !== undefined) this.#lost.set(device, now + endAfter)
      else if (connections.length > 0) this.#here.add(device)
      for (const { id, metadata } of connections) {
        this.#ending.delete(id)
        if (metadata !== undefined) this.#metadata.set(id, { device, metadata })
      }
    }
    this.#begun = undefined
    this.check()
  }

  /** To be called whenever the log has moved on. */
  check(): void {
    const begun = this.#host.begun()
    if (!this.#hasRoster || begun === this.#begun) return
    this.#begun = begun
    this.#cancelTimer()
    const connections = connectionsByDevice(begun)
    this.#forgetWhatEnded(begun, connections)
    const now = this.#host.clock.now()
    let next = Infinity
    for (const [device, ids] of connections) {
      if (device === this.#host.device || this.#here.has(device)) continue
      const due = this.#lost.get(device) ?? this.#leaseOf(device, now)
      if (due <= now) this.#end(device, ids)
      else next = Math.min(next, due)
    }
    if (next < Infinity) this.#cancelTimer = this.#host.clock.setTimeout(() => this.#checkAnew(), next - now)
  }

  #checkAnew(): void {
    this.#begun = undefined
    this.check()
  }

  #forgetWhatEnded(begun: ReadonlyMap<string, string>, connections: ReadonlyMap<string, readonly string[]>): void {
    for (const device of this.#lost.keys()) {
      if (connections.has(device)) continue
      this.#lost.delete(device)
      this.#host.ended(device)
    }
    for (const device of this.#unknown.keys()) if (!connections.has(device) || this.#here.has(device)) this.#unknown.delete(device)
    for (const id of this.#ending) if (!begun.has(id)) this.#ending.delete(id)
    for (const [id, { device }] of this.#metadata)
      if (!begun.has(id) && !this.#here.has(device) && !this.#lost.has(device)) this.#metadata.delete(id)
  }

  /** All devices see the same at the same time, so chance lets one of them be the first. */
  #leaseOf(device: string, now: number): number {
    const due = this.#unknown.get(device) ?? now + LEASE_MS + this.#host.random() * SUCCESSION_MS
    this.#unknown.set(device, due)
    return due
  }

  #end(device: string, ids: readonly string[]): void {
    const open = ids.filter((id) => !this.#ending.has(id))
    if (open.length === 0) return
    for (const id of open) this.#ending.add(id)
    const connections = open.map((id) => ({ id, device, metadata: this.#metadata.get(id)?.metadata as Metadata | undefined }))
    this.#host.end(connections, () => this.#hasRoster && !this.#here.has(device))
  }
}

function connectionsByDevice(begun: ReadonlyMap<string, string>): Map<string, string[]> {
  const connections = new Map<string, string[]>()
  for (const [id, device] of begun) {
    const known = connections.get(device)
    if (known === undefined) connections.set(device, [id])
    else known.push(id)
  }
  return connections
}
