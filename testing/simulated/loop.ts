/**
 * The world's loop: everything that happens between parts is a task in it, and time is a number that only `advance`
 * moves. Code inside a task runs for real, promises included; the loop goes on when they have come to rest.
 */
import type { Clock } from '../../lib/protocol/environment.ts'

interface Timer {
  readonly at: number
  readonly order: number
  readonly run: () => void
}

export class Loop {
  #now: number
  #tasks: (() => void)[] = []
  #timers: Timer[] = []
  #order = 0
  #count = 0
  #watchers: { readonly at: number; readonly resolve: () => void }[] = []
  #pumping: Promise<void> | undefined

  constructor(now: number) {
    this.#now = now
  }

  get now(): number {
    return this.#now
  }

  /** Runs `task` after what waits already. */
  post(task: () => void): void {
    this.#tasks.push(task)
    this.#pumping ??= this.#pump()
  }

  setTimeout(run: () => void, ms: number): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, ms), order: ++this.#order, run }
    this.#timers.push(timer)
    // A timer of no time at all is due now: nobody has to advance the clock for it.
    if (ms <= 0) this.post(() => this.#fire(timer))
    return () => void (this.#timers = this.#timers.filter((other) => other !== timer))
  }

  /** Resolves right after `count` more tasks have run, before the next one, or when none is left. */
  async run(count: number): Promise<void> {
    if (count <= 0 || this.#pumping === undefined) return
    const at = this.#count + count
    await new Promise<void>((resolve) => this.#watchers.push({ at, resolve }))
  }

  /** Resolves when nothing is left to do without time passing. */
  async settle(): Promise<void> {
    do {
      await this.#pumping
      await atRest()
    } while (this.#pumping !== undefined)
  }

  /** Lets time pass: due timers fire in order, each after what the one before it has set off. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await this.settle()
    for (let timer = this.#next(end); timer !== undefined; timer = this.#next(end)) {
      this.#now = Math.max(this.#now, timer.at)
      this.#fire(timer)
      await this.settle()
    }
    this.#now = end
  }

  #next(end: number): Timer | undefined {
    const due = this.#timers.filter(({ at }) => at <= end)
    return due.toSorted((a, b) => a.at - b.at || a.order - b.order)[0]
  }

  #fire(timer: Timer): void {
    if (!this.#timers.includes(timer)) return
    this.#timers = this.#timers.filter((other) => other !== timer)
    timer.run()
  }

  async #pump(): Promise<void> {
    await atRest()
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) {
      task()
      this.#count++
      await atRest()
      if (this.#tell(this.#count)) await atRest()
    }
    this.#pumping = undefined
    this.#tell(Infinity)
  }

  /** @returns whether somebody was waiting for this many tasks */
  #tell(count: number): boolean {
    const due = this.#watchers.filter(({ at }) => at <= count)
    if (due.length === 0) return false
    this.#watchers = this.#watchers.filter(({ at }) => at > count)
    for (const { resolve } of due) resolve()
    return true
  }
}

/** Resolves when all promises that can make progress by themselves have made it. */
const atRest = createAtRest()

function createAtRest(): () => Promise<void> {
  if (typeof setImmediate === 'function') return () => new Promise((resolve) => setImmediate(resolve))
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.onmessage = () => waiting.shift()?.()
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      port2.postMessage(0)
    })
}

/**
 * One execution context (a tab, a worker, a server process): it can die at any moment, and whatever its code still does
 * then reaches nobody.
 */
export class Context {
  readonly loop: Loop
  #isAlive = true
  readonly #onDeath: (() => void)[] = []
  readonly #skew: () => number

  /** @param skew how many ms its clock is ahead of the world's */
  constructor(loop: Loop, skew: () => number = () => 0) {
    this.loop = loop
    this.#skew = skew
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  /** Runs `task` here after what waits already, unless the context is dead by then. */
  post(task: () => void): void {
    this.loop.post(() => {
      if (this.#isAlive) task()
    })
  }

  /** Called when the context dies: at once if it is dead. */
  onDeath(callback: () => void): void {
    if (this.#isAlive) this.#onDeath.push(callback)
    else callback()
  }

  die(): void {
    if (!this.#isAlive) return
    this.#isAlive = false
    for (const callback of this.#onDeath.splice(0)) callback()
  }

  get clock(): Clock {
    return {
      now: () => Math.floor(this.loop.now + this.#skew()),
      setTimeout: (callback, ms) =>
        this.loop.setTimeout(() => {
          if (this.#isAlive) callback()
        }, ms),
    }
  }

  /** Lets what waits in the loop have its turn. Never comes back to a dead context. */
  yieldToLoop(): Promise<void> {
    return new Promise((resolve) => this.post(resolve))
  }
}
