#!/usr/bin/env node
/** The command `homeroom-sync`: a sync server on this machine's disk. */
import { parseArgs } from 'node:util'
import { HomeroomError } from '../lib/protocol/errors.ts'
import { createSyncServer, type SyncServerOptions } from './index.ts'

const HELP = `homeroom-sync: keeps and orders the commits of homeroom apps, and needs none of their code.

  --port <number>    port to listen on (4437; 0 takes any free one)
  --host <address>   address to listen on (127.0.0.1)
  --data <directory> where logs are kept (./data)
  --open             everyone who reaches the host may do all; needed for any host but this machine
  --origin <origin>  let only pages of this origin connect, such as https://tasks.example.com; may be given again
  --help             this text
`

/** What was typed cannot be meant. */
class UsageError extends Error {}

await main(process.argv.slice(2)).catch(fail)

async function main(args: string[]): Promise<void> {
  const options = parseOptions(args)
  if (options === 'help') return void process.stdout.write(HELP)
  await assertHasSqlite()
  const server = await createSyncServer(options)
  process.stdout.write(`${server.url}\n`)
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void server.close().catch(fail))
}

/** Asked before anything of SQLite is loaded. */
async function assertHasSqlite(): Promise<void> {
  ;(await import('./engines/sqlite.ts')).assertHasSqlite(process.versions.node)
}

function parseOptions(args: string[]): SyncServerOptions | 'help' {
  const { port, help, origin, ...options } = parseFlags(args)
  if (help) return 'help'
  return { ...options, port: toPort(port), ...(origin === undefined ? {} : { origins: origin }) }
}

function parseFlags(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        port: { type: 'string', default: '4437' },
        host: { type: 'string', default: '127.0.0.1' },
        data: { type: 'string', default: './data' },
        open: { type: 'boolean', default: false },
        origin: { type: 'string', multiple: true },
        help: { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function toPort(text: string): number {
  const port = /^\d+$/.test(text) ? Number(text) : NaN
  if (port <= 65_535) return port
  throw new UsageError(`--port ${text} is no port: give a number from 0 to 65535.`)
}

function fail(error: unknown): void {
  const message =
    error instanceof HomeroomError ? `${error.code}: ${error.message}` : error instanceof Error ? error.message : String(error)
  process.stderr.write(`homeroom-sync: ${message}\n${error instanceof UsageError ? `\n${HELP}` : ''}`)
  process.exitCode = error instanceof UsageError ? 2 : 1
}
