/**
 * A room: one instance, all devices that have it open, one push at a time.
 *
 *   push ──► parked, while another holds the reserve
 *     │
 *     ▼ judge (pure)
 *   known ──► pushed     ahead ──► ahead + reserve     lineage ──► error
 *   chain ──► fold (pure) ──► engine.append ──► pushed to its device, commits to the others ──► snapshot, now and then
 *
 * 1. A member is sent everything of the instance in log order, each commit once: `sent` is the offset of the last, and
 *    between two jobs it is the head of the loaded log, for all members.
 * 2. `pushed` is sent only after the engine has made the commits durable (rule V3).
 * 3. Each push gets one answer: `pushed`, `refused`, first one and then the other, `ahead`, or an `error` that names the
 *    instance. A member that leaves gets none.
 * 4. After any failure the log is loaded anew: what the engine has counts, whatever was answered (rule Y5).
 */
import { HomeroomError, assert } from '../lib/protocol/errors.ts'
import type { PushMessage } from '../lib/protocol/sync-messages.ts'
import { commitsFrames, errorFrame, frame } from './answers.ts'
import { planCatchUp, sendSnapshot, sendTail, type Cursor, type Receiver } from './catch-up.ts'
import type { Environment } from './environment.ts'
import { loadLog, type InstanceIdentity, type InstanceLog, type LogContext } from './instance-log.ts'
import { type PresenceMember, type PresenceMemory, RoomPresence } from './presence.ts'
import { Reserve } from './reserve.ts'
import { SerialQueue } from './serial-queue.ts'
import { settlePush, type Settled } from './settle-push.ts'

/** One session's place in the room. */
export interface Member extends Receiver, PresenceMember {}

export interface RoomContext extends LogContext {
  readonly environment: Environment
  readonly presence: PresenceMemory
}

/** How often a push is judged anew where other servers append to the same log at the same time. */
const MAX_ATTEMPTS = 10

/** What a newcomer is sent before it joins. */
interface Start {
  readonly log: InstanceLog
  readonly from: number
  readonly snapshot?: string
}

export class Room {
  readonly presence: RoomPresence
  readonly #context: RoomContext
  readonly #identity: InstanceIdentity
  readonly #onIdle: () => void
  readonly #queue = new SerialQueue()
  readonly #reserve: Reserve<Member, PushMessage>
  /** Members that have the instance open, with the offset of the last commit that each was sent. */
  readonly #sent = new Map<Member, number>()
  readonly #opening = new Set<Member>()
  /** Members whose push has no answer yet. */
  readonly #pushing = new Set<Member>()
  #log: InstanceLog | undefined

