/**
 * The tab's link to the host. It outlives hosts: when one dies, the link attaches to the next, opens its handles anew,
 * and repeats the calls that were not answered, under their ids (rules S3, H4).
 *
 *   connecting ── hello ──► connected ── the boot's lock is free ──► disconnected ── hello ──► connected …
 *
 * Invariants
 * 1. What the feed brings is applied in order, and only from the host that the link is attached to.
 * 2. A call is submitted again until it is answered; after that it is followed until its last word.
 * 3. Calls made in one task travel as one message.
 */
import { type ReadonlySignal, signal } from '@preact/signals-core'
import { type Remote, transfer, wrap } from 'comlink'
import { defer } from '../protocol/deferred.ts'
import { type ErrorData, errorFromData, HomeroomError } from '../protocol/errors.ts'
import {
  type CallMessage,
  type FeedFrame,
  type FeedMessage,
  type HostControl,
  type HostHello,
  type OpenRequest,
  PORT_PROTOCOL,
  type RejectedCall,
  type SyncState,
} from '../protocol/port-messages.ts'
import type { State, Op } from '../protocol/ops.ts'
import type { StreamEvent, StreamRecord } from '../protocol/stream-record.ts'
import { type TrackedCall, trackCall } from './action-call.ts'
import type { Dial, FeedReceiver, TabEnvironment } from './environment.ts'
import type { Status } from './types.ts'

/** What the link tells about a handle that it keeps open. */
export interface HandleListener {
  snapshot(state: State, streams: readonly StreamRecord[]): void
  stream(name: string, event: StreamEvent): void
  patch(ops: readonly Op[]): void
  undo(can: { readonly canUndo: boolean; readonly canRedo: boolean }): void
  presence(message: Extract<FeedMessage, { type: 'presence' }>): void
  failed(error: Error): void
}

interface OpenHandle {
  readonly request: OpenRequest
  readonly listener: HandleListener
}

/** A worker that has not said hello by then cannot be reached. */
const HELLO_TIMEOUT = 10_000
/** A worker that has reported an error gets so long to say hello all the same. */
const FAILURE_GRACE = 500
/** Acknowledgements wait so long for company. */
const ACKNOWLEDGE_DELAY = 500

export class Link {
  readonly ready = defer<void>()
  readonly #status = signal<Status>('connecting')
  readonly #sync = signal<SyncState>({ state: 'off', pending: 0 })
  readonly #rejected = signal<readonly RejectedCall[]>([])
  readonly environment: TabEnvironment
  readonly #dial: Dial
  readonly #tab: string
  readonly #handles = new Map<number, OpenHandle>()
  readonly #calls = new Map<string, TrackedCall>()
  /** What handles show, told to each host anew. */
  readonly #shown = new Map<number, unknown>()
  #waiting: (() => void)[] = []
  #outbox: CallMessage[] = []
  /** Calls cancelled while no host could be told. */
  readonly #toCancel = new Set<string>()
  #seen: string[] = []
  #hello: HostHello | undefined
  #control: Remote<HostControl> | undefined
  #feed: FeedReceiver | undefined
  #release: (() => void) | undefined
  #attempt = new AbortController()
  #counts = { calls: 0, handles: 0 }
  #isClosed = false

  constructor(environment: TabEnvironment, dial: Dial) {
    this.environment = environment
    this.#dial = dial
    this.#tab = environment.randomId()
    this.ready.promise.catch(() => undefined)
    this.#start().catch((thrown: unknown) => this.#fail(unreachable(reasonOf(thrown))))
  }

  get status(): ReadonlySignal<Status> {
    return this.#status
  }
  get sync(): ReadonlySignal<SyncState> {
    return this.#sync
  }
  get rejected(): ReadonlySignal<readonly RejectedCall[]> {
    return this.#rejected
  }
  /** What the host serves, once it has said so. */
  get hello(): HostHello | undefined {
    return this.#hello
  }
  get isClosed(): boolean {
    return this.#isClosed
  }

