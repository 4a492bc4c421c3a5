/** A device's disk: takes its time, can be held up, fills up, and is a place where the host can die. It outlives hosts. */
import { HomeroomError } from '../../lib/protocol/errors.ts'
import { createMemoryDisk, type MemoryDisk, openMemoryStore } from '../../worker/store/memory-store.ts'
import type { InstanceName, Store, StoreChange, StoredInstance } from '../../worker/store/store.ts'
import type { Context, Loop } from './loop.ts'

const WRITES: ReadonlySet<string> = new Set(['claim', 'write', 'writeFact'])

interface Job {
  readonly context: Context
  readonly what: string
  readonly effect: () => unknown
  readonly resolve: (result: unknown) => void
  readonly reject: (error: unknown) => void
}

export class SimulatedDisk {
  /** How many ms the way to the disk takes, and the way back. */
  latency: () => number = () => 0
  /** Whether a write that was under way when its host died takes effect all the same. */
  outlivesHost: () => boolean = () => false
  /** Told of each write right after it took effect. */
  written: (what: string) => void = () => undefined
  /** Writes that took effect. */
  writes = 0
  readonly #loop: Loop
  readonly #content: MemoryDisk
  readonly #full = new Set<(instance: InstanceName) => boolean>()
  #jobs: Job[] = []
  /** What waits, in order, while somebody holds the disk. */
  #held: Job[] | undefined
  #isBusy = false
  #crash: { count: number; readonly after: boolean; readonly crash: () => void } | undefined
  #refuse = 0

  constructor(loop: Loop, name: string) {
    this.#loop = loop
    this.#content = createMemoryDisk(name)
  }

  /** Whether nothing is on its way to the disk or back. */
  get isIdle(): boolean {
    return !this.#isBusy && this.#jobs.length === 0 && (this.#held ?? []).length === 0
  }

  /** Whether what `crashAt` or `refuseAt` announced has not happened yet. */
  get isArmed(): boolean {
    return this.#crash !== undefined || this.#refuse > 0
  }

  /** Calls `crash` right before or after the `count`-th write from now takes effect; in that case nobody hears of it. */
  crashAt(count: number, after: boolean, crash: () => void): void {
    this.#crash = { count, after, crash }
  }

  /** Refuses the `count`-th write from now, as a full disk does. */
  refuseAt(count: number): void {
    this.#refuse = count
  }

  disarm(): void {
    this.#crash = undefined
    this.#refuse = 0
  }

  /** The store as a host in that context has it: each effect is a task of its own, whole or not at all. */
  open(context: Context): Store {
    const perform = <T>(effect: () => T, what: string): Promise<T> =>
      new Promise((resolve, reject) => {
        this.#jobs.push({ context, what, effect, resolve: resolve as (result: unknown) => void, reject })
        this.#next()
      })
    const store = openMemoryStore(this.#content, perform)
    const write = (epoch: number, batch: readonly StoreChange[]): Promise<void> =>
      this.#isFullFor(batch) ? perform(refuse, 'refused write') : store.write(epoch, batch)
    return { ...store, write }
  }

  hold(): () => void {
    this.#held ??= []
    return () => {
      this.#jobs = [...(this.#held ?? []), ...this.#jobs]
      this.#held = undefined
      this.#next()
    }
  }

  fill(isFullFor: (instance: InstanceName) => boolean = () => true): () => void {
    this.#full.add(isFullFor)
    return () => void this.#full.delete(isFullFor)
  }

  damage(change: (text: string) => string): void {
    for (const { chunks, entries } of this.#content.instances.values()) {
      for (const [name, text] of chunks) chunks.set(name, change(text))
      for (const [seq, text] of entries) entries.set(seq, change(text))
    }
  }

  read(instance: InstanceName): Promise<StoredInstance | undefined> {
    return openMemoryStore(this.#content).load(instance)
  }

  /** Whether something that is stored has this text in it. */
  mentions(text: string): boolean {
    for (const { chunks, entries } of this.#content.instances.values())
      for (const stored of [...chunks.values(), ...entries.values()]) if (stored.includes(text)) return true
    return false
  }

  #isFullFor(batch: readonly StoreChange[]): boolean {
    return batch.some(({ instance }) => [...this.#full].some((isFullFor) => isFullFor(instance)))
  }

  #next(): void {
    if (this.#isBusy) return
    const job = this.#jobs.shift()
    if (job === undefined) return
    if (!job.context.isAlive) return this.#next()
    if (this.#held !== undefined) {
      this.#held.push(job)
      return this.#next()
    }
    this.#isBusy = true
    this.#after(this.latency(), () => {
      const answer = this.#perform(job)
      this.#after(this.latency(), () => {
        this.#isBusy = false
        if (job.context.isAlive) answer?.()
        this.#next()
      })
    })
  }

  /** @returns how the host hears of it */
  #perform({ context, what, effect, resolve, reject }: Job): (() => void) | undefined {
    const isWrite = WRITES.has(what)
    const crash = isWrite && context.isAlive ? this.#crashHere() : undefined
    if (crash?.after === false) crash.crash()
    if (!context.isAlive && (crash !== undefined || !this.outlivesHost())) return undefined
    try {
      if (isWrite && this.#refuse > 0 && --this.#refuse === 0) refuse()
      const result = effect()
      if (isWrite) this.#tell(what)
      if (crash?.after === true) crash.crash()
      return () => resolve(result)
    } catch (error) {
      return () => reject(error)
    }
  }

  #tell(what: string): void {
    this.writes++
    this.written(what)
  }

  #crashHere() {
    const crash = this.#crash
    if (crash === undefined || --crash.count > 0) return undefined
    this.#crash = undefined
    return crash
  }

  #after(ms: number, run: () => void): void {
    if (ms > 0) this.#loop.setTimeout(run, ms)
    else this.#loop.post(run)
  }
}

function refuse(): never {
  throw new HomeroomError('storage/quota', 'The disk is full; nothing was stored.')
}
