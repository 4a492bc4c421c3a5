/** What the surroundings give to code that must run the same in a simulation: time, chance, locks, sockets. */

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number
  /** Runs `callback` once after `ms`. Answers what calls it off. */
  setTimeout(callback: () => void, ms: number): () => void
}

/** Locks by name, shared by all contexts of one origin on one device. A context that dies gives its locks up. */
export interface Locks {
  /** Resolves when the lock is held, with what releases it. */
  hold(name: string): Promise<() => void>
  /** Whether somebody holds the lock now. */
  isHeld(name: string): Promise<boolean>
  /** Resolves once nobody holds the lock. Rejects with the reason when aborted. */
  whenFree(name: string, signal: AbortSignal): Promise<void>
}

/** One WebSocket, text frames only. */
export interface Socket {
  onOpen: () => void
  onMessage: (text: string) => void
  /** Comes once, also where the socket never opened. */
  onClose: (code: number, reason: string) => void
  send(text: string): void
  close(code?: number, reason?: string): void
}
