/** Bounds the folded states in memory: the one used least recently is forgotten first, and folded again when needed. */

export interface StateOwner {
  forgetState(): void
}

export class StateCache {
  readonly #maxBytes: number
  /** In order of use. */
  readonly #bytesByOwner = new Map<StateOwner, number>()
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Says that `owner` has just used its state, now of about this size. The one just used is never forgotten. */
  use(owner: StateOwner, bytes: number): void {
    this.remove(owner)
    this.#bytesByOwner.set(owner, bytes)
    this.#bytes += bytes
    for (const oldest of this.#bytesByOwner.keys()) {
      if (this.#bytes <= this.#maxBytes || oldest === owner) return
      this.remove(oldest)
      oldest.forgetState()
    }
  }

  remove(owner: StateOwner): void {
    this.#bytes -= this.#bytesByOwner.get(owner) ?? 0
    this.#bytesByOwner.delete(owner)
  }
}
