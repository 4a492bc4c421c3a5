/** Steps of a call: effects that are never run again once their result is stored (rule A9). */
import { TurnEndedError } from '../../lib/protocol/errors.ts'
import { copyValue } from '../../lib/protocol/value.ts'
import type { TurnDraft } from './draft.ts'
import type { Step, Steps } from './ledger.ts'

export class StepTaker {
  readonly #draft: TurnDraft
  readonly #taken: Steps
  readonly #keep: ((key: string, step: Step) => Promise<void>) | undefined
  readonly #uses = new Map<string, number>()

  /** @param onStep resolves once a step is stored */
  constructor(draft: TurnDraft, taken: Steps, { onStep }: { onStep?(key: string, step: Step): Promise<void> }) {
    this.#draft = draft
    this.#taken = taken
    this.#keep = onStep
  }

  /** The k-th use of a name is a step of its own. */
  async take<T>(name: string, run: () => T | Promise<T>): Promise<T> {
    const use = (this.#uses.get(name) ?? 0) + 1
    this.#uses.set(name, use)
    const key = `${name}#${use}`
    const taken = this.#taken[key]
    if (taken !== undefined) return this.#again(taken) as T
    const before = new Map(this.#draft.streams.map(({ record }) => [record.$stream, record]))
    const value = copyValue(await this.#draft.readOnly(run), ['step', name])
    if (!this.#draft.isOpen) throw new TurnEndedError(`The step ${JSON.stringify(name)} ended`)
    const streams = this.#draft.streams.filter(({ record }) => before.get(record.$stream) !== record)
    await this.#keep?.(key, { value, streams })
    return copyValue(value)
  }

  #again({ value, streams }: Step): unknown {
    for (const { path, record } of streams) this.#draft.restoreStream(path, record)
    return copyValue(value)
  }
}
