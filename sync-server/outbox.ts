/** What goes to one socket: bounded, so that a slow device costs the server no memory and the others no time (rule V4). */
import { CLOSE } from '../lib/protocol/sync-messages.ts'
import type { Clock, SyncSocket } from './environment.ts'

/** Little enough to be given more. */
const DRAINED_BYTES = 1024 * 1024
const LOOK_AGAIN_MS = 10
/** A device that takes nothing at all for so long while it catches up is gone. */
const STALLED_MS = 30_000

export class Outbox {
  readonly #socket: SyncSocket
  readonly #clock: Clock
  readonly #maxBytes: number
  readonly #onSlow: (code: number, reason: string) => void
  #isClosed = false

  /** @param onSlow called, once or more, when the device does not take what it is sent: its socket has to be closed */
  constructor(socket: SyncSocket, clock: Clock, maxBytes: number, onSlow: (code: number, reason: string) => void) {
    this.#socket = socket
    this.#clock = clock
    this.#maxBytes = maxBytes
    this.#onSlow = onSlow
  }

  send(text: string): void {
    if (this.#isClosed) return
    if (this.#socket.bufferedAmount > this.#maxBytes) return this.#slow()
    this.#socket.send(text)
  }

  /** Resolves when the device has taken most of what it was sent: with false where it is gone. */
  async drained(): Promise<boolean> {
    let waiting = this.#socket.bufferedAmount
    for (let stalled = 0; !this.#isClosed && waiting > DRAINED_BYTES; stalled += LOOK_AGAIN_MS) {
      if (stalled >= STALLED_MS) this.#slow()
      await new Promise<void>((resolve) => void this.#clock.setTimeout(resolve, LOOK_AGAIN_MS))
      if (this.#socket.bufferedAmount < waiting) stalled = 0
      waiting = this.#socket.bufferedAmount
    }
    return !this.#isClosed
  }

  close(code: number, reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#socket.close(code, reason)
  }

  #slow(): void {
    this.#onSlow(CLOSE.slow, 'too slow: open the instances again with their cursors')
  }
}
