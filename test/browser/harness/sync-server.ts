/** The real sync server as its own process: started, stopped, killed and started again on the same port and data. */
import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'

const cli = fileURLToPath(new URL('../../../dist/sync-server/cli.js', import.meta.url))

export interface SyncServerProcess {
  readonly port: number
  /** `ws://localhost:PORT/` */
  readonly url: string
  /** The folder of its data, removed when the test ends. */
  readonly data: string
  /** What it has printed so far, over all its starts. */
  readonly output: string
  /** Asks it to end (SIGTERM) and waits. */
  stop(): Promise<void>
  /** Kills it (SIGKILL) and waits: nothing of it runs on. */
  kill(): Promise<void>
  /** Starts it again, on the same port and data, and waits until it listens. */
  start(): Promise<void>
}

/** Starts `dist/sync-server/cli.js` on a free port; `args` are added to its command line. Ends with the running test. */
export async function startSyncServer({ args = [] }: { args?: string[] } = {}): Promise<SyncServerProcess> {
  if (!existsSync(cli)) throw new Error(`${cli} does not exist: run \`npm run build\` first.`)
  const data = mkdtempSync(`${tmpdir()}/homeroom-server-`)
  let port = 0
  let child: ChildProcess | undefined
  let output = ''

  const end = async (signal: NodeJS.Signals) => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }
  const server: SyncServerProcess = {
    data,
    get port() {
      return port
    },
    get url() {
      return `ws://localhost:${port}/`
    },
    get output() {
      return output
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    async start() {
      const started = spawn(process.execPath, ['--no-warnings', cli, '--port', String(port), '--data', data, ...args])
      for (const stream of [started.stdout, started.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text))
      child = started
      port = Number(new URL(await firstLine(started)).port)
    },
  }
  onTestFinished(async () => {
    await server.kill()
    await rm(data, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  })
  await server.start()
  return server
}

/** The server prints its address once it listens. */
function firstLine(child: ChildProcessWithoutNullStreams): Promise<string> {
  return new Promise((resolve, reject) => {
    let complaints = ''
    createInterface(child.stdout).once('line', resolve)
    child.stderr.on('data', (text: string) => (complaints += text))
    child.once('close', (code) => reject(new Error(`The sync server ended with code ${code}: ${complaints}`)))
  })
}
