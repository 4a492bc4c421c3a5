/** A device's disk: a store in memory whose writes can be held up, refused, or be the last thing that a host did. */
import { HomeroomError } from '../../lib/protocol/errors.ts'
import { createMemoryDisk, openMemoryStore } from '../../worker/store/memory-store.ts'
import type { InstanceName, Store, StoreChange, StoredInstance } from '../../worker/store/store.ts'
import type { Context } from './loop.ts'

interface Crash {
  count: number
  readonly after: boolean
  strike(): void
}

export class SimulatedDisk {
  /** What is to happen at a coming write. */
  crash: Crash | undefined
  readonly #disk: ReturnType<typeof createMemoryDisk>
  /** Writes that wait, in order, while somebody holds the disk. */
  #held: (() => void)[] | undefined
  readonly #full = new Set<(instance: InstanceName) => boolean>()

  constructor(device: string) {
    this.#disk = createMemoryDisk(device)
  }

  /** The store as a host sees it. */
  open(context: Context): Store {
    const store = openMemoryStore(this.#disk, (effect, what) => this.#perform(context, effect, what))
    const write = (epoch: number, batch: readonly StoreChange[]): Promise<void> =>
      this.#isFullFor(batch) ? this.#perform(context, refuse, 'refused write') : store.write(epoch, batch)
    return { ...store, write }
  }

  hold(): () => void {
    this.#held ??= []
    return () => {
      const waiting = this.#held ?? []
      this.#held = undefined
      for (const perform of waiting) perform()
    }
  }

  fill(isFullFor: (instance: InstanceName) => boolean = () => true): () => void {
    this.#full.add(isFullFor)
    return () => void this.#full.delete(isFullFor)
  }

  damage(change: (text: string) => string): void {
    for (const { chunks, entries } of this.#disk.instances.values()) {
      for (const [name, text] of chunks) chunks.set(name, change(text))
      for (const [seq, text] of entries) entries.set(seq, change(text))
    }
  }

  read(instance: InstanceName): Promise<StoredInstance | undefined> {
    return openMemoryStore(this.#disk).load(instance)
  }

  #isFullFor(batch: readonly StoreChange[]): boolean {
    return batch.some(({ instance }) => [...this.#full].some((isFullFor) => isFullFor(instance)))
  }

  /** One effect on the disk: a task of its own, whole or not at all, and a place where the host can die. */
  #perform<T>(context: Context, effect: () => T, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      const perform = (): void => context.post(() => this.#strike(context, effect, what, resolve, reject))
      if (this.#held !== undefined && what === 'write') this.#held.push(perform)
      else perform()
    })
  }

  #strike<T>(context: Context, effect: () => T, what: string, resolve: (result: T) => void, reject: (error: Error) => void): void {
    const { crash } = this
    const isHere = crash !== undefined && what === 'write' && --crash.count === 0
    if (isHere) this.crash = undefined
    if (isHere && !crash.after) return crash.strike()
    try {
      const result = effect()
      if (isHere) return crash.strike()
      context.post(() => resolve(result))
    } catch (error) {
      context.post(() => reject(error as Error))
    }
  }
}

function refuse(): never {
  throw new HomeroomError('storage/quota', 'The disk is full; nothing was stored.')
}
