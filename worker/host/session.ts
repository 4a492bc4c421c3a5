/** One tab as the host sees it: its handles, and what is still to be told to it. */
import { type FeedFrame, type FeedMessage } from '../../lib/protocol/port-messages.ts'
import type { Connection } from '../../lib/system/agentic-system.ts'
import type { UndoState } from '../run/undo-stacks.ts'
import { Frame } from './frame.ts'
import type { OpenInstance } from './open-instances.ts'

/** What a session needs of a feed port; a `MessagePort` has it. */
export interface FeedPort {
  postMessage(frame: FeedFrame): void
  close(): void
}

/** A tab's attachment to an instance. It exists from the tab's request on; the instance may take a while to be there. */
export interface Handle {
  readonly number: number
  /** `instanceKey` of what it is on. */
  readonly instance: string
  readonly session: Session
  /** Resolves when the instance can take calls; rejects with the reason why it cannot be opened. */
  readonly opened: Promise<Attached>
  /** False until the tab has been sent the state: no increments before it. */
  hasSnapshot: boolean
  /** What the tab was told last of what its connection can undo. */
  undo: UndoState
  /** Set once it is attached. */
  connection?: Connection
  /** What the tab shows of this connection. */
  shown?: unknown
  /** Whether the tab wants to know who is connected, and has been told all of it. */
  watchesPresence: boolean
  knowsPresence: boolean
  /** What `opened` has resolved with. */
  attached?: Attached
}

export interface Attached {
  readonly open: OpenInstance
  readonly connection: Connection
}

export class Session {
  readonly tab: string
  readonly handles = new Map<number, Handle>()
  /** By instance: settles when the last call that the tab made on it has been queued; gone by then. */
  readonly #queued = new Map<string, Promise<unknown>>()
  readonly #boot: string
  readonly #feed: FeedPort
  readonly #flushSoon: (flush: () => void) => void
  readonly #expected = new Set<number>()
  #outbox: FeedMessage[] = []

  /** @param flushSoon runs a function once the present work is done, so that one frame carries all of it */
  constructor(tab: string, boot: string, feed: FeedPort, flushSoon: (flush: () => void) => void) {
    this.tab = tab
    this.#boot = boot
    this.#feed = feed
    this.#flushSoon = flushSoon
  }

  /** Handles that the tab had with an earlier host and will open again: their connections go on. */
  expect(handles: readonly number[]): void {
    for (const handle of handles) this.#expected.add(handle)
  }

  forget(handle: number): void {
    this.handles.delete(handle)
    this.#expected.delete(handle)
  }

  has(handle: number): boolean {
    return this.handles.has(handle) || this.#expected.has(handle)
  }

  send(message: FeedMessage): void {
    if (this.#outbox.length === 0) this.#flushSoon(() => this.#flush())
    this.#outbox.push(message)
  }

  /** Queues a call of the tab once `ready` has settled, and after its earlier calls on that instance (rule Q2). */
  inOrder(instance: string, ready: Promise<() => void>): void {
    const queued = Promise.all([ready, this.#queued.get(instance)]).then(([queue]) => {
      if (this.#queued.get(instance) === queued) this.#queued.delete(instance)
      queue()
    })
    this.#queued.set(instance, queued)
  }

  /** Whether calls of the tab on that instance wait to be queued: what comes now has to wait behind them. */
  isWaiting(instance: string): boolean {
    return this.#queued.has(instance)
  }

  close(): void {
    this.#outbox = []
    this.#feed.close()
  }

  #flush(): void {
    const messages = this.#outbox
    this.#outbox = []
    if (messages.length > 0) this.#feed.postMessage({ boot: this.#boot, messages: new Frame(messages).messages })
  }
}
