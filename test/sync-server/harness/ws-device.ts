/** A device on a real socket. */
import { WebSocket, type ClientOptions } from 'ws'
import type { ServerMessage } from '../../../lib/protocol/sync-messages.ts'
import { decode, encode } from '../../../lib/protocol/wire.ts'
import type { Answer } from './simulated.ts'

export class WsDevice {
  readonly socket: WebSocket
  /** Resolves when the socket has ended. */
  readonly closed: Promise<{ code: number; reason: string }>
  readonly #heard: ServerMessage[] = []
  #wake: () => void = () => undefined

  constructor(url: string, options: ClientOptions = {}) {
    this.socket = new WebSocket(url, options)
    this.socket.on('message', (data) => {
      this.#heard.push(decode((data as Buffer).toString()) as ServerMessage)
      this.#wake()
    })
    this.closed = new Promise((resolve) => this.socket.once('close', (code, reason) => resolve({ code, reason: String(reason) })))
    void this.closed.then(() => this.#wake())
    this.socket.on('error', () => undefined)
  }

  /** @throws where the server refuses the connection, with its status */
  async opened(): Promise<this> {
    await new Promise<void>((resolve, reject) => {
      this.socket.once('open', () => resolve())
      this.socket.once('error', reject)
    })
    return this
  }

  send(message: object): void {
    this.socket.send(encode(message))
  }

  /** The next message of one of these types, now or when it comes; others before it are dropped. */
  async next<T extends ServerMessage['type']>(...types: readonly T[]): Promise<Answer<T>> {
    for (;;) {
      for (let message = this.#heard.shift(); message !== undefined; message = this.#heard.shift()) {
        if (types.includes(message.type as T)) return message as Answer<T>
        if (message.type === 'error') throw new Error(`${message.code}: ${message.message}`)
      }
      if (this.socket.readyState === WebSocket.CLOSED) throw new Error(`The socket ended before ${types.join(' or ')} came`)
      await new Promise<void>((resolve) => (this.#wake = resolve))
    }
  }

  async ask<T extends ServerMessage['type']>(message: object, answer: T): Promise<Answer<T>> {
    this.send(message)
    return this.next(answer)
  }

  async end(): Promise<void> {
    this.socket.close()
    await this.closed
  }
}

/** A device that has been welcomed. */
export async function connect(url: string, device: string, options: ClientOptions = {}): Promise<WsDevice> {
  const connected = await new WsDevice(url, options).opened()
  await connected.ask({ type: 'hello', protocol: 2, device, session: 1 }, 'welcome')
  return connected
}
