/**
 * The reserve of a room (rule Y2): after a push that was behind, its device is the only one to push for a while, and the
 * pushes of others are parked. So under N devices each is served after about N turns, and nobody starves. It is soft:
 * losing it costs time, never correctness (rule V3).
 */
import type { Clock } from './environment.ts'

export class Reserve<Holder, Push> {
  readonly #clock: Clock
  readonly #ms: number
  readonly #onFree: () => void
  /** In the order they came; one for each. */
  readonly #parked = new Map<Holder, Push>()
  #holder: Holder | undefined
  #cancelTimer: () => void = () => undefined

  /** @param onFree called when the holder's time is out or it has left: parked pushes may go on */
  constructor(clock: Clock, ms: number, onFree: () => void) {
    this.#clock = clock
    this.#ms = ms
    this.#onFree = onFree
  }

  isHeldFrom(other: Holder): boolean {
    return this.#holder !== undefined && this.#holder !== other
  }

  give(holder: Holder): void {
    this.#cancelTimer()
    this.#holder = holder
    this.#cancelTimer = this.#clock.setTimeout(() => this.#free(holder), this.#ms)
  }

  /** The holder has had its turn. */
  end(holder: Holder): void {
    if (this.#holder !== holder) return
    this.#cancelTimer()
    this.#holder = undefined
  }

  park(other: Holder, push: Push): void {
    this.#parked.set(other, push)
  }

  /** Takes the push parked first, unless somebody holds the reserve. */
  next(): [Holder, Push] | undefined {
    if (this.#holder !== undefined) return undefined
    const first = this.#parked.entries().next().value
    if (first !== undefined) this.#parked.delete(first[0])
    return first
  }

  /** Forgets what `member` has parked, and ends its reserve. */
  leave(member: Holder): void {
    this.#parked.delete(member)
    this.#free(member)
  }

  #free(holder: Holder): void {
    if (this.#holder !== holder) return
    this.end(holder)
    this.#onFree()
  }
}
