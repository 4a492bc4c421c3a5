/** The parts of workloads that run inside a page. Nothing here knows which contender it drives. */
import type { Board, Contender, Item, Operation, Shown } from '../contender.ts'
import { answerPings, clockOffset, now, pause, tick } from './clock.ts'

declare global {
  interface Window {
    bench: Driver
  }
}

/** So many actions are under way at once. */
const IN_FLIGHT = 200

/** Drives one board. The page's address may name the one to open at once: `?open=NAME`. */
export class Driver {
  readonly answerPings = answerPings
  readonly clockOffset = clockOffset
  /** Milliseconds from the beginning of the navigation until the board in the address was shown. */
  readonly firstShown: Promise<number> | undefined
  /** When each title of a watched record was first seen here. */
  readonly #seen = new Map<string, number>()
  readonly #waiting = new Map<string, () => void>()
  readonly #contender: Contender
  #board: Board | undefined

  constructor(contender: Contender) {
    this.#contender = contender
    const name = new URLSearchParams(location.search).get('open')
    if (name !== null) this.firstShown = this.#firstShown(name)
  }

  get about(): { title: string; durability: string; lacks: Readonly<Record<string, string>> } {
    const { title, durability, lacks = {} } = this.#contender
    return { title, durability, lacks }
  }

  async open(name: string, server?: string): Promise<void> {
    this.#board = await this.#contender.open(name, server)
  }

  async fill(count: number): Promise<void> {
    await this.#open.fill(Array.from({ length: count }, (_, i) => itemAt(i)))
    await this.#open.durable()
  }

  async shown(): Promise<Shown> {
    return this.#open.shown()
  }

  async untilItems(count: number): Promise<void> {
    while ((await this.shown()).items < count) await pause(5)
  }

  /** Actions one behind the other, each next 200 once the last 200 are done. Answers the milliseconds until all are stored. */
  async burst(operation: Operation, count: number, records: number): Promise<number> {
    const began = performance.now()
    let inFlight: unknown[] = []
    for (let i = 0; i < count; i++) {
      inFlight.push(this.#perform(operation, i, records, 'burst'))
      if (inFlight.length < IN_FLIGHT) continue
      await Promise.all(inFlight)
      inFlight = []
    }
    await Promise.all(inFlight)
    await this.#open.durable()
    return performance.now() - began
  }

  /** Milliseconds of each action, one after the other, until it is stored. */
  async awaited(operation: Operation, count: number, records: number): Promise<number[]> {
    const took: number[] = []
    for (let i = 0; i < count; i++) {
      const began = performance.now()
      const done = this.#perform(operation, i, records, 'awaited')
      await (done ?? this.#open.durable())
      took.push(performance.now() - began)
    }
    return took
  }

  watch(id: string): void {
    this.#open.watch(id, (title) => {
      if (!this.#seen.has(title)) this.#seen.set(title, now())
      this.#waiting.get(title)?.()
    })
  }

  get seen(): [string, number][] {
    return [...this.#seen]
  }

  /** Resolves, with when it was, once a watched record has had that title. */
  async untilSeen(title: string): Promise<number> {
    if (!this.#seen.has(title)) await new Promise<void>((resolve) => this.#waiting.set(title, resolve))
    return this.#seen.get(title) as number
  }

  /** Renames a record again and again, and answers when each call was made. */
  async renameSlowly(id: string, prefix: string, count: number, gap: number): Promise<[string, number][]> {
    const calls: [string, number][] = []
    for (let i = 0; i < count; i++) {
      const title = `${prefix} ${i}`
      calls.push([title, now()])
      await this.#open.rename(id, title)
      await pause(gap)
    }
    return calls
  }

  /** Renames records in turn, as fast as the contender takes it; the last title is `PREFIX COUNT-1`. Answers when it began. */
  async renameFast(prefix: string, count: number, records: number): Promise<number> {
    const began = now()
    let inFlight: unknown[] = []
    for (let i = 0; i < count; i++) {
      inFlight.push(this.#perform('rename', i, records, prefix))
      if (inFlight.length >= IN_FLIGHT) {
        await Promise.all(inFlight)
        inFlight = []
      } else if (i % 10 === 9) await tick()
    }
    await Promise.all(inFlight)
    return began
  }

  /** Gives one record each title that another gets. */
  echo(from: string, to: string): void {
    this.#open.watch(from, (title) => queueMicrotask(() => void this.#open.rename(to, title)))
  }

  /** Renames a record, waits until another has that title too, and so on. Answers the milliseconds of each round. */
  async roundTrips(from: string, to: string, count: number, gap: number): Promise<number[]> {
    const took: number[] = []
    this.watch(to)
    for (let i = 0; i < count; i++) {
      const title = `round ${i}`
      const began = now()
      void this.#open.rename(from, title)
      took.push((await this.untilSeen(title)) - began)
      await pause(gap)
    }
    return took
  }

  get #open(): Board {
    if (this.#board === undefined) throw new Error('No board is open in this page.')
    return this.#board
  }

  #perform(operation: Operation, i: number, records: number, prefix: string): Promise<unknown> | void {
    if (operation === 'increment') return this.#open.increment()
    return this.#open.rename(idAt(i % records), `${prefix} ${i}`)
  }

  async #firstShown(name: string): Promise<number> {
    await this.open(name)
    while ((await this.shown()).items === 0) await tick()
    return performance.now()
  }
}

function idAt(i: number): string {
  return `item-${String(i).padStart(6, '0')}`
}

function itemAt(i: number): Item {
  return { id: idAt(i), title: `Buy some milk, number ${i}`, isDone: i % 2 === 1, at: 1_700_000_000_000 + i * 997 }
}
