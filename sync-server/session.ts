/**
 * A session: one socket of one device, many instances.
 *
 *   waiting ──hello──► greeting ──welcome──► open ──► closed
 *
 * 1. Nothing but `hello` is looked at before the authorizer has agreed (rule V2).
 * 2. What is handed on to rooms has the shape of the protocol, and the right that it needs (rule V1).
 * 3. After `closed` nothing is sent and nothing handed on: rooms have been left, and parked pushes with them.
 */
import {
  CLOSE,
  SYNC_PROTOCOL,
  type ClientMessage,
  type EndedMessage,
  type HelloMessage,
  type OpenMessage,
  type PresenceMessage,
  type PushMessage,
  type ShowMessage,
} from '../lib/protocol/sync-messages.ts'
import { errorFrame, frame } from './answers.ts'
import type { Authorize, Grant, Right } from './auth.ts'
import type { Devices } from './devices.ts'
import type { Environment, SyncSocket } from './environment.ts'
import { instanceNamedIn, parseFrame, parseHello } from './frames.ts'
import { Gate } from './gate.ts'
import type { InstanceIdentity } from './instance-log.ts'
import type { Limits } from './limits.ts'
import { Outbox } from './outbox.ts'
import type { Room } from './room.ts'
import { Subscription } from './subscription.ts'

export interface Peer {
  /** The path of the socket's URL: apps of different paths never meet. */
  readonly namespace: string
  readonly origin?: string
}

export interface SessionContext {
  readonly environment: Environment
  readonly limits: Limits
  readonly authorize: Authorize
  readonly devices: Devices
  room(identity: InstanceIdentity): Room
  onEnd(session: Session): void
}

/** Characters of the frames that a device may send before it is welcomed. */
const MAX_EARLY_CHARS = 1024 * 1024
const MAX_HELLO_CHARS = 32 * 1024
/** An authorizer that takes longer is taken for one that does not answer. */
const AUTHORIZE_MS = 30_000
/** Timers of most systems go off at once when set for longer. */
const MAX_TIMER_MS = 2 ** 31 - 1
const CLOSE_TRY_AGAIN_LATER = 1013

export class Session {
  readonly #context: SessionContext
  readonly #peer: Peer
  readonly #outbox: Outbox
  readonly #gate: Gate
  readonly #subscriptions = new Map<string, Subscription>()
  #state: 'waiting' | 'greeting' | 'open' | 'closed' = 'waiting'
  #hello: HelloMessage | undefined
  #grant: Grant | undefined
  /** Frames that came while the authorizer was asked. */
  #early: (string | null)[] = []
  #earlyChars = 0
  #cancelTimer: () => void

