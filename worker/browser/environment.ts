/** What the host gets in a browser: IndexedDB, Web Locks, WebSockets. */
import { browserClock, browserLocks, browserRandomId } from '../../lib/protocol/browser.ts'
import type { Socket } from '../../lib/protocol/environment.ts'
import type { HostEnvironment } from '../environment.ts'
import { openDexieStore } from '../store/dexie-store.ts'

export interface BrowserOptions {
  /** `'strict'`: calls that resolved also survive a power cut, each taking longer. Default `'relaxed'`. */
  readonly durability?: 'relaxed' | 'strict'
}

export function browserEnvironment({ durability = 'relaxed' }: BrowserOptions): HostEnvironment {
  return {
    clock: browserClock,
    locks: browserLocks,
    randomId: browserRandomId,
    random: () => Math.random(),
    yieldToLoop: createYield(),
    openStore: (app) => openDexieStore({ name: `homeroom:${app}`, durability, newDeviceId: browserRandomId }),
    openSocket: openWebSocket,
    report: (error) => reportError(error),
  }
}

/** A message to oneself comes after what waits already; a timer of 0 ms would come after 4 ms when nested. */
function createYield(): () => Promise<void> {
  const { port1, port2 } = new MessageChannel()
  const waiting: (() => void)[] = []
  port1.onmessage = () => waiting.shift()?.()
  return () =>
    new Promise((resolve) => {
      waiting.push(resolve)
      port2.postMessage(0)
    })
}

function openWebSocket(url: string): Socket {
  const web = new WebSocket(url)
  const socket: Socket = {
    onOpen: () => undefined,
    onMessage: () => undefined,
    onClose: () => undefined,
    send: (text) => {
      if (web.readyState === WebSocket.OPEN) web.send(text)
    },
    close: (code, reason) => web.close(code, reason),
  }
  web.onopen = () => socket.onOpen()
  web.onmessage = ({ data }) => socket.onMessage(String(data))
  web.onclose = ({ code, reason }) => socket.onClose(code, reason)
  return socket
}
