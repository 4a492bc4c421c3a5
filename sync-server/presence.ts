/**
 * Who is connected to one instance, in memory only: losing it costs time, never correctness (rule V3).
 *
 *   here ── its socket is gone ──► away ── 30 s ──► lost ── `ended`, or it comes back ──► forgotten
 *    ▲                              │
 *    └──────── comes back ──────────┘
 *
 * 1. A device counts as here while it is away: the others hear of it only when it is lost (the lease of rule C1).
 * 2. A lost device's connections are kept with their metadata until they have ended, also while nobody is left.
 * 3. A device that has announced itself is known, even where there is no room for what it said: others do not end what lives.
 */
import { PRESENCE_LIMITS, type PresentConnection, SUCCESSION_MS, Throttle } from '../lib/protocol/presence.ts'
import type { PresentDevice } from '../lib/protocol/sync-messages.ts'
import { encode } from '../lib/protocol/wire.ts'
import { errorFrame, frame } from './answers.ts'
import type { Environment } from './environment.ts'
import type { Limits } from './limits.ts'
import { TokenBucket } from './token-bucket.ts'

/** Who is told, and tells. */
export interface PresenceMember {
  readonly device: string
  readonly right: 'read' | 'write' | 'admin'
  send(text: string): void
}

interface Record {
  readonly connections: Map<string, PresentConnection>
  /** Characters that it takes of the server's memory. */
  size: number
  /** Absent while the device is away, or lost. */
  member: PresenceMember | undefined
  isLost: boolean
  cancelTimer: () => void
}

interface Joined {
  readonly messages: TokenBucket
  readonly chars: TokenBucket
  hasRoster: boolean
}

export class RoomPresence {
  readonly #environment: Environment
  readonly #limits: Limits
  readonly #memory: PresenceMemory
  readonly #instance: string
  readonly #onEmpty: () => void
  /** In order of arrival: the first that may write ends what is lost. */
  readonly #members = new Map<PresenceMember, Joined>()
  readonly #records = new Map<string, Record>()
  readonly #changed = new Map<string, { readonly device: string; readonly id: string }>()
  readonly #showing: Throttle