  constructor(context: SessionContext, socket: SyncSocket, peer: Peer) {
    const { environment, limits } = context
    this.#context = context
    this.#peer = peer
    this.#outbox = new Outbox(socket, environment.clock, limits.bufferedBytes, (code, reason) => this.end(code, reason))
    this.#gate = new Gate(environment.clock, limits)
    // A hello that is late may be on its way, so this is no word about the token.
    this.#cancelTimer = environment.clock.setTimeout(() => this.end(CLOSE_TRY_AGAIN_LATER, 'no hello came in time'), limits.helloMs)
    socket.onMessage((text) => this.#receive(text))
    socket.onClose(() => this.end(1000, ''))
  }

  end(code: number, reason: string): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#cancelTimer()
    this.#outbox.close(code, reason)
    for (const subscription of this.#subscriptions.values()) subscription.end()
    this.#subscriptions.clear()
    if (this.#hello !== undefined) this.#context.devices.release(this.#deviceKey(this.#hello), this.#hello.session)
    this.#context.onEnd(this)
  }

  #receive(text: string | null): void {
    if (this.#state === 'closed') return
    const retryMs = this.#gate.admit(text?.length ?? 0)
    if (retryMs > 0) return this.#tooMuch(text ?? '', retryMs)
    if (this.#state === 'waiting') void this.#greet(text)
    else if (this.#state === 'greeting') this.#keepEarly(text)
    else this.#handle(text)
  }

  // Greeting

  async #greet(text: string | null): Promise<void> {
    const hello = text === null || text.length > MAX_HELLO_CHARS ? undefined : parseHello(text)
    if (hello === undefined) return this.#turnAway()
    if (hello.protocol !== SYNC_PROTOCOL) return this.#wrongProtocol(hello)
    this.#state = 'greeting'
    this.#cancelTimer()
    this.#cancelTimer = this.#context.environment.clock.setTimeout(() => this.end(CLOSE_TRY_AGAIN_LATER, 'try again later'), AUTHORIZE_MS)
    if (!(await this.#authorize(hello)) || !this.#claimDevice(hello)) return
    this.#hello = hello
    this.#state = 'open'
    this.#outbox.send(frame({ type: 'welcome', protocol: SYNC_PROTOCOL }))
    for (const early of this.#early.splice(0)) this.#handle(early)
  }

  /** @returns whether the device may go on; if not, the socket was closed */
  async #authorize(hello: HelloMessage): Promise<boolean> {
    const grant = await this.#ask(() => this.#context.authorize(this.#requestOf(hello)))
    if (this.#state === 'closed') return false
    if (grant === 'unavailable') {
      this.end(CLOSE_TRY_AGAIN_LATER, 'try again later')
      return false
    }
    const isSameSubject = this.#grant === undefined || this.#grant.subject === grant?.subject
    if (grant !== undefined && isSameSubject && this.#msUntilExpiry(grant) > 0) return this.#accept(grant)
    this.#turnAway()
    return false
  }

  #requestOf({ token, device }: HelloMessage) {
    const { namespace, origin } = this.#peer
    return { namespace, device, ...(token === undefined ? {} : { token }), ...(origin === undefined ? {} : { origin }) }
  }

  #accept(grant: Grant): true {
    this.#grant = grant
    this.#cancelTimer()
    this.#awaitExpiry(grant)
    return true
  }

  #claimDevice(hello: HelloMessage): boolean {
    const { subject } = this.#grant as Grant
    const { session } = hello
    const end = (): void => this.end(CLOSE.superseded, 'a newer session of the device has begun')
    const claim = this.#context.devices.claim(this.#deviceKey(hello), { session, subject, end })
    if (claim === 'older') end()
    if (claim === 'foreign') this.#turnAway()
    if (claim === 'too-many') this.end(CLOSE.rate, 'too many sockets')
    return claim === 'claimed'
  }

  #deviceKey({ device }: HelloMessage): string {
    return `${device} ${this.#peer.namespace}`
  }

  #keepEarly(text: string | null): void {
    this.#earlyChars += text?.length ?? 1
    if (this.#earlyChars > MAX_EARLY_CHARS) this.#turnAway()
    else this.#early.push(text)
  }

  /** One reason for all that may be wrong: it tells nothing to who should not know. */
  #turnAway(): void {
    this.end(CLOSE.unauthorized, 'unauthorized')
  }

  #wrongProtocol({ protocol }: HelloMessage): void {
    this.#outbox.send(
      errorFrame('sync/protocol', `The device speaks protocol ${protocol}, this server ${SYNC_PROTOCOL}. Update the older of the two.`),
    )
    this.end(CLOSE.invalid, 'protocol')
  }

  // Renewal of the token

