/** Counts what one socket does too often, and says when it has to go (hostile inputs 4, 6 and 16). */
import type { Clock } from './environment.ts'
import type { Limits } from './limits.ts'
import { TokenBucket } from './token-bucket.ts'

const INVALID_PER_MINUTE = 5
const FORBIDDEN_PER_SOCKET = 20
const RATE_ERRORS = { burst: 100, perSecond: 1 }

export class Gate {
  readonly #messages: TokenBucket
  readonly #bytes: TokenBucket
  readonly #invalid: TokenBucket
  readonly #rateErrors: TokenBucket
  #forbidden = 0

  constructor(clock: Clock, limits: Limits) {
    this.#messages = new TokenBucket(clock, limits.messages)
    this.#bytes = new TokenBucket(clock, limits.bytes)
    this.#invalid = new TokenBucket(clock, { burst: INVALID_PER_MINUTE - 1, perSecond: INVALID_PER_MINUTE / 60 })
    this.#rateErrors = new TokenBucket(clock, RATE_ERRORS)
  }

  /** @returns 0 for a frame that may come in, else in how many milliseconds it may */
  admit(length: number): number {
    return this.#messages.take(1) || this.#bytes.take(length)
  }

  /** Whether a socket that goes on in spite of being told has to be closed. */
  isFlooding(): boolean {
    return this.#rateErrors.take(1) > 0
  }

  isGarbling(): boolean {
    return this.#invalid.take(1) > 0
  }

  isProbing(): boolean {
    this.#forbidden += 1
    return this.#forbidden > FORBIDDEN_PER_SOCKET
  }
}
