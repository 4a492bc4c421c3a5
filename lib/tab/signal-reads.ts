/** The signals that one rendering has read, for a framework that knows nothing of signals. */
import type { ReadonlySignal } from '@preact/signals-core'

/**
 * Invariants
 * 1. A signal that was read counts with the value of its first reading: that is what stands on the page.
 * 2. While somebody subscribes, each signal read is followed, also one that is read later (by a child, say).
 */
export class SignalReads {
  readonly #values = new Map<ReadonlySignal<unknown>, unknown>()
  readonly #stops: (() => void)[] = []
  #onChange: (() => void) | undefined

  readonly read = <T>(signal: ReadonlySignal<T>): T => {
    const value = signal.peek()
    if (!this.#values.has(signal)) {
      this.#values.set(signal, value)
      if (this.#onChange !== undefined) this.#follow(signal, value)
    }
    return value
  }

  /** Whether all that was read is still so. */
  isCurrent(): boolean {
    for (const [signal, value] of this.#values) if (!Object.is(signal.peek(), value)) return false
    return true
  }

  /** Calls `onChange` when a signal that was read is no longer what it was, also if it is so already. Can be ended and begun again. */
  readonly subscribe = (onChange: () => void): (() => void) => {
    this.#onChange = onChange
    for (const [signal, value] of this.#values) this.#follow(signal, value)
    return () => {
      this.#onChange = undefined
      for (const stop of this.#stops.splice(0)) stop()
    }
  }

  #follow(signal: ReadonlySignal<unknown>, seen: unknown): void {
    this.#stops.push(
      signal.subscribe((value) => {
        if (!Object.is(value, seen)) this.#onChange?.()
      }),
    )
  }
}