  #msUntilExpiry({ expires = Infinity }: Grant): number {
    return expires - this.#context.environment.clock.now()
  }

  #awaitExpiry(grant: Grant): void {
    const ms = this.#msUntilExpiry(grant)
    if (ms === Infinity) return
    const { clock } = this.#context.environment
    this.#cancelTimer = clock.setTimeout(
      () => (ms > MAX_TIMER_MS ? this.#awaitExpiry(grant) : this.#askForToken()),
      Math.min(ms, MAX_TIMER_MS),
    )
  }

  #askForToken(): void {
    const { environment, limits } = this.#context
    this.#outbox.send(
      errorFrame('token-expired', 'The token has expired. Send hello again, with the same device and session and a new token.', {
        retryMs: limits.renewMs,
      }),
    )
    this.#cancelTimer = environment.clock.setTimeout(() => this.#turnAway(), limits.renewMs)
  }

  async #renew(hello: HelloMessage): Promise<void> {
    if (hello.device !== this.#hello?.device || hello.session !== this.#hello.session) return this.#invalid()
    if (!(await this.#authorize(hello))) return
    this.#outbox.send(frame({ type: 'welcome', protocol: SYNC_PROTOCOL }))
    for (const subscription of [...this.#subscriptions.values()]) await this.#renewRight(subscription)
  }

  async #renewRight(subscription: Subscription): Promise<void> {
    const right = await this.#rightTo(subscription.identity)
    if (!subscription.isLive) return
    if (right !== 'unavailable' && right !== 'none') subscription.right = right
    else this.#drop(subscription, right)
  }

  // Messages

  #handle(text: string | null): void {
    if (this.#state === 'closed') return
    const parsed = text === null ? { message: undefined } : parseFrame(text, this.#context.limits.frameNodes)
    if (parsed.message === undefined) return this.#invalid('instance' in parsed ? parsed.instance : undefined)
    this.#dispatch(parsed.message)
  }

  #dispatch(message: ClientMessage): void {
    switch (message.type) {
      case 'hello':
        return void this.#renew(message)
      case 'open':
        return void this.#open(message)
      case 'close':
        return this.#close(message.instance)
      case 'push':
        return this.#push(message)
      case 'presence':
      case 'show':
      case 'ended':
        return this.#presence(message)
      case 'ping':
        return this.#outbox.send(frame({ type: 'pong' }))
    }
  }

  async #open({ instance, system, id, cursor }: OpenMessage): Promise<void> {
    this.#close(instance)
    if (this.#subscriptions.size >= this.#context.limits.subscriptions)
      return this.#error(instance, 'too-many', 'The device has too many instances open on this socket. Close some of them first.')
    const subscription = new Subscription(
      { namespace: this.#peer.namespace, hash: instance, system, id },
      (this.#hello as HelloMessage).device,
      this.#outbox,
    )
    this.#subscriptions.set(instance, subscription)
    const right = await this.#rightTo(subscription.identity)
    if (!subscription.isLive) return
    if (right === 'none' || right === 'unavailable') return this.#drop(subscription, right)
    subscription.right = right
    subscription.room = this.#context.room(subscription.identity)
    await subscription.room.open(subscription, cursor)
    if (!subscription.isOpen && subscription.isLive) this.#close(instance)
  }

  #push(push: PushMessage): void {
    const subscription = this.#openSubscription(push.instance)
    if (subscription === undefined) return
    if (subscription.right === 'read') return this.#forbidden(push.instance)
    subscription.room?.push(subscription, push)
  }

  #presence(message: PresenceMessage | ShowMessage | EndedMessage): void {
    const subscription = this.#openSubscription(message.instance)
    const presence = subscription?.room?.presence
    if (subscription === undefined || presence === undefined) return
    if (message.type === 'presence') presence.announce(subscription, message.connections)
    else if (message.type === 'show') presence.show(subscription, message.values)
    else presence.ended(subscription, message.device)
  }

  #openSubscription(instance: string): Subscription | undefined {
    const subscription = this.#subscriptions.get(instance)
    if (subscription?.isOpen === true) return subscription
    this.#error(instance, 'not-open', 'The instance is not open on this socket, so nothing can be done with it. Open it first.')
    return undefined
  }

  #close(instance: string): void {
    this.#subscriptions.get(instance)?.end()
    this.#subscriptions.delete(instance)
  }

  // Rights

  async #rightTo({ system, id }: InstanceIdentity): Promise<Right | 'unavailable'> {
    const right = await this.#ask(() => (this.#grant as Grant).right({ system, id }))
    return right === 'read' || right === 'write' || right === 'admin' || right === 'unavailable' ? right : 'none'
  }

  /** The authorizer is the operator's code: when it throws, nobody knows, and nobody gets in. */
  async #ask<T>(question: () => T | Promise<T>): Promise<T | 'unavailable'> {
    try {
      return await question()
    } catch (error) {
      this.#context.environment.report(error)
      return 'unavailable'
    }
  }

  #drop({ identity: { hash } }: Subscription, right: 'none' | 'unavailable'): void {
    this.#close(hash)
    if (right === 'none') this.#forbidden(hash)
    else this.#error(hash, 'unavailable', 'The server could not find out what the device may do. Nothing was opened. Try again later.')
  }

  // Complaints

  #error(instance: string | undefined, code: string, message: string): void {
    this.#outbox.send(errorFrame(code, message, instance === undefined ? {} : { instance }))
  }

  /** The same words whether the instance exists or not. */
  #forbidden(instance: string): void {
    this.#error(
      instance,
      'forbidden',
      'The token does not allow this, or there is no such instance. Ask for the right, or for another token.',
    )
    if (this.#gate.isProbing()) this.end(CLOSE.forbidden, 'forbidden too often')
  }

  #invalid(instance?: string): void {
    this.#error(
      instance,
      'invalid',
      'The frame is no message of the protocol, or past a limit. Nothing of it was used. See docs/protocol.md for the shapes.',
    )
    if (this.#gate.isGarbling()) this.end(CLOSE.invalid, 'invalid too often')
  }

  #tooMuch(text: string, retryMs: number): void {
    const instance = instanceNamedIn(text)
    const about = instance === undefined ? { retryMs } : { instance, retryMs }
    this.#outbox.send(errorFrame('rate', 'The device sends more than it may. The frame was dropped. Send it again later.', about))
    if (this.#gate.isFlooding()) this.end(CLOSE.rate, 'too much')
  }
}
