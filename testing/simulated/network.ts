/** Sockets between devices and the server, with the faults of a network: cut off, frames lost with the connection. */
import type { Socket } from '../../lib/protocol/environment.ts'
import type { SyncSocket } from '../../sync-server/environment.ts'
import type { Context } from './loop.ts'

/** Decides about a frame before it is delivered: a test cuts the connection just here. */
export type FrameFilter = (frame: { readonly device: string; readonly toServer: boolean; readonly text: string }) => 'deliver' | 'cut'

/** Where devices find the server; `undefined` while it is down. */
export interface Listening {
  readonly context: Context
  accept(socket: SyncSocket): void
}

const LOST = 1006

export class Network {
  filter: FrameFilter = () => 'deliver'
  server: Listening | undefined
  readonly #cut = new Set<string>()
  readonly #connections = new Map<string, Set<() => void>>()

  /** All connections of the device break, and it gets no new one. What was on its way is lost. */
  cut(device: string): void {
    this.#cut.add(device)
    for (const lose of [...(this.#connections.get(device) ?? [])]) lose()
  }

  heal(device: string): void {
    this.#cut.delete(device)
  }

  /** Opens a connection from a context of the device. */
  connect(device: string, context: Context): Socket {
    const { server } = this
    let isOpen = true
    const end = (code: number, reason: string): void => {
      if (!isOpen) return
      isOpen = false
      this.#connections.get(device)?.delete(lose)
      context.post(() => socket.onClose(code, reason))
      server?.context.post(() => serverClosed())
    }
    const lose = (): void => end(LOST, '')
    const passes = (toServer: boolean, text: string): boolean => {
      if (!isOpen) return false
      if (this.filter({ device, toServer, text }) === 'deliver') return true
      lose()
      return false
    }
    let serverReads: (text: string) => void = () => undefined
    let serverClosed: () => void = () => undefined
    const socket: Socket = {
      onOpen: () => undefined,
      onMessage: () => undefined,
      onClose: () => undefined,
      send: (text) => {
        if (context.isAlive) server?.context.post(() => void (passes(true, text) && serverReads(text)))
      },
      close: (code = 1000, reason = '') => end(code, reason),
    }
    const serverSide: SyncSocket = {
      bufferedAmount: 0,
      send: (text) => {
        if (server?.context.isAlive === true) context.post(() => void (passes(false, text) && socket.onMessage(text)))
      },
      close: (code, reason) => end(code, reason),
      onMessage: (listener) => (serverReads = listener),
      onClose: (listener) => (serverClosed = listener),
    }
    const open = this.#connections.get(device) ?? new Set()
    this.#connections.set(device, open.add(lose))
    context.onDeath(lose)
    server?.context.onDeath(lose)
    context.post(() => {
      if (server === undefined || !server.context.isAlive || this.#cut.has(device)) return lose()
      if (!isOpen) return
      server.accept(serverSide)
      socket.onOpen()
    })
    return socket
  }
}
