/**
 * One instance on the uplink: opens it on the server, hands what comes to the instance in log order, and pushes its
 * pending commits, one chain at a time.
 *
 *   closed ── socket is up ──► opening ── opened ──► open ⇄ pushing (one chain in flight)
 *      ▲                                              │
 *      └────────────── socket is down ◄───────────────┘
 */
import { type Commit, commitKey, isSameKey } from '../../lib/protocol/commit.ts'
import { errorToData } from '../../lib/protocol/errors.ts'
import {
  type AheadMessage,
  type ClientMessage,
  type CommitsMessage,
  type ErrorMessage,
  MAX_FRAME_BYTES,
  type OpenedMessage,
  type PresentMessage,
  type PushedMessage,
  type PushMessage,
  type RefusedMessage,
  type CheckMessage,
  type ShownMessage,
  type Snapshot,
  type SnapshotPartMessage,
} from '../../lib/protocol/sync-messages.ts'
import { decode, encode } from '../../lib/protocol/wire.ts'
import { instanceHash } from '../../lib/protocol/digest.ts'
import type { Chain, Instance, RemoteEvent } from '../run/instance.ts'
import { Presence, type PresenceHost } from './presence.ts'

export type ChannelMessage =
  | OpenedMessage
  | SnapshotPartMessage
  | CommitsMessage
  | PushedMessage
  | AheadMessage
  | RefusedMessage
  | CheckMessage
  | PresentMessage
  | ShownMessage
  | (ErrorMessage & { readonly instance: string })

export interface ChannelHost extends Pick<PresenceHost, 'clock' | 'device' | 'random' | 'here' | 'isWanted'> {
  /** So many commits go in one push. */
  readonly pushCommits: number
  send(message: ClientMessage): void
  /** Something has gone wrong with this instance; the user is to know. */
  report(error: { name: string; message: string; code: string }): void
  opened(): void
  /** Who is connected elsewhere has changed. */
  presenceChanged(): void
}

/** So many characters go in one push. */
const MAX_PUSH_SIZE = 512 * 1024
/** Arguments longer than this stay on the device: the server needs only what they did. */
const MAX_ARGUMENTS = 16 * 1024
/** Errors that asking again does not mend: the instance waits for the next connection. */
const FINAL_ERRORS: ReadonlySet<string> = new Set(['forbidden', 'invalid', 'full', 'too-many'])
/** After an error that may pass, the device asks again in so many ms, unless the server says when. */
const RETRY_PAUSE = 1_000

/** The server answers a cursor in another log with a snapshot; without a cursor it may send the commits from the first on. */
const NO_LOG = { log: 'none', offset: 0 }

export class Channel {
  readonly instance: Instance
  readonly hash: string
  readonly presence: Presence
  readonly #host: ChannelHost
  #state: 'closed' | 'opening' | 'open' = 'closed'
  #parts: string[] = []
  #push: { readonly number: number; readonly chain: Chain; readonly sent: number } | undefined
  #pushes = 0
  /** What came is taken in one by one; while it is, nothing is pushed. */
  #inbox: Promise<void> = Promise.resolve()
  #unread = 0
  /** Grows with each opening: what an older one has left in the inbox is dropped. */
  #opening = 0

  constructor(instance: Instance, host: ChannelHost) {
    this.instance = instance
    this.hash = instanceHash(instance.name.system, instance.name.id)
    this.#host = host
    this.presence = new Presence(this.hash, {
      clock: host.clock,
      device: host.device,
      random: () => host.random(),
      here: () => host.here(),
      isWanted: () => host.isWanted(),
      send: (message) => host.send(message),
      report: (error) => host.report({ code: 'presence', ...error }),
      changed: () => host.presenceChanged(),
      begun: () => instance.begunConnections,
      end: (connections, isGone) => instance.endConnections(connections, isGone),
    })
  }

  get isOpen(): boolean {
    return this.#state === 'open'
  }

