/** An instance's state in a tab: one signal per field, changed in one batch per commit (rule F2). */
import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals-core'
import { applyOps, type Op, type State } from '../protocol/ops.ts'
import { isStreamRecord, type StreamEvent, type StreamRecord } from '../protocol/stream-record.ts'
import { equalValues, isPlainObject } from '../protocol/value.ts'
import type { TabStream } from './stream-handle.ts'
import { Streams } from './streams.ts'

export class Replica {
  #state: State
  readonly #signals = new Map<string, Signal<unknown>>()
  readonly #views = new Map<string, ReadonlySignal<unknown>>()
  readonly #streams = new Streams()

  /** @param initial values to show until the first snapshot */
  constructor(initial: State) {
    this.#state = initial
    this.#streams.lookFor(initial)
  }

  /** The field's value as a signal that can only be read. */
  field(name: string): ReadonlySignal<unknown> {
    const known = this.#views.get(name)
    if (known !== undefined) return known
    const field = signal(this.#shown(name))
    const view = computed(() => field.value)
    this.#signals.set(name, field)
    this.#views.set(name, view)
    return view
  }

  /** The stream that the field holds. */
  stream(name: string): TabStream | undefined {
    const record = this.#state[name]
    return isStreamRecord(record) ? this.#streams.of(record) : undefined
  }

  /** Takes a whole state; what is equal to what was here keeps its identity. */
  replace(state: State, live: readonly StreamRecord[]): void {
    this.#streams.lookFor(state)
    // What streams did in a turn that nobody finished is taken back.
    this.#streams.forgetLive()
    this.#become(keepIdentity(this.#state, state) as State)
    for (const record of live) this.#streams.of(record).become(record)
  }

  apply(ops: readonly Op[]): void {
    for (const op of ops) this.#streams.lookFor(op.at(-1))
    this.#become(applyOps(this.#state, ops))
  }

  /** A stream has done something in a turn that still runs. */
  applyToStream(name: string, event: StreamEvent): void {
    this.#streams.named(name)?.apply(event)
  }

  #become(state: State): void {
    this.#state = state
    batch(() => {
      this.#streams.update(state)
      for (const [name, field] of this.#signals) field.value = this.#shown(name)
    })
  }

  #shown(name: string): unknown {
    return this.#streams.show(this.#state[name])
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
  const isSame =
    keys.length === Object.keys(kept).length && Object.keys(kept).every((key, i) => key === keys[i] && Object.is(kept[key], base[key]))
  return isSame ? base : kept
}
