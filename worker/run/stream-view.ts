/** A stream of the state as code of a turn sees it. What it does is told at once; its value goes into the draft at the end. */
import type { StreamEvent, StreamRecord } from '../../lib/protocol/stream-record.ts'
import type { Segment } from '../../lib/protocol/path.ts'
import { StreamCell } from '../../lib/system/stream.ts'
import type { TurnDraft } from './draft.ts'
import { type Place, type Plain, putInto, View } from './view.ts'

export class StreamView extends View<Plain> {
  readonly proxy: StreamCell
  #isTouched = false

  constructor(turn: TurnDraft, base: Plain, at: Place) {
    super(turn, base, at)
    this.trace.readValue()
    this.proxy = new StreamCell(base as unknown as StreamRecord, (event) => this.#did(event))
  }

  /** Whether the turn has done anything with it. */
  get isTouched(): boolean {
    return this.#isTouched
  }

  /** Makes it what a step that is not run again has left. */
  restore(record: StreamRecord): this {
    this.#isTouched = true
    this.proxy.restore(record)
    return this
  }

  /** Puts what became of the stream into the draft, as values of its keys. */
  flush(): void {
    if (!this.#isTouched) return
    const now = this.proxy.record as unknown as Plain
    for (const key of ['current', 'status', 'error'] as Segment[]) {
      const name = key as string
      if (Object.is(this.base[name], now[name])) continue
      this.trace.child(key).write('replace')
      if (Object.hasOwn(now, name))
        putInto(
          this.write(),
          key,
          this.turn.intake(now[name], () => [...this.path, key]),
        )
      else delete this.write()[name]
    }
  }

  #did(event: StreamEvent): void {
    this.assertOpen('changed')
    this.#isTouched = true
    this.turn.streamed(this, event)
  }
}