  /** Runs `task` as soon as the host has said what it serves: before any call reaches it. */
  whenHello(task: () => void): void {
    if (this.#hello === undefined) this.#waiting.push(task)
    else task()
  }

  /** The number of a handle to be opened: calls may be made on it at once. */
  reserveHandle(): number {
    return ++this.#counts.handles
  }

  /** Opens a handle and keeps it open, from host to host. */
  open(request: OpenRequest, listener: HandleListener): void {
    const handle = { request, listener }
    this.#handles.set(request.handle, handle)
    if (this.#status.peek() === 'connected') this.#openOnHost(handle)
  }

  /** Fails the calls of a handle that cannot be opened. */
  refuseCalls(handle: number, error: unknown): void {
    for (const [id, tracked] of this.#calls) {
      if (tracked.message.handle !== handle) continue
      this.#calls.delete(id)
      tracked.refuse(error)
    }
  }

  /** Shows a value to who else is connected, and asks to be told who that is. */
  show(handle: number, value: unknown): void {
    this.#shown.set(handle, value)
    if (this.#handles.has(handle) && this.#status.peek() === 'connected') this.#showOnHost(handle)
  }

  close(handle: number): void {
    this.#shown.delete(handle)
    this.#handles.delete(handle)
    if (this.#status.peek() === 'connected') void this.#control?.close(handle)
  }

  call(handle: number, action: string, args: readonly unknown[], group?: string): TrackedCall {
    const id = `${this.#tab}.${++this.#counts.calls}`
    const message: CallMessage = { id, handle, action, args, now: this.environment.clock.now(), ...(group === undefined ? {} : { group }) }
    const tracked = trackCall(message, () => this.#cancel(id))
    this.#calls.set(id, tracked)
    if (this.#outbox.push(message) === 1) queueMicrotask(() => this.#submit())
    return tracked
  }

  /** Asks the host something; waits for one where there is none. */
  async ask<P extends Promise<unknown>>(question: (control: Remote<HostControl>) => P): Promise<Awaited<P>> {
    // A first worker may have been given up, and another one be there by now.
    if (this.#status.peek() !== 'connected') await this.ready.promise
    if (this.#control === undefined) throw unreachable('the connection was closed')
    return await question(this.#control)
  }

  showSyncError(error: ErrorData): void {
    this.#sync.value = { ...this.#sync.peek(), error }
  }

  shutdown(): void {
    this.#isClosed = true
    this.#attempt.abort()
    if (this.#status.peek() === 'connected') void this.#control?.bye()
    this.#feed?.close()
    this.#release?.()
    this.#status.value = 'disconnected'
    this.ready.reject(unreachable('the connection was closed'))
  }

  async #start(): Promise<void> {
    // The lock is held before the host hears of this tab: it takes a free lock for a dead tab.
    this.#release = await this.environment.locks.hold(`homeroom:tab:${this.#tab}`)
    if (this.#isClosed) this.#release()
    else await this.#attach()
  }

  async #attach(): Promise<void> {
    this.#attempt.abort()
    const attempt = (this.#attempt = new AbortController())
    const cancelTimer = this.environment.clock.setTimeout(() => this.#giveUp(), HELLO_TIMEOUT)
    try {
      const control = wrap<HostControl>(this.#dial((message) => this.#workerFailed(message, attempt)))
      const { receiver, sender } = this.environment.createFeed()
      receiver.onmessage = ({ data }) => this.#receive(receiver, data)
      this.#feed?.close()
      this.#feed = receiver
      const handles = [...this.#handles.keys()]
      const answer = await control.hello({ protocol: PORT_PROTOCOL, tab: this.#tab, handles }, transfer(sender, [sender]))
      if (attempt.signal.aborted) return
      if (!answer.ok) return this.#fail(errorFromData(answer.error))
      this.#attached(control, answer.value, attempt.signal)
      // Closed since the hello: the host waits for them.
      for (const handle of handles) if (!this.#handles.has(handle)) void control.close(handle)
    } catch (thrown) {
      this.#fail(unreachable(reasonOf(thrown)))
    } finally {
      cancelTimer()
    }
  }

  #attached(control: Remote<HostControl>, hello: HostHello, signal: AbortSignal): void {
    this.#control = control
    this.#hello = hello
    for (const task of this.#waiting.splice(0)) task()
    this.#status.value = 'connected'
    for (const handle of this.#handles.values()) this.#openOnHost(handle)
    const [toFollow, toRepeat] = [[] as CallMessage[], [] as CallMessage[]]
    for (const { isAnswered, message } of this.#calls.values()) (isAnswered ? toFollow : toRepeat).push(message)
    this.#outbox = []
    if (toRepeat.length > 0) void control.submit(toRepeat)
    for (const id of this.#toCancel) void control.cancel(id)
    this.#toCancel.clear()
    if (toFollow.length > 0) void control.follow(toFollow.map(({ id, handle }) => ({ id, handle })))
    this.ready.resolve()
    this.environment.locks.whenFree(hello.lock, signal).then(
      () => this.#lost(),
      () => undefined,
    )
  }

  /** No hello: the worker may have died before it could be watched, so another one is asked. */
  #giveUp(): void {
    if (this.#isClosed) return
    this.#fail(unreachable(`it has not answered in ${HELLO_TIMEOUT / 1000} s`))
    void this.#attach()
  }

  /** The host is gone. */
  #lost(): void {
    if (this.#isClosed) return
    this.#status.value = 'disconnected'
    void this.#attach()
  }

  /** A worker may throw and still serve: it has failed only if no hello comes. */
  #workerFailed(message: string, attempt: AbortController): void {
    const isStill = (): boolean => attempt === this.#attempt && this.#status.peek() !== 'connected'
    this.environment.clock.setTimeout(() => {
      if (isStill()) this.#fail(unreachable(message))
    }, FAILURE_GRACE)
  }

  #fail(error: Error): void {
    if (this.#isClosed || this.#status.peek() === 'connected') return
    this.#status.value = 'error'
    this.ready.reject(error)
    for (const { listener } of this.#handles.values()) listener.failed(error)
  }

  #openOnHost({ request, listener }: OpenHandle): void {
    void this.#control?.open(request).then((answer) => {
      if (!answer.ok && this.#handles.has(request.handle)) listener.failed(errorFromData(answer.error))
    })
    if (this.#shown.has(request.handle)) this.#showOnHost(request.handle)
  }

  #showOnHost(handle: number): void {
    void this.#control?.show(handle, this.#shown.get(handle))
  }

  #submit(): void {
    if (this.#status.peek() !== 'connected' || this.#control === undefined) return
    const calls = this.#outbox
    this.#outbox = []
    if (calls.length > 0) void this.#control.submit(calls)
  }

  #cancel(id: string): void {
    const waiting = this.#outbox.length
    this.#outbox = this.#outbox.filter((call) => call.id !== id)
    if (this.#outbox.length < waiting && this.#status.peek() === 'connected') return this.#drop(id)
    if (this.#status.peek() === 'connected') void this.#control?.cancel(id)
    else if (this.#calls.has(id)) this.#toCancel.add(id)
  }

  /** The call never left the tab. */
  #drop(id: string): void {
    this.#calls.get(id)?.refuse(new HomeroomError('call/cancelled', 'The call was cancelled before it left the tab. Nothing was run.'))
    this.#calls.delete(id)
  }

  #receive(from: FeedReceiver, frame: FeedFrame): void {
    if (from !== this.#feed) return
    for (const message of frame.messages) this.#handle(message)
  }

  #handle(message: FeedMessage): void {
    switch (message.type) {
      case 'snapshot':
        return this.#handles.get(message.handle)?.listener.snapshot(message.state, message.streams)
      case 'patch':
        return this.#handles.get(message.handle)?.listener.patch(message.ops)
      case 'stream':
        return this.#handles.get(message.handle)?.listener.stream(message.stream, message.event)
      case 'undo':
        return this.#handles.get(message.handle)?.listener.undo(message)
      case 'presence':
        return this.#handles.get(message.handle)?.listener.presence(message)
      case 'running':
        for (const call of message.calls) this.#calls.get(call)?.running()
        return
      case 'outcome':
      case 'settled':
        for (const call of message.calls) if (this.#calls.get(call)?.answer(message.outcome) === true) this.#seenLast(call)
        return
      case 'handle-error':
        return this.#handles.get(message.handle)?.listener.failed(errorFromData(message.error))
      case 'sync':
        this.#sync.value = message.sync
        return
      case 'rejected':
        this.#rejected.value = message.rejected
    }
  }

  /** The last word on a call has come: the host may forget its outcome. */
  #seenLast(call: string): void {
    this.#calls.delete(call)
    if (this.#seen.push(call) > 1) return
    this.environment.clock.setTimeout(() => {
      const calls = this.#seen
      this.#seen = []
      if (this.#status.peek() === 'connected') void this.#control?.acknowledge(calls)
    }, ACKNOWLEDGE_DELAY)
  }
}

function reasonOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown)
}

function unreachable(why: string): HomeroomError {
  return new HomeroomError(
    'host/unreachable',
    `The worker cannot be reached: ${why}. Check that its script loads and calls serve(), then reload the page.`,
  )
}
