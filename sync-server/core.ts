/** The sync server without its surroundings: `index.ts` gives it real sockets and a disk, `homeroom/testing` simulated ones. */
import { CLOSE } from '../lib/protocol/sync-messages.ts'
import { grantAll, type Authorize } from './auth.ts'
import { Devices } from './devices.ts'
import type { Engine } from './engine.ts'
import type { Clock, Environment, SyncSocket } from './environment.ts'
import type { InstanceIdentity } from './instance-log.ts'
import { DEFAULT_LIMITS, type Limits } from './limits.ts'
import { PresenceMemory } from './presence.ts'
import { Room, type RoomContext } from './room.ts'
import { Session, type Peer, type SessionContext } from './session.ts'
import { StateCache } from './state-cache.ts'

export interface SyncCoreOptions {
  /** Where logs are kept. It outlives the core: a new core on the same engine goes on where this one was. */
  readonly engine: Engine
  readonly clock: Clock
  /** At least 128 random bits as base64url. */
  randomId(): string
  /** Absent: every device may do all. */
  readonly authorize?: Authorize | undefined
  readonly limits?: Partial<Limits> | undefined
  /** Told of failures inside the server; silent by default. */
  report?(error: unknown): void
}

export interface SyncCore {
  /** Serves a device on the socket until either side closes it. */
  accept(socket: SyncSocket, peer: Peer): void
  /** Closes all sockets, and resolves when nothing is being written any more. The engine stays open. */
  close(): Promise<void>
}

export function createSyncCore(options: SyncCoreOptions): SyncCore {
  const { engine, clock, randomId, authorize = grantAll, report = () => undefined } = options
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const environment: Environment = { clock, randomId, report }
  const rooms = new Rooms({
    engine,
    environment,
    limits,
    randomId,
    states: new StateCache(limits.stateBytes),
    presence: new PresenceMemory(limits.presence.totalChars),
  })
  const sessions = new Set<Session>()
  const context: SessionContext = {
    environment,
    limits,
    authorize,
    devices: new Devices(limits.socketsPerSubject),
    room: (identity) => rooms.enter(identity),
    onEnd: (session) => sessions.delete(session),
  }
  let isClosed = false
  return {
    accept(socket, peer) {
      if (isClosed) return socket.close(GOING_AWAY, 'the server is closing')
      if (sessions.size >= limits.sockets) return socket.close(CLOSE.rate, 'too many sockets')
      sessions.add(new Session(context, socket, peer))
    },
    async close() {
      isClosed = true
      for (const session of [...sessions]) session.end(GOING_AWAY, 'the server is closing')
      await rooms.idle()
    },
  }
}

const GOING_AWAY = 1001

/** The rooms that somebody is in. */
class Rooms {
  readonly #context: RoomContext
  readonly #byName = new Map<string, Room>()
  readonly #whenIdle = new Set<() => void>()

  constructor(context: RoomContext) {
    this.#context = context
  }

  /** To be entered in the same task, or it may be forgotten again. */
  enter(identity: InstanceIdentity): Room {
    const name = `${identity.hash} ${identity.namespace}`
    const present = this.#byName.get(name)
    if (present !== undefined) return present
    const room = new Room(this.#context, identity, () => this.#forget(name, room))
    this.#byName.set(name, room)
    return room
  }

  /** Ends all presence, and resolves when the last room is empty and its last job done. */
  async idle(): Promise<void> {
    for (const room of [...this.#byName.values()]) room.presence.clear()
    if (this.#byName.size > 0) await new Promise<void>((resolve) => this.#whenIdle.add(resolve))
  }

  #forget(name: string, room: Room): void {
    if (this.#byName.get(name) === room) this.#byName.delete(name)
    if (this.#byName.size > 0) return
    for (const resolve of this.#whenIdle) resolve()
    this.#whenIdle.clear()
  }
}
