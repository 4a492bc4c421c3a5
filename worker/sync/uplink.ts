/**
 * The device's connection to the sync server: one socket for all instances, opened anew whenever it is lost.
 *
 *   off ── start ──► connecting ── welcome ──► live
 *                        ▲                       │ lost
 *                        └── after a pause ◄── offline        denied: the token was refused, a new one is needed
 */
import type { Clock, Socket } from '../../lib/protocol/environment.ts'
import { type ErrorData, errorToData } from '../../lib/protocol/errors.ts'
import type { PresentConnection } from '../../lib/protocol/presence.ts'
import type { SyncState } from '../../lib/protocol/port-messages.ts'
import { type ClientMessage, CLOSE, type ServerMessage, SYNC_PROTOCOL } from '../../lib/protocol/sync-messages.ts'
import { decode, encode } from '../../lib/protocol/wire.ts'
import type { Instance } from '../run/instance.ts'
import { Channel, type ChannelMessage } from './channel.ts'

export interface UplinkOptions {
  readonly clock: Clock
  random(): number
  openSocket(url: string): Socket
  readonly device: string
  /** The first session number; it must be above that of every earlier host of this device. */
  readonly firstSession: number
  readonly url: string
  /** So many commits go in one push. */
  readonly pushCommits: number
  token?(): string | undefined | Promise<string | undefined>
  /** `state` or `error` has changed. */
  changed(): void
  /** Who is connected to the instance on this device. */
  here(instance: Instance): readonly PresentConnection[]
  /** Whether somebody on this device wants to know who is connected to the instance elsewhere. */
  wantsPresence(instance: Instance): boolean
  /** Who is connected elsewhere has changed. */
  presenceChanged(instance: Instance): void
}

/** Pauses between attempts, in ms: they double up to the longest (rule Y7 wants it below 10 s). */
const FIRST_PAUSE = 250
const LONGEST_PAUSE = 8_000
/** How far the session number goes past a newer one at first; each further time in a row it is this often as far. */
const SESSIONS_TO_SKIP = 2 ** 20
const SKIP_GROWTH = 16
/** A socket that says nothing for so long is taken for dead; a ping goes out at half of it. */
const SILENCE = 20_000
/** A socket that is not welcomed in this time is given up. */
const WELCOME_TIMEOUT = 10_000

export class Uplink {
  state: SyncState['state'] = 'off'
  error: ErrorData | undefined
  readonly #options: UplinkOptions
  readonly #channels = new Map<string, Channel>()
  readonly #channelsByInstance = new Map<Instance, Channel>()
  #socket: Socket | undefined
  #session: number
  #failures = 0
  #skip = SESSIONS_TO_SKIP
  #cancelTimer: () => void = () => undefined
  #lastHeard = 0

  constructor(options: UplinkOptions) {
    this.#options = options
    this.#session = options.firstSession
  }

  /** What to tell of it: between two attempts after a failure it is offline, not connecting again and again. */
  get shownState(): SyncState['state'] {
    return this.state === 'connecting' && this.#failures > 0 ? 'offline' : this.state
  }

  start(): void {
    if (this.state !== 'off') return
    void this.#connect()
  }

  stop(): void {
    this.#cancelTimer()
    this.#dropSocket(1000, 'sync was switched off')
    this.#become('off')
  }

  attach(instance: Instance): void {
    const channel = new Channel(instance, {
      pushCommits: this.#options.pushCommits,
      send: (message) => this.#send(message),
      report: (error) => this.#report(error),
      opened: () => this.#options.changed(),
      clock: this.#options.clock,
      device: this.#options.device,
      random: () => this.#options.random(),
      here: () => this.#options.here(instance),
      isWanted: () => this.#options.wantsPresence(instance),
      presenceChanged: () => this.#options.presenceChanged(instance),
    })
    this.#channels.set(channel.hash, channel)
    this.#channelsByInstance.set(instance, channel)
    if (this.state === 'live') channel.open()
  }

  detach(instance: Instance): void {
    const channel = this.#channelsByInstance.get(instance)
    if (channel === undefined) return
    this.#channels.delete(channel.hash)
    this.#channelsByInstance.delete(instance)
    channel.close()
    if (this.state === 'live') this.#send({ type: 'close', instance: channel.hash })
  }

  has(instance: Instance): boolean {
    return this.#channelsByInstance.has(instance)
  }

  /** The instance may have something to push. */
  nudge(instance: Instance): void {
    this.#channelsByInstance.get(instance)?.pump()
  }

  /** Connections of this device to the instance, or what they show, may have changed. */
  touchPresence(instance: Instance): void {
    this.#channelsByInstance.get(instance)?.presence.touch()
  }

  /** Connections to the instance on other devices, by device. */
  elsewhere(instance: Instance): ReadonlyMap<string, ReadonlyMap<string, PresentConnection>> {
    return this.#channelsByInstance.get(instance)?.presence.elsewhere ?? new Map()
  }

