/** An instance's state in a tab: one signal per field, changed in one batch per commit (rule F2). */
import { batch, type Signal, signal } from '@preact/signals-core'
import { applyOps, type Op, type State } from '../protocol/ops.ts'
import { equalValues, isPlainObject } from '../protocol/value.ts'

export class Replica {
  #state: State
  readonly #signals = new Map<string, Signal<unknown>>()

  /** @param initial values to show until the first snapshot */
  constructor(initial: State) {
    this.#state = initial
  }

  field(name: string): Signal<unknown> {
    let field = this.#signals.get(name)
    if (field === undefined) this.#signals.set(name, (field = signal(this.#state[name])))
    return field
  }

  /** Takes a whole state; what is equal to what was here keeps its identity. */
  replace(state: State): void {
    this.#become(keepIdentity(this.#state, state) as State)
  }

  apply(ops: readonly Op[]): void {
    this.#become(applyOps(this.#state, ops))
  }

  #become(state: State): void {
    this.#state = state
    batch(() => {
      for (const [name, field] of this.#signals) field.value = state[name]
    })
  }
}

/** `next`, with every branch that equals the one in `base` replaced by that one. */
function keepIdentity(base: unknown, next: unknown): unknown {
  if (Object.is(base, next)) return base
  if (Array.isArray(base) && Array.isArray(next)) {
    const items = next.map((item, i) => keepIdentity(base[i], item))
    return items.length === base.length && items.every((item, i) => Object.is(item, base[i])) ? base : items
  }
  if (!isPlainObject(base) || !isPlainObject(next)) return equalValues(base, next) ? base : next
  const kept = Object.fromEntries(Object.entries(next).map(([key, value]) => [key, keepIdentity(base[key], value)]))
  const keys = Object.keys(base)
  const isSame = keys.length === Object.keys(kept).length && Object.keys(kept).every((key, i) => key === keys[i] && Object.is(kept[key], base[key]))
  return isSame ? base : kept
}
