/** Choices drawn from a seed: the same seed, the same choices. */
import { seededRandom } from '../../lib/protocol/random.ts'

export class Chance {
  readonly #random: () => number

  constructor(seed: string) {
    this.#random = seededRandom(seed)
  }

  /** A whole number from `from` to `to`, both included. */
  int(from: number, to: number): number {
    return from + Math.floor(this.#random() * (to - from + 1))
  }

  /** True in `share` of the cases. */
  is(share: number): boolean {
    return this.#random() < share
  }

  pick<T>(items: readonly T[]): T {
    return items[this.int(0, items.length - 1)] as T
  }

  /** One of the items, the more often the greater its weight. */
  weighted<T>(items: readonly (readonly [weight: number, item: T])[]): T {
    let left = this.#random() * items.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, item] of items) if ((left -= weight) < 0) return item
    return (items.at(-1) as readonly [number, T])[1]
  }

  /** Each item with the given chance, in order. */
  subset<T>(items: readonly T[], share: number): T[] {
    return items.filter(() => this.is(share))
  }
}
