/** Web Locks of one device: granted in order, given up by contexts that die. */
import type { Locks } from '../../lib/protocol/environment.ts'
import type { Context } from './loop.ts'

interface Request {
  readonly context: Context
  readonly granted: () => void
}

export class LockTable {
  readonly #queues = new Map<string, Request[]>()

  /** The locks as one context sees them. */
  for(context: Context): Locks {
    return {
      hold: (name) => new Promise((resolve) => this.#request(name, context, (release) => resolve(release))),
      isHeld: (name) => new Promise((resolve) => context.post(() => resolve((this.#queues.get(name) ?? []).length > 0))),
      whenFree: (name, signal) =>
        new Promise((resolve, reject) => {
          if (signal.aborted) return reject(signal.reason)
          const cancel = this.#request(name, context, (release) => {
            release()
            resolve()
          })
          signal.addEventListener('abort', () => {
            cancel()
            reject(signal.reason)
          })
        }),
    }
  }

  /** Takes the lock from whoever holds it, who is not told; the next in line gets it. */
  steal(name: string): void {
    const [holder, ...rest] = this.#queues.get(name) ?? []
    if (holder === undefined) return
    this.#queues.set(name, rest)
    rest[0]?.granted()
  }

  #request(name: string, context: Context, use: (release: () => void) => void): () => void {
    const queue = this.#queues.get(name) ?? []
    this.#queues.set(name, queue)
    const leave = (): void => this.#leave(name, request)
    const request: Request = { context, granted: () => context.post(() => use(leave)) }
    queue.push(request)
    context.onDeath(leave)
    if (queue[0] === request) request.granted()
    return leave
  }

  #leave(name: string, request: Request): void {
    const queue = this.#queues.get(name) ?? []
    const wasFirst = queue[0] === request
    const rest = queue.filter((other) => other !== request)
    this.#queues.set(name, rest)
    if (wasFirst) rest[0]?.granted()
  }
}