  open(fromSnapshot = false): void {
    this.reset()
    this.#state = 'opening'
    this.instance.judgeAnew()
    const asked = fromSnapshot ? NO_LOG : this.instance.cursor
    const { system, id } = this.instance.name
    this.#host.send({ type: 'open', instance: this.hash, system, id, ...(asked === undefined ? {} : { cursor: asked }) })
  }

  /** The socket is gone: what was in flight may or may not be in the log; the next opening tells. */
  reset(): void {
    this.presence.reset()
    this.#state = 'closed'
    this.#push = undefined
    this.#parts = []
    this.#opening++
  }

  /** Closes the channel, unless it is closed, and opens it again after a while. */
  pause(ms = RETRY_PAUSE): void {
    if (this.#state === 'closed') return
    this.reset()
    this.#host.send({ type: 'close', instance: this.hash })
    const opening = this.#opening
    this.#host.clock.setTimeout(() => {
      if (opening === this.#opening) this.open()
    }, ms)
  }

  /** Nothing more will be asked of the instance. */
  close(): void {
    this.presence.leave()
    this.reset()
  }

  handle(message: ChannelMessage): void {
    const opening = this.#opening
    this.#unread++
    this.#inbox = this.#inbox
      .then(() => (opening === this.#opening ? this.#take(message) : undefined))
      .catch((thrown: unknown) => this.#host.report({ code: 'sync/failed', ...errorToData(thrown) }))
      .then(() => {
        this.#unread--
        this.pump()
      })
  }

  /** Pushes what may be pushed. To be called whenever that may have changed. */
  pump(): void {
    if (this.#state !== 'open' || this.#push !== undefined || this.#unread > 0) return
    const chain = this.instance.nextChain(this.#host.pushCommits)
    if (chain === undefined) return
    const commits = fitting(chain.commits.map(toWire))
    if (commits.length === 0) return this.#refuseFirst(chain)
    this.#push = { number: ++this.#pushes, chain, sent: commits.length }
    const message: PushMessage = {
      type: 'push',
      instance: this.hash,
      push: this.#push.number,
      base: chain.base,
      after: chain.after,
      commits,
    }
    this.#host.send(chain.log === undefined ? message : { ...message, log: chain.log })
  }

  async #take(message: ChannelMessage): Promise<void> {
    switch (message.type) {
      case 'snapshot-part':
        this.#parts[message.part] = message.text
        return
      case 'opened':
        return this.#opened(message)
      case 'commits':
        if (await this.#adopt(message.log))
          await this.#deliver({ type: 'commits', log: message.log, from: message.from, commits: message.commits })
        return
      case 'pushed':
        return this.#pushed(message)
      case 'ahead':
        if (message.push === this.#push?.number) this.#push = undefined
        return
      case 'refused':
        return this.#refused(message)
      case 'check':
        return this.#deliver({ type: 'check', offset: message.offset, hash: message.hash })
      case 'present':
        return this.presence.present(message)
      case 'shown':
        return this.presence.shown(message)
      case 'error':
        return this.#failed(message)
    }
  }

  async #failed({ code, message, retryMs }: ErrorMessage): Promise<void> {
    if (code.startsWith('presence-')) return this.presence.refused({ name: 'HomeroomError', code, message }, retryMs)
    this.#host.report({ name: 'HomeroomError', code, message })
    if (code === 'sync/lineage') return this.#deliver({ type: 'opened', log: undefined })
    if (FINAL_ERRORS.has(code)) this.reset()
    else this.pause(retryMs)
  }

  async #opened(message: OpenedMessage): Promise<void> {
    if (message.log !== undefined && !(await this.#adopt(message.log))) return
    await this.#deliver({ type: 'opened', log: message.log })
    if (this.#state !== 'opening') return
    this.#state = 'open'
    // Before anything is pushed: what begins in the log is to be of a device that the server knows.
    this.presence.opened(message.right)
    this.#reportDivergence()
    this.#host.opened()
  }

  /** Whatever follows the parts of a snapshot stands on it. @returns whether it may be taken in: not if the channel had to open anew */
  async #adopt(log: string): Promise<boolean> {
    if (this.#parts.length === 0) return true
    const opening = this.#opening
    const snapshot = decode(this.#parts.join('')) as Snapshot
    this.#parts = []
    await this.#deliver({ type: 'snapshot', log, snapshot })
    return opening === this.#opening
  }

  async #pushed({ push, log, from, count, known }: PushedMessage): Promise<void> {
    const inFlight = this.#push
    if (inFlight === undefined || inFlight.number !== push) return
    if (known !== undefined) {
      // They stand in the log since an earlier push; `commits` has brought them. Where it has not, a snapshot tells.
      this.#push = undefined
      const first = this.instance.nextChain(1)?.commits[0]
      if (first !== undefined && inFlight.chain.commits.slice(0, count).some((commit) => isSameKey(commit, first))) this.open(true)
      return
    }
    const commits = inFlight.chain.commits.slice(0, count)
    await this.#deliver({ type: 'commits', log, from, commits })
    if (this.#push === inFlight && count === inFlight.sent) this.#push = undefined
  }

  async #refused({ push, index, code, message }: RefusedMessage): Promise<void> {
    const commit = this.#push?.number === push ? this.#push.chain.commits[index] : undefined
    this.#push = undefined
    const error = { name: 'HomeroomError', code, message }
    if (code === 'outdated') this.#host.report(error)
    else if (commit !== undefined) await this.#deliver({ type: 'refused', key: commit, error })
  }

  /** A commit that no frame can carry will never be confirmed. */
  #refuseFirst(chain: Chain): void {
    const commit = chain.commits[0] as Commit
    const message = `The changes of ${commit.action ?? commitKey(commit)} are larger than ${MAX_FRAME_BYTES} bytes and cannot be sent. Make them in several actions.`
    void this.#deliver({ type: 'refused', key: commit, error: { name: 'HomeroomError', code: 'sync/too-large', message } })
  }

  #reportDivergence(): void {
    const { divergence } = this.instance
    if (divergence !== undefined) this.#host.report({ code: 'sync/diverged', ...divergence })
  }

  async #deliver(event: RemoteEvent): Promise<void> {
    const before = this.instance.divergence
    const taken = await this.instance.receive(event)
    this.presence.checkLog()
    if (before === undefined) this.#reportDivergence()
    if (taken === 'ok') return
    if (taken === 'mismatch') {
      const { system, id } = this.instance.name
      this.#host.report({
        name: 'HomeroomError',
        code: 'sync/mismatch',
        message: `The state of ${system} ${JSON.stringify(id)} on this device differed from the server's at the same offset. It was repaired from the server's snapshot; pending actions were kept.`,
      })
    }
    this.open(taken === 'mismatch')
  }
}

/** The commit as it is sent: without arguments that would only cost. */
function toWire(commit: Commit): Commit {
  if (commit.args === undefined || encode(commit.args).length <= MAX_ARGUMENTS) return commit
  const { args: _, ...rest } = commit
  return rest
}

/** As many of the commits, from the first, as one frame should carry; none if the first is too large for any. */
function fitting(commits: readonly Commit[]): readonly Commit[] {
  let size = 0
  for (const [i, commit] of commits.entries()) {
    const length = utf8Length(encode(commit))
    if (i === 0 && length > MAX_FRAME_BYTES - 4096) return []
    size += length
    if (i > 0 && size > MAX_PUSH_SIZE) return commits.slice(0, i)
  }
  return commits
}

/** At most: text outside ASCII takes up to three bytes a character. */
function utf8Length(text: string): number {
  // oxlint-disable-next-line no-control-regex -- ASCII is meant
  return /^[\u0000-\u007f]*$/.test(text) ? text.length : text.length * 3
}
