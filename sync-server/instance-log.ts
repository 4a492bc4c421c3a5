/**
 * One instance's log as this server sees it.
 *
 * 1. Nothing is taken as part of the log before the engine has made it durable (rule V3).
 * 2. `head`, `version` and `boots` are the engine's, or behind it where another server appended: then `append` answers
 *    false, and the owner loads the log anew.
 * 3. The state, where it is in memory, is that at `head`; it is a cache, and can be folded again at any time.
 */
import type { Commit, CommitKey } from '../lib/protocol/commit.ts'
import { digest, digestText } from '../lib/protocol/digest.ts'
import { HomeroomError } from '../lib/protocol/errors.ts'
import { applyOps, type State } from '../lib/protocol/ops.ts'
import type { Snapshot } from '../lib/protocol/sync-messages.ts'
import { decode, encode } from '../lib/protocol/wire.ts'
import { CHUNK_BYTES } from './answers.ts'
import type { Engine, InstanceName, LogHead, StoredCommit, StoredSnapshot } from './engine.ts'
import { isKnownTo, type Located, type Standing } from './judge.ts'
import type { Limits } from './limits.ts'
import { RecentCommits } from './recent-commits.ts'
import type { StateCache } from './state-cache.ts'

/** Who an instance is: its place in the engine, and the name that its hash stands for. */
export interface InstanceIdentity extends InstanceName {
  readonly system: string
  readonly id: string
}

export interface LogContext {
  readonly engine: Engine
  readonly states: StateCache
  readonly limits: Limits
  /** Names a log that begins. */
  randomId(): string
}

export async function loadLog(context: LogContext, identity: InstanceIdentity): Promise<InstanceLog> {
  return new InstanceLog(context, identity, await context.engine.head(identity))
}

export class InstanceLog implements Standing {
  readonly #context: LogContext
  readonly #identity: InstanceIdentity
  readonly #boots: Map<string, number>
  readonly #recent = new RecentCommits()
  #id: string | undefined
  #head: number
  #version: number
  #trimmed: number
  #snapshot: number
  #state: State | undefined
  /** Characters of the snapshot, and of the commits after it; right while the state is in memory. */
  #snapshotChars = 0
  #tailChars = 0

  constructor(context: LogContext, identity: InstanceIdentity, stored: LogHead | undefined) {
    this.#context = context
    this.#identity = identity
    this.#boots = new Map(stored?.boots)
    this.#id = stored?.log
    this.#head = stored?.head ?? 0
    this.#version = stored?.version ?? 0
    this.#trimmed = stored?.trimmed ?? 0
    this.#snapshot = stored?.snapshot ?? 0
  }

  get id(): string | undefined {
    return this.#id
  }
  get head(): number {
    return this.#head
  }
  get version(): number {
    return this.#version
  }
  get boots(): ReadonlyMap<string, number> {
    return this.#boots
  }
  /** Offset up to which commits are gone. */
  get trimmed(): number {
    return this.#trimmed
  }
  get hasSnapshot(): boolean {
    return this.#snapshot > 0
  }
  /** Commits after the snapshot. */
  get tail(): number {
    return this.#head - this.#snapshot
  }
  /** Characters that a device without a cursor has to load. Known once the state is. */
  get size(): number {
    return this.#snapshotChars + this.#tailChars
  }

  /** A large state is not written again for a few commits: the cost stays in proportion to what is appended. */
  get isSnapshotDue(): boolean {
    return this.tail >= this.#context.limits.snapshotEvery && this.#tailChars * 4 >= this.#snapshotChars
  }

  async state(): Promise<State> {
    const state = this.#state ?? (await this.#fold())
    this.#keep(state)
    return state
  }

  forgetState(): void {
    this.#state = undefined
  }

  /** To be called when nobody uses the log any more. */
  release(): void {
    this.#context.states.remove(this)
  }

