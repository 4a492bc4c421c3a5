/** The HTTP side of the port: a line for health checks, and the upgrade of sockets. */
import { createServer, STATUS_CODES, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer, type WebSocket } from 'ws'
import { MAX_FRAME_BYTES } from '../lib/protocol/sync-messages.ts'
import { HomeroomError } from '../lib/protocol/errors.ts'
import type { OriginCheck } from './origins.ts'

const MAX_NAMESPACE_CHARS = 256
const HANDSHAKE_MS = 10_000
/** Enough for a large frame in small pieces, too few to keep a server busy with empty ones. */
const MAX_FRAGMENTS = 16_384

export interface HttpSide {
  readonly address: AddressInfo
  close(): Promise<void>
}

/** Called for each socket with the path of its URL, which is the app's namespace. */
export type OnSocket = (socket: WebSocket, namespace: string, origin: string | undefined) => void

/** @throws HomeroomError `server/no-port` where the port cannot be had */
export async function listen(port: number, host: string, isAllowed: OriginCheck, onSocket: OnSocket): Promise<HttpSide> {
  const server = createServer({ headersTimeout: HANDSHAKE_MS, requestTimeout: HANDSHAKE_MS }, (request, response) => {
    const status = statusOf(request)
    response.writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      ...(status === 426 ? { upgrade: 'websocket', connection: 'upgrade' } : {}),
    })
    response.end(`${status === 200 ? 'homeroom sync server' : STATUS_CODES[status]}\n`)
  })
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    maxFragments: MAX_FRAGMENTS,
    perMessageDeflate: false,
  })
  server.on('upgrade', (request, stream, head) => upgrade(sockets, request, stream, head, isAllowed, onSocket))
  server.on('clientError', (_error, stream) => stream.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) =>
      reject(
        new HomeroomError('server/no-port', `The server cannot listen on ${host}:${port}: ${cause.message}. Choose another port or host.`, {
          cause,
        }),
      ),
    )
    server.listen(port, host, resolve)
  })
  return { address: server.address() as AddressInfo, close: () => closeAll(server, sockets) }
}

function statusOf({ method, url }: IncomingMessage): number {
  if (method !== 'GET' && method !== 'HEAD') return 404
  return url === '/' ? 200 : 426
}

function upgrade(
  sockets: WebSocketServer,
  request: IncomingMessage,
  stream: Duplex,
  head: Buffer,
  isAllowed: OriginCheck,
  onSocket: OnSocket,
): void {
  stream.on('error', () => stream.destroy())
  const { origin } = request.headers
  const namespace = namespaceOf(request.url ?? '/')
  if (!isAllowed(origin)) return refuse(stream, 403)
  if (namespace === undefined) return refuse(stream, 404)
  sockets.handleUpgrade(request, stream, head, (socket) => onSocket(socket, namespace, origin))
}

/** The path without its query, so that nothing in a query can be mistaken for a token. */
function namespaceOf(url: string): string | undefined {
  const path = url.split(/[?#]/, 1)[0] as string
  return path.startsWith('/') && path.length <= MAX_NAMESPACE_CHARS ? path : undefined
}

function refuse(stream: Duplex, status: number): void {
  stream.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** The sockets have been closed by the core; those whose other end does not answer are cut off by then. */
async function closeAll(server: Server, sockets: WebSocketServer): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  sockets.close()
  await closed
}
