/** `homeroom/sync-server`: the composition root that gives the core real sockets, a real clock and a disk. */
import { randomBytes } from 'node:crypto'
import { HomeroomError } from '../lib/protocol/errors.ts'
import type { Authorize } from './auth.ts'
import { createSyncCore } from './core.ts'
import type { Engine } from './engine.ts'
import type { Clock } from './environment.ts'
import { listen, type HttpSide } from './http.ts'
import type { Limits } from './limits.ts'
import { anyOrigin, isLoopback, localOrigins, onlyOrigins, type OriginCheck } from './origins.ts'
import { toSyncSocket } from './ws-socket.ts'

export type { Authorize, AuthorizeRequest, Grant, Right } from './auth.ts'
export type { Batch, Engine, InstanceName, LogHead, StoredCommit, StoredSnapshot } from './engine.ts'
export type { Limits } from './limits.ts'
export { createMemoryEngine } from './engines/memory.ts'

export interface SyncServerOptions {
  /** 4437 by default; 0 takes any free port. */
  readonly port?: number
  /** `'127.0.0.1'` by default. Any host that others can reach needs `authorize`, or `open: true`. */
  readonly host?: string
  /** A directory for the logs of all instances, made where it is missing. Needs Node 22.13 or later. */
  readonly data?: string
  /** An engine of one's own instead; it stays open when the server closes. With neither, all is kept in memory. */
  readonly engine?: Engine
  /** Decides who may do what. Absent: everyone who reaches the server may do all. */
  readonly authorize?: Authorize
  /** Says that everyone who reaches the host may do all, and that this is meant. */
  readonly open?: boolean
  /** Origins of the pages that may connect, such as `'https://tasks.example.com'`. Absent: any where `authorize` or `open` decides, else pages of this machine. */
  readonly origins?: readonly string[]
  readonly limits?: Partial<Limits>
  /** Told of failures inside the server; prints them by default. */
  readonly report?: (error: unknown) => void
}

export interface SyncServer {
  /** Such as `ws://127.0.0.1:4437`; devices add a path, their app's namespace. */
  readonly url: string
  /** Ends all sockets and resolves when everything is stored and the port is free. */
  close(): Promise<void>
}

/**
 * Starts a sync server.
 * @throws HomeroomError `server/not-open`, `server/no-port`, `server/needs-node`, `server/data-locked`
 */
export async function createSyncServer(options: SyncServerOptions = {}): Promise<SyncServer> {
  const { port = 4437, host = '127.0.0.1', authorize, limits, report = printError } = options
  assertMayListen(host, options)
  const engine = await openEngine(options)
  const core = createSyncCore({ engine, clock: systemClock, randomId, authorize, limits, report })
  const closeEngine = async (): Promise<void> => {
    if (engine !== options.engine) await engine.close()
  }
  const http = await listen(port, host, originCheck(options), (socket, namespace, origin) =>
    core.accept(toSyncSocket(socket, systemClock), { namespace, ...(origin === undefined ? {} : { origin }) }),
  ).catch(async (error: unknown) => {
    await closeEngine()
    throw error
  })
  let closed: Promise<void> | undefined
  const close = async (): Promise<void> => {
    await Promise.all([core.close(), http.close()])
    await closeEngine()
  }
  return { url: urlOf(http), close: () => (closed ??= close()) }
}

function assertMayListen(host: string, { authorize, open }: SyncServerOptions): void {
  if (isLoopback(host) || authorize !== undefined || open === true) return
  throw new HomeroomError(
    'server/not-open',
    `The server was to listen on ${host}, where others can reach it, and nothing says who may do what, so it does not start. Give it an authorizer (option authorize), or say that everyone may do all (option open, flag --open).`,
  )
}

async function openEngine({ engine, data }: SyncServerOptions): Promise<Engine> {
  if (engine !== undefined) return engine
  if (data === undefined) return (await import('./engines/memory.ts')).createMemoryEngine()
  return (await import('./engines/sqlite.ts')).createSqliteEngine(data)
}

function originCheck({ origins, authorize, open }: SyncServerOptions): OriginCheck {
  if (origins !== undefined) return onlyOrigins(origins)
  return authorize !== undefined || open === true ? anyOrigin : localOrigins
}

function urlOf({ address }: HttpSide): string {
  return `ws://${address.family === 'IPv6' ? `[${address.address}]` : address.address}:${address.port}`
}

const systemClock: Clock = {
  now: Date.now,
  setTimeout(run, ms) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
}

function randomId(): string {
  return randomBytes(16).toString('base64url')
}

function printError(error: unknown): void {
  console.error('homeroom sync server:', error)
}
