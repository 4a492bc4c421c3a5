/**
 * Sockets between devices and the server, with the faults of a network. A connection is two pipes, each of which keeps
 * its order: frames take their time, wait while the way is held up, and are lost with the connection.
 */
import type { Socket } from '../../lib/protocol/environment.ts'
import type { SyncSocket } from '../../sync-server/environment.ts'
import type { Context, Loop } from './loop.ts'

/** Decides about a frame before it is delivered: a test cuts the connection just here. */
export type FrameFilter = (frame: { readonly device: string; readonly toServer: boolean; readonly text: string }) => 'deliver' | 'cut'

/** How many ms a frame is on its way; frames of one connection never overtake each other. */
export type Latency = (way: { readonly device: string; readonly toServer: boolean }) => number

/** Where devices find the server; `undefined` while it is down. */
export interface Listening {
  readonly context: Context
  accept(socket: SyncSocket): void
}

const LOST = 1006

export class Network {
  filter: FrameFilter = () => 'deliver'
  latency: Latency = () => 0
  server: Listening | undefined
  readonly #loop: Loop
  readonly #cut = new Set<string>()
  readonly #held = new Set<string>()
  readonly #connections = new Map<string, Set<Connection>>()

  constructor(loop: Loop) {
    this.#loop = loop
  }

  /** All connections of the device break, and it gets no new one. What was on its way is lost. */
  cut(device: string): void {
    this.#cut.add(device)
    for (const connection of this.#of(device)) connection.lose()
  }

  /** Lets nothing through one way; nobody is told, and what was sent arrives after `heal`. */
  hold(device: string, way: 'to-server' | 'from-server'): void {
    this.#held.add(`${way} ${device}`)
  }

  /** Ends `cut` and `hold`. */
  heal(device: string): void {
    this.#cut.delete(device)
    for (const way of ['to-server', 'from-server']) this.#held.delete(`${way} ${device}`)
    for (const connection of this.#of(device)) connection.goOn()
  }

  isHeld(device: string, toServer: boolean): boolean {
    return this.#held.has(`${toServer ? 'to-server' : 'from-server'} ${device}`)
  }

  /** Opens a connection from a context of the device. */
  connect(device: string, context: Context): Socket {
    const connection = new Connection(this, this.#loop, device, context, this.server, () => this.#of(device).delete(connection))
    this.#of(device).add(connection)
    context.onDeath(() => connection.lose())
    this.server?.context.onDeath(() => connection.lose())
    if (this.#cut.has(device)) connection.lose()
    else connection.dial()
    return connection.socket
  }

  #of(device: string): Set<Connection> {
    const known = this.#connections.get(device) ?? new Set()
    this.#connections.set(device, known)
    return known
  }
}

class Connection {
  readonly socket: Socket
  readonly #context: Context
  readonly #server: Listening | undefined
  readonly #toServer: Pipe
  readonly #fromServer: Pipe
  readonly #onEnd: () => void
  #isLost = false
  #serverReads: (text: string) => void = () => undefined
  #serverClosed: () => void = () => undefined

  constructor(network: Network, loop: Loop, device: string, context: Context, server: Listening | undefined, onEnd: () => void) {
    const pipe = (toServer: boolean, target: Context): Pipe =>
      new Pipe(
        loop,
        target,
        () => network.latency({ device, toServer }),
        () => network.isHeld(device, toServer),
      )
    const passes = (toServer: boolean, text: string): boolean => {
      if (network.filter({ device, toServer, text }) === 'deliver') return true
      this.lose()
      return false
    }
    this.#context = context
    this.#server = server
    this.#onEnd = onEnd
    this.#toServer = pipe(true, server?.context ?? context)
    this.#fromServer = pipe(false, context)
    this.socket = {
      onOpen: () => undefined,
      onMessage: () => undefined,
      onClose: () => undefined,
      send: (text) => {
        if (context.isAlive) this.#toServer.put(() => passes(true, text) && this.#serverReads(text))
      },
      close: (code = 1000, reason = '') => this.#close(this.#toServer, code, reason),
    }
    this.#accept = () =>
      server?.accept({
        bufferedAmount: 0,
        send: (text) => {
          if (server.context.isAlive) this.#fromServer.put(() => passes(false, text) && this.socket.onMessage(text))
        },
        close: (code, reason) => this.#close(this.#fromServer, code, reason),
        onMessage: (listener) => (this.#serverReads = listener),
        onClose: (listener) => (this.#serverClosed = listener),
      })
  }

  readonly #accept: () => void

  dial(): void {
    if (this.#server?.context.isAlive !== true) return this.lose()
    this.#toServer.put(() => {
      this.#accept()
      this.#fromServer.put(() => this.socket.onOpen())
    })
  }

  /** Both ends hear of it at once. */
  lose(): void {
    this.#end(LOST, '')
  }

  /** The way is no longer held up. */
  goOn(): void {
    this.#toServer.pump()
    this.#fromServer.pump()
  }

  /** One end closes: the other hears of it after all that was said before. */
  #close(pipe: Pipe, code: number, reason: string): void {
    pipe.put(() => this.#end(code, reason))
  }

  #end(code: number, reason: string): void {
    if (this.#isLost) return
    this.#isLost = true
    this.#toServer.close()
    this.#fromServer.close()
    this.#onEnd()
    this.#context.post(() => this.socket.onClose(code, reason))
    this.#server?.context.post(() => this.#serverClosed())
  }
}

/** One way of a connection: what is put in comes out in order, one task each. */
class Pipe {
  readonly #loop: Loop
  readonly #target: Context
  readonly #latency: () => number
  readonly #isHeld: () => boolean
  readonly #queue: { readonly at: number; readonly arrive: () => unknown }[] = []
  #isScheduled = false
  #isClosed = false

  constructor(loop: Loop, target: Context, latency: () => number, isHeld: () => boolean) {
    this.#loop = loop
    this.#target = target
    this.#latency = latency
    this.#isHeld = isHeld
  }

  put(arrive: () => unknown): void {
    if (this.#isClosed) return
    this.#queue.push({ at: this.#loop.now + this.#latency(), arrive })
    this.pump()
  }

  pump(): void {
    const first = this.#queue[0]
    if (first === undefined || this.#isScheduled || this.#isHeld()) return
    this.#isScheduled = true
    const wait = first.at - this.#loop.now
    if (wait > 0) this.#loop.setTimeout(() => this.#target.post(() => this.#arrive()), wait)
    else this.#target.post(() => this.#arrive())
  }

  close(): void {
    this.#isClosed = true
    this.#queue.length = 0
  }

  #arrive(): void {
    this.#isScheduled = false
    if (!this.#isHeld()) this.#queue.shift()?.arrive()
    this.pump()
  }
}