  /** @param onIdle called when nobody is left, present or away, and nothing runs: the room may be forgotten */
  constructor(context: RoomContext, identity: InstanceIdentity, onIdle: () => void) {
    this.#context = context
    this.#identity = identity
    this.#onIdle = onIdle
    this.presence = new RoomPresence(context, identity.hash, () => this.#checkIdle())
    this.#reserve = new Reserve(context.environment.clock, context.limits.reserveMs, () => void this.#run(() => this.#serveParked()))
  }

  /** Brings the member up to date and makes it one of the room. Resolves when it has been answered. */
  async open(member: Member, cursor: Cursor): Promise<void> {
    this.#opening.add(member)
    try {
      const start = await this.#run(() => this.#startOf(member, cursor))
      const sent = start && (await this.#sendUpTo(member, start))
      if (sent !== undefined) await this.#run(() => this.#join(member, sent, start?.snapshot !== undefined))
    } catch (error) {
      this.#fail(member, error)
    } finally {
      this.#opening.delete(member)
      this.#checkIdle()
    }
  }

  hasOpened(member: Member): boolean {
    return this.#sent.has(member)
  }

  /** Settles the push when its turn comes. One push of a member may be without its answer at a time. */
  push(member: Member, push: PushMessage): void {
    if (this.#pushing.has(member))
      return member.send(
        this.#error('busy', 'A push of the device to this instance has no answer yet, so this one was dropped. Wait for the answer.'),
      )
    this.#pushing.add(member)
    void this.#run(() => this.#take(member, push))
  }

  /** Forgets the member at once, with what it has parked. What is being appended stays appended. */
  leave(member: Member): void {
    this.#sent.delete(member)
    this.#opening.delete(member)
    this.#pushing.delete(member)
    this.#reserve.leave(member)
    this.presence.leave(member)
    this.#checkIdle()
  }

  // Opening

  async #startOf(member: Member, cursor: Cursor): Promise<Start | undefined> {
    const log = await this.#loaded()
    const plan = planCatchUp(cursor, log, this.#context.limits.newcomerTail)
    if (plan.kind === 'tail') return { log, from: plan.from }
    if (plan.kind === 'lineage') {
      member.send(
        this.#error(
          'sync/lineage',
          `The device has ${cursor?.offset} commits of the log ${cursor?.log}, this server has ${log.head} of ${log.id ?? 'none'}. It may have been restored from a backup. What is pending stays on the device.`,
        ),
      )
      return undefined
    }
    if (!log.hasSnapshot || log.tail > this.#context.limits.newcomerTail) await this.#makeSnapshot(log)
    const snapshot = await log.readSnapshot()
    assert(snapshot !== undefined, `a snapshot was made for the log at ${log.head}, but the engine has none`)
    return { log, from: snapshot.offset, snapshot: snapshot.text }
  }

  /** Outside the queue and at the member's pace: nobody waits for it (rule V4). */
  async #sendUpTo(member: Member, { log, from, snapshot }: Start): Promise<number | undefined> {
    if (snapshot !== undefined && !(await sendSnapshot(member, this.#identity.hash, snapshot))) return undefined
    return sendTail(member, this.#identity.hash, log, from)
  }

  /** In the queue: sends what was appended meanwhile, and from then on everything as it comes. */
  async #join(member: Member, from: number, snapshot: boolean): Promise<void> {
    const log = await this.#loaded()
    const sent = await sendTail(member, this.#identity.hash, log, from, neverWait)
    if (!this.#opening.has(member)) return
    assert(sent === log.head, `a newcomer was sent the log up to ${sent}, its head is ${log.head}`)
    this.#sent.set(member, log.head)
    const begun = log.id === undefined ? {} : { log: log.id }
    member.send(frame({ type: 'opened', instance: this.#identity.hash, ...begun, head: log.head, snapshot, right: member.right }))
    this.presence.join(member)
  }

  // Pushing

  async #take(member: Member, push: PushMessage): Promise<void> {
    if (this.#reserve.isHeldFrom(member)) return this.#reserve.park(member, push)
    await this.#process(member, push)
    await this.#serveParked()
  }

  /** The pushes that waited, each as if it had just come, until one of them is behind and gets the reserve. */
  async #serveParked(): Promise<void> {
    for (let next = this.#reserve.next(); next !== undefined; next = this.#reserve.next()) await this.#process(...next)
  }

  async #process(member: Member, push: PushMessage): Promise<void> {
    if (!this.#pushing.has(member)) return
    try {
      const settled = await this.#settle(push)
      this.#reserve.end(member)
      this.#answer(member, settled)
      this.#sendToOthers(member, settled)
      await this.#makeSnapshotIfDue()
    } catch (error) {
      this.#reserve.end(member)
      this.#fail(member, error)
    }
  }

  async #settle(push: PushMessage): Promise<Settled> {
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const settled = await settlePush(await this.#loaded(), push, this.#context.limits)
      if (settled !== undefined) return settled
      this.#unload()
    }
    throw new HomeroomError(
      'unavailable',
      `Other servers appended to the log ${MAX_ATTEMPTS} times while a push was judged. It was not taken. Try again.`,
    )
  }

  #answer(member: Member, { answers, isBehind }: Settled): void {
    if (!this.#pushing.delete(member)) return
    // Everything up to the head was sent before (invariant 1): the device can run its actions on it and push again.
    if (isBehind) this.#reserve.give(member)
    for (const text of answers) member.send(text)
  }

  #sendToOthers(pusher: Member, { appended }: Settled): void {
    if (appended.length === 0) return
    const { head, id } = this.#log as InstanceLog
    const before = head - appended.length
    const frames = commitsFrames(this.#identity.hash, id as string, before + 1, appended)
    for (const [member, sent] of this.#sent) {
      assert(sent === before, `a member was sent the log up to ${sent}, what was appended follows ${before}`)
      this.#sent.set(member, head)
      if (member !== pusher) for (const text of frames) member.send(text)
    }
  }

  // The log

  async #loaded(): Promise<InstanceLog> {
    if (this.#log !== undefined) return this.#log
    const log = await loadLog(this.#context, this.#identity)
    for (const [member, sent] of this.#sent) await this.#bringTo(log, member, sent)
    return (this.#log = log)
  }

  /** Restores invariant 1 after another server's appends, or after a failure that hid an own one. */
  async #bringTo(log: InstanceLog, member: Member, from: number): Promise<void> {
    const sent = await sendTail(member, this.#identity.hash, log, from, neverWait)
    if (this.#sent.has(member) && sent !== undefined) this.#sent.set(member, sent)
  }

  #unload(): void {
    this.#log?.release()
    this.#log = undefined
  }

  /** Cheap to lose: the next one holds the same commits, and more. */
  async #makeSnapshotIfDue(): Promise<void> {
    if (this.#log?.isSnapshotDue !== true) return
    await this.#makeSnapshot(this.#log).catch((error: unknown) => this.#context.environment.report(error))
  }

  async #makeSnapshot(log: InstanceLog): Promise<void> {
    const { offset, hash } = await log.makeSnapshot()
    for (const member of this.#sent.keys()) member.send(frame({ type: 'check', instance: this.#identity.hash, offset, hash }))
  }

  // Running

  async #run<T>(job: () => Promise<T>): Promise<T> {
    try {
      return await this.#queue.run(job)
    } finally {
      this.#checkIdle()
    }
  }

  #checkIdle(): void {
    if (this.#sent.size + this.#opening.size + this.#queue.size > 0) return
    this.#unload()
    if (this.presence.isEmpty) this.#onIdle()
  }

  /** Whatever it was: the device is told that it may try again, and keeps what is pending (invariant 4). */
  #fail(member: Member, error: unknown): void {
    this.#unload()
    this.#pushing.delete(member)
    this.#context.environment.report(error)
    member.send(this.#error('unavailable', 'The server could not do this at present. Nothing was confirmed. Try again later.', RETRY_MS))
  }

  #error(code: string, message: string, retryMs?: number): string {
    return errorFrame(code, message, { instance: this.#identity.hash, ...(retryMs === undefined ? {} : { retryMs }) })
  }
}

const RETRY_MS = 1_000

const neverWait = async (): Promise<boolean> => true
