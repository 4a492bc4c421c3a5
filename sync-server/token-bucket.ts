/** A token bucket: `burst` at once, `perSecond` in the long run. */
import type { Clock } from './environment.ts'

export class TokenBucket {
  readonly #clock: Clock
  readonly #burst: number
  readonly #perMs: number
  #tokens: number
  #at: number

  constructor(clock: Clock, { burst, perSecond }: { burst: number; perSecond: number }) {
    this.#clock = clock
    this.#burst = burst
    this.#perMs = perSecond / 1000
    this.#tokens = burst
    this.#at = clock.now()
  }

  /** Takes `count` tokens, or none. @returns 0 when taken, else in how many milliseconds they will be there */
  take(count: number): number {
    this.#refill()
    if (this.#tokens < count) return Math.ceil((count - this.#tokens) / this.#perMs)
    this.#tokens -= count
    return 0
  }

  /** A clock that was set back refills nothing, and is followed from there. */
  #refill(): void {
    const now = this.#clock.now()
    this.#tokens = Math.min(this.#burst, this.#tokens + Math.max(0, now - this.#at) * this.#perMs)
    this.#at = now
  }
}
