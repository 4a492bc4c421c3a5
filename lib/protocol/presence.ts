/** Presence: who is connected to an instance now, with what they show. It lives in memory and never in the log. */

/** A connection as a device announces it. The metadata never changes, and never reaches a tab (rule C2). */
export interface PresentConnection {
  readonly id: string
  readonly metadata?: unknown
  /** What its tab chose to show; absent where that is nothing. */
  readonly value?: unknown
}

/** What a tab is told of a connection. */
export interface ShownConnection {
  readonly id: string
  readonly device: string
  readonly value?: unknown
}

/** A device that is gone for so long is over: others end its connections (rule C1). */
export const LEASE_MS = 30_000
/** Where the first to end a lost device's connections does not do it, the next one does, after so many ms. */
export const SUCCESSION_MS = 5_000
/** What is shown changes at most once in so many ms, from the tab on. */
export const PRESENCE_PAUSE = 50

/** Bounds of presence, per device and instance. Lengths are of encoded text. */
export const PRESENCE_LIMITS = {
  connections: 1_000,
  connectionId: 128,
  value: 8_192,
  metadata: 16_384,
  /** All connections of the device together. */
  device: 256 * 1024,
} as const

/** What a tab may show, by `shownSize`: less than the wire takes, whose text is longer for some values. */
export const MAX_SHOWN_SIZE = 4_096

/** About how long a value is as text; unlike `encode` it costs a tab next to nothing to load. */
export function shownSize(value: unknown): number {
  return JSON.stringify(value, replaceSpecial)?.length ?? 0
}

function replaceSpecial(_key: string, value: unknown): unknown {
  if (value === undefined) return '{"undefined":0}'
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Map || value instanceof Set) return [...(value as Iterable<unknown>)]
  return value instanceof Uint8Array ? ' '.repeat((value.length * 4) / 3) : value
}

/** Runs `run` now, or when the last run is `pauseMs` ago: at most once in that time, and always once after the last call. */
export class Throttle {
  readonly #setTimeout: (callback: () => void, ms: number) => () => void
  readonly #run: () => number | void
  #cancel: (() => void) | undefined
  #isDue = false

  /** @param run may answer how long the pause is to be, where the usual one is too short */
  constructor(setTimeout: (callback: () => void, ms: number) => () => void, run: () => number | void) {
    this.#setTimeout = setTimeout
    this.#run = run
  }

  call(): void {
    if (this.#cancel === undefined) this.#start()
    else this.#isDue = true
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
    this.#isDue = false
  }

  #start(): void {
    this.#isDue = false
    // Set before it runs, so that what it sets off waits.
    this.#cancel = () => undefined
    const pause = Math.max(PRESENCE_PAUSE, this.#run() ?? 0)
    this.#cancel = this.#setTimeout(() => {
      this.#cancel = undefined
      if (this.#isDue) this.#start()
    }, pause)
  }
}
