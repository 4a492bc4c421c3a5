/**
 * A TCP proxy between a browser and the sync server that can be cut. Playwright's `setOffline` does not reach the
 * sockets of a SharedWorker (Chromium 156), so this is how a device goes offline.
 */
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'

/**
 * What becomes of bytes on their way. `'break'` ends all connections at that moment, and these bytes never arrive;
 * `'lose'` only loses them, after which nothing may pass that way on the same connection.
 */
export type Fate = 'pass' | 'break' | 'lose'

export interface Proxy {
  /** `ws://localhost:PORT/`, to be used in place of the server's. */
  readonly url: string
  /** Ends all connections at once and refuses new ones. */
  cut(): void
  /** Keeps connections open and lets nothing through, as when a cable is pulled. New connections open but say nothing. */
  stall(): void
  /** Lets everything through again: what was held back by `stall`, and new connections after `cut`. */
  heal(): void
  /** Asked about everything that is to pass, one stretch of bytes after the other. New connections are welcome after a break. */
  judge: ((direction: 'to-server' | 'to-device') => Fate) | undefined
}

/** Starts a proxy to a port on this machine; it ends with the running test. */
export async function startProxy(targetPort: number): Promise<Proxy> {
  const sockets = new Set<Socket>()
  let state: 'open' | 'cut' | 'stalled' = 'open'

  const track = (socket: Socket): Socket => {
    sockets.add(socket)
    if (state === 'stalled') socket.pause()
    return socket.on('error', () => {}).on('close', () => sockets.delete(socket))
  }
  const server = createServer((near) => {
    if (state === 'cut') return void near.resetAndDestroy()
    const far = track(connect(targetPort, 'localhost'))
    track(near)
    join(
      near,
      far,
      () => passes('to-server'),
      () => state === 'stalled',
    )
    join(
      far,
      near,
      () => passes('to-device'),
      () => state === 'stalled',
    )
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')

  const breakAll = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  const passes = (direction: 'to-server' | 'to-device'): boolean => {
    const fate = proxy.judge?.(direction) ?? 'pass'
    if (fate === 'break') breakAll()
    return fate === 'pass'
  }
  const cut = () => {
    state = 'cut'
    breakAll()
  }
  onTestFinished(async () => {
    cut()
    server.close()
  })
  const proxy: Proxy = {
    judge: undefined,
    url: `ws://localhost:${(server.address() as AddressInfo).port}/`,
    cut,
    stall() {
      state = 'stalled'
      for (const socket of sockets) socket.pause()
    },
    heal() {
      state = 'open'
      for (const socket of sockets) socket.resume()
    },
  }
  return proxy
}

/** Hands bytes and the end of one socket to the other. A slow reader slows the writer. */
function join(from: Socket, to: Socket, passes: () => boolean, isStalled: () => boolean): void {
  from.on('data', (bytes) => {
    if (passes() && !to.write(bytes)) from.pause()
  })
  to.on('drain', () => {
    if (!isStalled()) from.resume()
  })
  from.on('close', () => to.destroy())
}
