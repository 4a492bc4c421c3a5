/** Each contender's own server, as a process of its own with its data on disk. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url))

/** The arguments that start it on a free port, with a folder for its data; it prints its address once it listens. */
const commands: Readonly<Record<string, (data: string) => readonly string[]>> = {
  homeroom: (data) => [path('../../dist/sync-server/cli.js'), '--port', '0', '--data', data],
  limit: (data) => [path('../contenders/limit/server.mjs'), data],
  tinybase: () => [path('../peers/servers/tinybase.mjs')],
  yjs: () => [path('../peers/servers/yjs.mjs')],
}

export interface ServerProcess {
  /** Ends with a slash. */
  readonly url: string
  end(): Promise<void>
}

export async function startServer(contender: string): Promise<ServerProcess> {
  const command = commands[contender]
  if (command === undefined) throw new Error(`There is no server for ${contender}.`)
  const data = mkdtempSync(`${tmpdir()}/homeroom-bench-server-`)
  const child = spawn(process.execPath, ['--no-warnings', ...command(data)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const kill = (): void => void child.kill('SIGKILL')
  process.once('exit', kill)
  const url = await firstLine(child)
  const end = async (): Promise<void> => {
    process.off('exit', kill)
    kill()
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    rmSync(data, { recursive: true, force: true })
  }
  return { url, end }
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface(child.stdout as NodeJS.ReadableStream).once('line', resolve)
    child.once('exit', (code) => reject(new Error(`The server ended with code ${code} before it listened.`)))
  })
}