  /** Leaves an instance alone that could not store what came; it is opened again a little later. */
  pause(instance: Instance): void {
    this.#channelsByInstance.get(instance)?.pause()
  }

  async #connect(): Promise<void> {
    this.#become('connecting')
    try {
      const token = await this.#options.token?.()
      if (this.state === 'connecting') this.#openSocket(token)
    } catch (thrown) {
      this.#report(errorToData(thrown))
      this.#retry()
    }
  }

  #openSocket(token: string | undefined): void {
    const socket = this.#options.openSocket(this.#options.url)
    this.#socket = socket
    this.#session++
    this.#cancelTimer = this.#options.clock.setTimeout(() => this.#lose(socket, 4000, 'no welcome came in time'), WELCOME_TIMEOUT)
    socket.onOpen = () => this.#hello(token)
    socket.onMessage = (text) => this.#receive(socket, text)
    socket.onClose = (code, reason) => this.#closed(socket, code, reason)
  }

  #hello(token: string | undefined): void {
    this.#send({
      type: 'hello',
      protocol: SYNC_PROTOCOL,
      device: this.#options.device,
      session: this.#session,
      ...(token === undefined ? {} : { token }),
    })
  }

  /** The token has expired: a new one goes out on the same socket, and everything goes on meanwhile. */
  async #renewToken(): Promise<void> {
    const socket = this.#socket
    try {
      const token = await this.#options.token?.()
      if (socket === this.#socket) this.#hello(token)
    } catch (thrown) {
      this.#report(errorToData(thrown))
    }
  }

  #receive(socket: Socket, text: string): void {
    if (socket !== this.#socket) return
    this.#lastHeard = this.#options.clock.now()
    let message: ServerMessage
    try {
      message = decode(text) as ServerMessage
    } catch (thrown) {
      this.#report(errorToData(thrown))
      return this.#lose(socket, 4000, 'the server sent something unreadable')
    }
    if (typeof message !== 'object' || message === null) return this.#lose(socket, 4000, 'the server sent something unreadable')
    if (message.type === 'welcome') this.#welcomed()
    else if ('instance' in message && message.instance !== undefined)
      this.#channels.get(message.instance)?.handle(message as ChannelMessage)
    else if (message.type === 'error' && message.code === 'token-expired') void this.#renewToken()
    else if (message.type === 'error') this.#report({ name: 'HomeroomError', code: message.code, message: message.message })
  }

  #welcomed(): void {
    this.#failures = 0
    this.#skip = SESSIONS_TO_SKIP
    this.error = undefined
    this.#become('live')
    this.#watch()
    for (const channel of this.#channels.values()) channel.open()
  }

  /** Pings, so that a dead connection is noticed though nobody says a word. */
  #watch(): void {
    this.#cancelTimer()
    const socket = this.#socket
    if (socket === undefined) return
    this.#cancelTimer = this.#options.clock.setTimeout(() => {
      if (this.#options.clock.now() - this.#lastHeard >= SILENCE) return this.#lose(socket, 4000, 'the server has gone silent')
      this.#send({ type: 'ping' })
      this.#watch()
    }, SILENCE / 2)
  }

  #closed(socket: Socket, code: number, reason: string): void {
    if (socket !== this.#socket) return
    this.#dropSocket()
    if (code === CLOSE.unauthorized || code === CLOSE.forbidden) {
      this.#cancelTimer()
      this.error = {
        name: 'HomeroomError',
        code: 'sync/denied',
        message: `The sync server refused this device's token: ${reason}. Get a new one and call connectSync again.`,
      }
      return this.#become('denied')
    }
    // A newer session of this device was there: after a disk was rolled back, say. The clock gets past it.
    if (code === CLOSE.superseded) this.#skipSessions()
    this.#retry()
  }

  /** The other's clock may have been far ahead, so the steps grow. */
  #skipSessions(): void {
    this.#session = Math.max(this.#session, this.#options.clock.now()) + this.#skip
    this.#skip *= SKIP_GROWTH
  }

  #lose(socket: Socket, code: number, reason: string): void {
    if (socket !== this.#socket) return
    this.#dropSocket(code, reason)
    this.#retry()
  }

  #dropSocket(code?: number, reason?: string): void {
    const socket = this.#socket
    this.#socket = undefined
    for (const channel of this.#channels.values()) channel.reset()
    if (code !== undefined) socket?.close(code, reason)
  }

  /** A pause that doubles, and by chance is up to half shorter, so that devices do not come back all at once. */
  #retry(): void {
    this.#become('offline')
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.#failures++) * (1 - this.#options.random() / 2)
    this.#cancelTimer()
    this.#cancelTimer = this.#options.clock.setTimeout(() => void this.#connect(), pause)
  }

  #send(message: ClientMessage): void {
    this.#socket?.send(encode(message))
  }

  #become(state: SyncState['state']): void {
    if (state === this.state) return
    this.state = state
    this.#options.changed()
  }

  #report(error: ErrorData): void {
    this.error = error
    this.#options.changed()
  }
}