  async locate(key: CommitKey): Promise<Located> {
    if (!isKnownTo(this.#boots, key)) return 'unknown'
    const recent = this.#recent.find(key)
    if (recent !== undefined) return recent
    const found = await this.#context.engine.find(this.#identity, key)
    if (found !== undefined) return { offset: found.offset, commit: decode(found.text) as Commit }
    return this.#trimmed > 0 ? 'folded' : 'unknown'
  }

  /** Texts of commits from `from` on, about a chunk of them and none past the head. At least one, up to there. */
  async read(from: number): Promise<readonly string[]> {
    const texts = this.#recent.from(from) ?? (await this.#context.engine.read(this.#identity, from, CHUNK_BYTES))
    if (texts.length === 0 && from <= this.#head) throw outOfDate()
    return texts.slice(0, this.#head - from + 1)
  }

  /** The stored snapshot, if there is one. */
  async readSnapshot(): Promise<StoredSnapshot | undefined> {
    const stored = await this.#context.engine.readSnapshot(this.#identity)
    if (stored !== undefined && stored.offset > this.#head) throw outOfDate()
    return stored
  }

  /**
   * Appends commits that were folded into `state`, and resolves when they are durable.
   * @returns false where another server was faster; nothing was appended then, and this log is out of date
   */
  async append(commits: readonly Commit[], stored: readonly StoredCommit[], state: State): Promise<boolean> {
    const { system, id } = this.#identity
    const log = this.#id ?? this.#context.randomId()
    const isAppended = await this.#context.engine.append(this.#identity, { log, system, id, expected: this.#head, commits: stored })
    if (!isAppended) return false
    this.#id = log
    for (const [index, { boot, n, version, text }] of stored.entries()) {
      this.#head += 1
      this.#version = Math.max(this.#version, version)
      this.#boots.set(boot, n)
      this.#tailChars += text.length
      this.#recent.add(this.#head, commits[index] as Commit, text)
    }
    this.#keep(state)
    return true
  }

  /** Stores the state at the head (rule V5), and forgets the commits that nobody is likely to ask for. */
  async makeSnapshot(): Promise<{ readonly offset: number; readonly hash: string }> {
    const offset = this.#head
    const state = encode(await this.state())
    const hash = digestText(state)
    const around = encode({ offset, boots: Object.fromEntries(this.#boots), version: this.#version, hash })
    const text = `{"state":${state},${around.slice(1)}`
    await this.#context.engine.writeSnapshot(this.#identity, { offset, text })
    this.#snapshot = offset
    this.#snapshotChars = text.length
    this.#tailChars = 0
    await this.#trim(offset - this.#context.limits.keepCommits)
    return { offset, hash }
  }

  async #trim(upTo: number): Promise<void> {
    if (upTo <= this.#trimmed) return
    await this.#context.engine.trim(this.#identity, upTo)
    this.#trimmed = upTo
  }

  #keep(state: State): void {
    this.#state = state
    this.#context.states.use(this, this.size)
  }

  /** The snapshot with the commits after it; together they are the state (rule S2). */
  async #fold(): Promise<State> {
    const stored = await this.readSnapshot()
    let state = stored === undefined ? {} : this.#unpack(stored)
    this.#snapshotChars = stored?.text.length ?? 0
    this.#tailChars = 0
    for (let at = stored?.offset ?? 0; at < this.#head;) {
      const texts = await this.read(at + 1)
      state = applyOps(
        state,
        texts.flatMap((text) => (decode(text) as Commit).ops),
      )
      this.#tailChars += texts.reduce((chars, { length }) => chars + length, 0)
      at += texts.length
    }
    return state
  }

  #unpack({ offset, text }: StoredSnapshot): State {
    const { state, hash } = decode(text) as Snapshot
    if (digest(state) === hash) return state
    const message = `The snapshot of instance ${this.#identity.hash} at ${offset} does not have the digest that was stored with it. It is not served. Restore the data from a backup.`
    throw new HomeroomError('server/corrupt', message)
  }
}

/** Another server on the same engine has gone on meanwhile: the log is loaded anew, and the device tries again. */
function outOfDate(): HomeroomError {
  return new HomeroomError('unavailable', 'Another server has changed the log while it was read. Nothing was done. Try again.')
}
