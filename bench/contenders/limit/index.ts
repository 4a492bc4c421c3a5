/** The tab's side of the hand-written limit: what a page would do if it were the only one in the world. */
import type { Board, Contender, Item } from '../../contender.ts'
import type { Action, Call, Patch, ToTab, ToWorker } from './messages.ts'

export const contender: Contender = {
  title: 'hand-written limit',
  durability: 'as homeroom: after the IndexedDB transaction has completed (relaxed); its server sends on after fsync',
  open: (name, server) => new Promise((resolve) => new Tab(name, server, resolve)),
}

class Tab implements Board {
  readonly #port: MessagePort
  readonly #items = new Map<string, Item>()
  readonly #watchers = new Map<string, (title: string) => void>()
  readonly #waiting = new Map<number, () => void>()
  #count = 0
  #calls = 0
  #outbox: Call[] = []

  constructor(name: string, server: string | undefined, opened: (tab: Tab) => void) {
    const worker = new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: `limit ${name}` })
    this.#port = worker.port
    this.#port.onmessage = ({ data }: MessageEvent<ToTab>) => {
      if (data.type === 'done') for (const call of data.calls) this.#done(call)
      else this.#apply(data.patch)
      if (data.type === 'state') opened(this)
    }
    this.#send({ type: 'open', name, server })
  }

  increment(): Promise<void> {
    return this.#call({ type: 'increment' })
  }

  rename(id: string, title: string): Promise<void> {
    return this.#call({ type: 'rename', id, title })
  }

  fill(items: readonly Item[]): Promise<void> {
    return this.#call({ type: 'fill', items })
  }

  async durable(): Promise<void> {}

  shown(): { count: number; items: number } {
    return { count: this.#count, items: this.#items.size }
  }

  watch(id: string, seen: (title: string) => void): void {
    this.#watchers.set(id, seen)
    const item = this.#items.get(id)
    if (item !== undefined) seen(item.title)
  }

  /** Calls made in one task travel as one message. */
  #call(action: Action): Promise<void> {
    const call = ++this.#calls
    if (this.#outbox.push({ call, action }) === 1) queueMicrotask(() => this.#submit())
    return new Promise((resolve) => this.#waiting.set(call, resolve))
  }

  #submit(): void {
    const calls = this.#outbox
    this.#outbox = []
    this.#send({ type: 'calls', calls })
  }

  #apply({ count, items }: Patch): void {
    this.#count = count ?? this.#count
    for (const item of items) {
      this.#items.set(item.id, item)
      this.#watchers.get(item.id)?.(item.title)
    }
  }

  #done(call: number): void {
    this.#waiting.get(call)?.()
    this.#waiting.delete(call)
  }

  #send(message: ToWorker): void {
    this.#port.postMessage(message)
  }
}
