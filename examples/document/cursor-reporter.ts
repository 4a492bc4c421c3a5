/**
 * Tells others where the caret is, but not at each step: each report is a commit. What does not move among the letters
 * is not reported at all, so typing in the middle of a text reports nothing.
 */
const REST_MS = 200

export interface Places {
  readonly position: Uint8Array
  readonly anchor: Uint8Array
}

export class CursorReporter {
  readonly #send: (places: Places) => void
  #last: Places | undefined
  #next: Places | undefined
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(send: (places: Places) => void) {
    this.#send = send
  }

  move(places: Places): void {
    this.#next = places
    this.#timer ??= setTimeout(() => this.#report(), REST_MS)
  }

  stop(): void {
    clearTimeout(this.#timer)
  }

  #report(): void {
    this.#timer = undefined
    const next = this.#next
    if (next === undefined || (this.#last !== undefined && isSame(next, this.#last))) return
    this.#last = next
    this.#send(next)
  }
}

function isSame(a: Places, b: Places): boolean {
  return String(a.position) === String(b.position) && String(a.anchor) === String(b.anchor)
}
