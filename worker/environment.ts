/** What a host needs of its surroundings. `serve` hands in the browser's, `homeroom/testing` a simulation's. */
import type { Clock, Locks, Socket } from '../lib/protocol/environment.ts'
import type { HostLimits } from './limits.ts'
import type { Store } from './store/store.ts'

export interface HostEnvironment {
  readonly clock: Clock
  readonly locks: Locks
  /** 128 random bits as text. */
  randomId(): string
  /** In [0, 1). */
  random(): number
  /** Lets messages and timers have their turn. */
  yieldToLoop(): Promise<void>
  /** The store of an app, made where there is none. */
  openStore(app: string): Promise<Store>
  openSocket(url: string): Socket
  /** Told of errors of the app's code that no caller awaits. */
  report(error: unknown): void
  /** Where they differ from the usual ones. */
  readonly limits?: Partial<HostLimits> | undefined
}
