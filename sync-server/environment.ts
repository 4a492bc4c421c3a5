/** What the server core needs from outside; `index.ts` hands in the real ones, `homeroom/testing` simulated ones. */
import type { Clock } from '../lib/protocol/environment.ts'

export type { Clock }

/** One end of a connection to a device. Calls after its end do nothing. */
export interface SyncSocket {
  send(text: string): void
  close(code: number, reason: string): void
  /** Bytes handed to `send` that have not left the process yet. */
  readonly bufferedAmount: number
  /** Calls `listener` with each frame's text, in order, from the next task on; with `null` for a frame that is no text. */
  onMessage(listener: (text: string | null) => void): void
  /** Calls `listener` once, after the connection has ended for whatever reason. */
  onClose(listener: () => void): void
}

export interface Environment {
  readonly clock: Clock
  /** At least 128 random bits as base64url; names a log. */
  randomId(): string
  /** Told of what went wrong inside the server: never of bad input, and never with tokens or bodies of commits. */
  report(error: unknown): void
}
