/** `$presence`: who is connected to an instance now, with what they chose to show. Ephemeral: it never enters the log. */
import { computed, type ReadonlySignal, signal } from '@preact/signals-core'
import type { Clock } from '../protocol/environment.ts'
import { HomeroomError } from '../protocol/errors.ts'
import type { FeedMessage } from '../protocol/port-messages.ts'
import { MAX_SHOWN_SIZE, type ShownConnection, shownSize, Throttle } from '../protocol/presence.ts'
import { copyValue } from '../protocol/value.ts'

/** A connection as others see it. */
export interface Present<T = unknown> {
  readonly id: string
  readonly device: string
  /** Whether it is the handle's own. */
  readonly isSelf: boolean
  /** What it shows; absent until it shows something. */
  readonly value?: T
}

/** The connections to an instance, this one too, on all devices that can be reached. */
export interface Presence<T = unknown> extends ReadonlySignal<readonly Present<T>[]> {
  /**
   * Shows a small value to all others, instead of the one before; `undefined` shows nothing. At most some 20 values a
   * second leave the tab, the last one always. It is gone with the connection.
   * @throws HomeroomError `value/unsupported`, `presence/too-large`
   */
  set(value: T | undefined): void
}

type PresenceFeed = Extract<FeedMessage, { type: 'presence' }>

export class HandlePresence {
  readonly signal: Presence
  readonly #here = signal<readonly Present[]>([])
  readonly #sending: Throttle
  readonly #byId = new Map<string, Present>()
  #value: unknown
  #isClosed = false

  /** @param send tells the host what to show */
  constructor(clock: Clock, send: (value: unknown) => void) {
    this.#sending = new Throttle(
      (run, ms) => clock.setTimeout(run, ms),
      () => send(this.#value),
    )
    this.signal = Object.assign(
      computed(() => this.#here.value),
      { set: (value: unknown) => this.#set(value) },
    )
    send(undefined)
  }

  receive({ self, all, here, gone }: PresenceFeed): void {
    if (all) this.#byId.clear()
    for (const id of gone) this.#byId.delete(id)
    for (const connection of here) this.#byId.set(connection.id, toPresent(connection, self))
    this.#here.value = [...this.#byId.values()]
  }

  close(): void {
    this.#isClosed = true
    this.#sending.stop()
    this.#here.value = []
  }

  #set(value: unknown): void {
    const copied = copyValue(value, ['presence'])
    const size = shownSize(copied)
    if (size > MAX_SHOWN_SIZE)
      throw new HomeroomError(
        'presence/too-large',
        `The value to show has ${size} characters as text, more than ${MAX_SHOWN_SIZE}. The one before stays. Keep large values in the state.`,
      )
    this.#value = copied
    if (!this.#isClosed) this.#sending.call()
  }
}

function toPresent({ id, device, value }: ShownConnection, self: string): Present {
  return { id, device, isSelf: id === self, ...(value === undefined ? {} : { value }) }
}
