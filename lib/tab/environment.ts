/** What a tab needs of its surroundings. */
import type { Endpoint } from 'comlink'
import { browserClock, browserLocks, browserRandomId } from '../protocol/browser.ts'
import type { Clock, Locks } from '../protocol/environment.ts'
import type { FeedFrame } from '../protocol/port-messages.ts'

/** The tab's end of the feed. */
export interface FeedReceiver {
  onmessage: ((event: MessageEvent<FeedFrame>) => void) | null
  close(): void
}

export interface TabEnvironment {
  readonly clock: Clock
  readonly locks: Locks
  /** 128 random bits as text, without a dot. */
  randomId(): string
  /** A channel whose second end can be sent to the host. */
  createFeed(): { readonly receiver: FeedReceiver; readonly sender: MessagePort }
}

/** A port to the host. */
export type HostEndpoint = Endpoint

/** Makes a port to the host; `onError` is told where the worker says that something is wrong with it. */
export type Dial = (onError: (message: string) => void) => HostEndpoint

export const browserTab: TabEnvironment = {
  clock: browserClock,
  locks: browserLocks,
  randomId: browserRandomId,
  createFeed() {
    const { port1, port2 } = new MessageChannel()
    return { receiver: port1, sender: port2 }
  },
}