  /** @param onEmpty called when nothing is kept any more */
  constructor(context: { environment: Environment; limits: Limits; presence: PresenceMemory }, instance: string, onEmpty: () => void) {
    this.#environment = context.environment
    this.#limits = context.limits
    this.#memory = context.presence
    this.#instance = instance
    this.#onEmpty = onEmpty
    this.#showing = new Throttle(
      (run, ms) => this.#environment.clock.setTimeout(run, ms),
      () => this.#sendShown(),
    )
  }

  get isEmpty(): boolean {
    return this.#records.size === 0
  }

  /** The member has the instance open: it is told who is there, if anybody is. */
  join(member: PresenceMember): void {
    const { presence } = this.#limits
    const { clock } = this.#environment
    const joined = { messages: new TokenBucket(clock, presence.messages), chars: new TokenBucket(clock, presence.chars), hasRoster: false }
    this.#members.set(member, joined)
    this.#memory.adopt(this)
    if (this.#others(member).length > 0) this.#sendRoster(member, joined)
  }

  /** Its socket is gone, or it has closed the instance: it may come back. */
  leave(member: PresenceMember): void {
    if (!this.#members.delete(member)) return
    const record = this.#records.get(member.device)
    if (record?.member === member) {
      record.member = undefined
      record.cancelTimer = this.#environment.clock.setTimeout(() => this.#lose(member.device, record), this.#limits.presence.leaseMs)
    }
    if (this.#members.size === 0 && !this.isEmpty) this.#memory.abandon(this)
  }

  announce(member: PresenceMember, connections: readonly PresentConnection[]): void {
    const joined = this.#admit(member, encode(connections).length)
    if (joined === undefined) return
    const why = whyTooMuch(connections)
    if (why !== undefined) this.#refuse(member, 'presence-limit', why)
    const before = this.#records.get(member.device)
    this.#forget(member.device)
    if (connections.length > 0) this.#keep(member, why === undefined ? connections : idsOf(connections))
    const after = this.#records.get(member.device)
    if (encode(describe(member.device, before)) !== encode(describe(member.device, after)))
      this.#tell((other) => (other.device === member.device ? undefined : describe(member.device, after)))
    if (!joined.hasRoster) this.#sendRoster(member, joined)
    this.#checkEmpty()
  }

  show(member: PresenceMember, values: readonly { readonly id: string; readonly value?: unknown }[]): void {
    if (this.#admit(member, encode(values).length) === undefined) return
    const record = this.#records.get(member.device)
    if (record?.member !== member) return
    for (const { id, value } of values) {
      const known = record.connections.get(id)
      if (known === undefined) continue
      const size = sizeOf(value)
      if (size > PRESENCE_LIMITS.value)
        return this.#refuse(member, 'presence-limit', `A value of ${size} characters is longer than ${PRESENCE_LIMITS.value}.`)
      const { value: _, ...rest } = known
      record.connections.set(id, value === undefined ? rest : { ...rest, value })
      this.#changed.set(`${id} ${member.device}`, { device: member.device, id })
    }
    const size = encode([...record.connections.values()]).length
    if (size > PRESENCE_LIMITS.device || !this.#memory.take(size - record.size, this)) {
      this.#keep(member, idsOf([...record.connections.values()]))
      return this.#refuse(member, 'presence-limit', 'There is no room for so much.')
    }
    record.size = size
    if (this.#changed.size > 0) this.#showing.call()
  }

  /** A device has seen that nothing of a lost one is left to be ended. */
  ended(member: PresenceMember, device: string): void {
    if (member.right === 'read' || this.#records.get(device)?.isLost !== true) return
    this.#forget(device)
    this.#checkEmpty()
  }

  /** Forgets everybody at once. */
  clear(): void {
    this.#showing.stop()
    for (const device of [...this.#records.keys()]) this.#forget(device)
    this.#checkEmpty()
  }

  #admit(member: PresenceMember, chars: number): Joined | undefined {
    const joined = this.#members.get(member)
    if (joined === undefined) return undefined
    const retryMs = joined.messages.take(1) || joined.chars.take(chars)
    if (retryMs === 0) return joined
    this.#refuse(member, 'presence-rate', 'The device tells more of its presence than it may. The message was dropped.', retryMs)
    return undefined
  }

  #keep(member: PresenceMember, connections: readonly PresentConnection[]): void {
    this.#forget(member.device)
    const wanted = encode(connections).length
    const kept = this.#memory.take(wanted, this) ? connections : idsOf(connections)
    const size = kept === connections ? wanted : 0
    this.#records.set(member.device, {
      connections: new Map(kept.map((connection) => [connection.id, connection])),
      size,
      member,
      isLost: false,
      cancelTimer: () => undefined,
    })
  }

  #forget(device: string): void {
    const record = this.#records.get(device)
    record?.cancelTimer()
    this.#memory.give(record?.size ?? 0)
    this.#records.delete(device)
  }

  #lose(device: string, record: Record): void {
    record.isLost = true
    this.#tell((member) => describe(device, record, this.#turnOf(member)))
  }

  /** When it is the member's turn to end what is lost. */
  #turnOf(member: PresenceMember): number {
    const before = [...this.#members.keys()].filter(({ right }) => right !== 'read').indexOf(member)
    return Math.max(before, 0) * SUCCESSION_MS
  }

  #tell(what: (member: PresenceMember) => PresentDevice | undefined): void {
    for (const member of this.#members.keys()) {
      const device = what(member)
      if (device !== undefined) member.send(frame({ type: 'present', instance: this.#instance, all: false, devices: [device] }))
    }
  }

  #sendRoster(member: PresenceMember, joined: Joined): void {
    joined.hasRoster = true
    const devices = this.#others(member).map(([device, record]) => describe(device, record, this.#turnOf(member)))
    member.send(frame({ type: 'present', instance: this.#instance, all: true, devices }))
  }

  #others(member: PresenceMember): [string, Record][] {
    return [...this.#records].filter(([device]) => device !== member.device)
  }

  #sendShown(): void {
    const values = [...this.#changed.values()].flatMap(({ device, id }) => {
      const connection = this.#records.get(device)?.connections.get(id)
      if (connection === undefined) return []
      return [{ device, id, ...(connection.value === undefined ? {} : { value: connection.value }) }]
    })
    this.#changed.clear()
    const text = frame({ type: 'shown', instance: this.#instance, values })
    for (const member of this.#members.keys()) if (values.some(({ device }) => device !== member.device)) member.send(text)
  }

  #refuse(member: PresenceMember, code: string, message: string, retryMs?: number): void {
    member.send(errorFrame(code, message, { instance: this.#instance, ...(retryMs === undefined ? {} : { retryMs }) }))
  }

  #checkEmpty(): void {
    if (this.isEmpty) this.#onEmpty()
  }
}

/** How much presence the whole server keeps. What lost devices left in rooms that nobody is in gives way first. */
export class PresenceMemory {
  readonly #max: number
  readonly #abandoned = new Set<RoomPresence>()
  #used = 0

  constructor(max: number) {
    this.#max = max
  }

  /** @returns whether there is room for so many characters more */
  take(size: number, taker: RoomPresence): boolean {
    for (const room of this.#abandoned) {
      if (this.#used + size <= this.#max) break
      if (room !== taker) this.#drop(room)
    }
    if (this.#used + size > this.#max) return false
    this.#used += size
    return true
  }

  give(size: number): void {
    this.#used -= size
  }

  /** Nobody is left in the room. */
  abandon(room: RoomPresence): void {
    this.#abandoned.add(room)
  }

  adopt(room: RoomPresence): void {
    this.#abandoned.delete(room)
  }

  #drop(room: RoomPresence): void {
    this.#abandoned.delete(room)
    room.clear()
  }
}

function describe(device: string, record: Record | undefined, endAfter = 0): PresentDevice {
  const connections = [...(record?.connections.values() ?? [])]
  return record?.isLost === true
    ? { device, connections: connections.map(({ value: _, ...rest }) => rest), endAfter }
    : { device, connections }
}

function idsOf(connections: readonly PresentConnection[]): PresentConnection[] {
  return connections.slice(0, PRESENCE_LIMITS.connections).map(({ id }) => ({ id }))
}

function whyTooMuch(connections: readonly PresentConnection[]): string | undefined {
  const { connections: most, metadata, value, device } = PRESENCE_LIMITS
  if (connections.length > most) return `${connections.length} connections of one device are more than ${most}; the rest is not shown.`
  for (const connection of connections) {
    if (sizeOf(connection.metadata) > metadata) return `Metadata of a connection is longer than ${metadata} characters; none is kept.`
    if (sizeOf(connection.value) > value) return `A value is longer than ${value} characters; none is kept.`
  }
  return encode(connections).length > device
    ? `The device's connections take more than ${device} characters; only their ids are kept.`
    : undefined
}

function sizeOf(value: unknown): number {
  return value === undefined ? 0 : encode(value).length
}
