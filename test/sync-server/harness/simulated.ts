/** A core on simulated sockets and a manual clock, with devices that record what they hear. */
import type { ServerMessage } from '../../../lib/protocol/sync-messages.ts'
import { decode, encode } from '../../../lib/protocol/wire.ts'
import { createSyncCore, type SyncCore, type SyncCoreOptions } from '../../../sync-server/core.ts'
import { createMemoryEngine } from '../../../sync-server/engines/memory.ts'
import type { SyncSocket } from '../../../sync-server/environment.ts'
import { ID, INSTANCE, SYSTEM } from './commits.ts'
import { ManualClock, settle } from './manual-clock.ts'

export type Answer<T extends ServerMessage['type']> = Extract<ServerMessage, { type: T }>

/** The device's end of a socket; what it hears is kept until taken. */
export class SimulatedSocket implements SyncSocket {
  bufferedAmount = 0
  closed: { code: number; reason: string } | undefined
  readonly heard: ServerMessage[] = []
  readonly #messageListeners: ((text: string | null) => void)[] = []
  readonly #closeListeners: (() => void)[] = []

  send(text: string): void {
    if (this.closed === undefined) this.heard.push(decode(text) as ServerMessage)
  }

  close(code: number, reason: string): void {
    if (this.closed !== undefined) return
    this.closed = { code, reason }
    for (const listener of this.#closeListeners) queueMicrotask(listener)
  }

  onMessage(listener: (text: string | null) => void): void {
    this.#messageListeners.push(listener)
  }

  onClose(listener: () => void): void {
    this.#closeListeners.push(listener)
  }

  /** Gives the server a frame, as a device or as anybody else. */
  deliver(text: string | null): void {
    if (this.closed === undefined) for (const listener of this.#messageListeners) listener(text)
  }
}

export class SimulatedDevice {
  readonly socket: SimulatedSocket
  readonly #clock: ManualClock

  constructor(socket: SimulatedSocket, clock: ManualClock) {
    this.socket = socket
    this.#clock = clock
  }

  /** Sends a message and answers what it brings, once nothing is left to do. */
  async say(message: object): Promise<ServerMessage[]> {
    this.socket.deliver(encode(message))
    return this.hear()
  }

  async raw(text: string | null): Promise<ServerMessage[]> {
    this.socket.deliver(text)
    return this.hear()
  }

  async hear(): Promise<ServerMessage[]> {
    await settle()
    return this.socket.heard.splice(0)
  }

  open(cursor?: { log: string; offset: number }): Promise<ServerMessage[]> {
    return this.say({ type: 'open', instance: INSTANCE, system: SYSTEM, id: ID, ...(cursor === undefined ? {} : { cursor }) })
  }

  advance(ms: number): Promise<void> {
    return this.#clock.advance(ms)
  }
}

export interface Simulation {
  readonly core: SyncCore
  readonly clock: ManualClock
  readonly reported: unknown[]
  /** A device that has been welcomed. */
  device(name: string, hello?: { session?: number; token?: string; namespace?: string }): Promise<SimulatedDevice>
  /** A socket that has said nothing yet. */
  stranger(namespace?: string): SimulatedDevice
}

export function simulate(options: Partial<SyncCoreOptions> = {}): Simulation {
  const clock = new ManualClock()
  const reported: unknown[] = []
  let logs = 0
  const core = createSyncCore({
    engine: createMemoryEngine(),
    clock,
    randomId: () => `log-${++logs}`,
    report: (error) => reported.push(error),
    ...options,
  })
  const stranger = (namespace = '/'): SimulatedDevice => {
    const socket = new SimulatedSocket()
    core.accept(socket, { namespace })
    return new SimulatedDevice(socket, clock)
  }
  return {
    core,
    clock,
    reported,
    stranger,
    async device(name, { session = 1, token, namespace } = {}) {
      const device = stranger(namespace)
      await device.say({ type: 'hello', protocol: 2, device: name, session, ...(token === undefined ? {} : { token }) })
      return device
    },
  }
}

/** The only message of this type among those heard. */
export function only<T extends ServerMessage['type']>(heard: readonly ServerMessage[], type: T): Answer<T> {
  const found = heard.filter((message): message is Answer<T> => message.type === type)
  if (found.length !== 1) throw new Error(`Expected one ${type}, heard ${JSON.stringify(heard.map((message) => message.type))}`)
  return found[0] as Answer<T>
}

export function typesOf(heard: readonly ServerMessage[]): string[] {
  return heard.map(({ type }) => type)
}
