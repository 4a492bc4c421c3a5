/** A `ws` socket as the core wants it, with a heartbeat: a line that died in silence is noticed within two beats. */
import type { RawData, WebSocket } from 'ws'
import { CLOSE } from '../lib/protocol/sync-messages.ts'
import type { Clock, SyncSocket } from './environment.ts'

const BEAT_MS = 15_000
/** A device that does not take part in closing is cut off. */
const CLOSE_MS = 1_000

export function toSyncSocket(socket: WebSocket, clock: Clock): SyncSocket {
  const close = (code: number, reason: string): void => {
    socket.close(code, reason)
    socket.once(
      'close',
      clock.setTimeout(() => socket.terminate(), CLOSE_MS),
    )
  }
  // An error always comes with a close; without a listener it would end the process.
  socket.on('error', () => undefined)
  startHeartbeat(socket, clock, () => close(CLOSE.slow, 'no sign of life'))
  return {
    send: (text) => socket.send(text, () => undefined),
    close,
    get bufferedAmount() {
      return socket.bufferedAmount
    },
    onMessage: (listener) => void socket.on('message', (data, isBinary) => listener(isBinary ? null : textOf(data))),
    onClose: (listener) => void socket.once('close', () => listener()),
  }
}

/** `ws` hands over one Buffer for each message, unless told otherwise. */
function textOf(data: RawData): string {
  return (data as Buffer).toString()
}

function startHeartbeat(socket: WebSocket, clock: Clock, onSilence: () => void): void {
  let isAlive = true
  for (const sign of ['pong', 'message', 'ping'] as const) socket.on(sign, () => (isAlive = true))
  const beat = (): void => {
    if (!isAlive) return onSilence()
    isAlive = false
    socket.ping(() => undefined)
    cancel = clock.setTimeout(beat, BEAT_MS)
  }
  let cancel = clock.setTimeout(beat, BEAT_MS)
  socket.once('close', () => cancel())
}
