/** The command in a process of its own: what it says, and that nothing it has confirmed is lost when it is killed. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Commit } from '../../lib/protocol/commit.ts'
import { assertHasSqlite } from '../../sync-server/engines/sqlite.ts'
import { ID, INSTANCE, SYSTEM, chainOf, pushOf } from './harness/commits.ts'
import { connect, type WsDevice } from './harness/ws-device.ts'

/** Twenty starts of a process are most of this file's time; compiled code that is kept makes each twice as fast. */
const COMPILE_CACHE = join(tmpdir(), 'homeroom-compile-cache')
const CLI = fileURLToPath(new URL('../../sync-server/cli.ts', import.meta.url))
const open = { type: 'open', instance: INSTANCE, system: SYSTEM, id: ID }

let directory: string
const processes: ChildProcess[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'homeroom-process-'))
})
afterEach(async () => {
  for (const child of processes.splice(0)) child.kill('SIGKILL')
  await rm(directory, { recursive: true, force: true })
})

function run(...args: string[]): ChildProcess {
  const child = spawn(process.execPath, [CLI, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NODE_COMPILE_CACHE: COMPILE_CACHE },
  })
  processes.push(child)
  return child
}

/** A server on the test's directory, when it says where it listens. */
async function serve(): Promise<{ url: string; child: ChildProcess }> {
  const child = run('--port', '0', '--data', directory)
  const [line] = (await Promise.race([once(createInterface(child.stdout!), 'line'), once(child, 'exit')])) as [string]
  return { url: line, child }
}

async function outcome(child: ChildProcess): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const said = { stdout: '', stderr: '' }
  child.stdout!.on('data', (chunk) => (said.stdout += chunk))
  child.stderr!.on('data', (chunk) => (said.stderr += chunk))
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...said }
}

describe('homeroom-sync', () => {
  it('[V3] prints its address, serves, and ends cleanly on SIGTERM', async () => {
    const { url, child } = await serve()
    expect(url).toMatch(/^ws:\/\/127\.0\.0\.1:\d+$/)
    const device = await connect(url, 'a')
    await device.ask(open, 'opened')
    await device.ask(pushOf(0, undefined, chainOf('boot-a', 1, 2)), 'pushed')
    child.kill('SIGTERM')
    expect(await device.closed).toMatchObject({ code: 1001 })
    expect(await once(child, 'exit')).toEqual([0, null])
    const db = new DatabaseSync(join(directory, 'homeroom.db'))
    expect(db.prepare('pragma integrity_check').get()).toEqual({ integrity_check: 'ok' })
    expect(db.prepare('pragma journal_mode').get()).toEqual({ journal_mode: 'wal' })
    expect(db.prepare('select head from instances').all()).toEqual([{ head: 2 }])
    db.close()
  })

  it('[V1] explains itself, and what was wrong', async () => {
    const [help, flag, port, host] = await Promise.all([
      outcome(run('--help')),
      outcome(run('--prot', '1')),
      outcome(run('--port', 'x')),
      outcome(run('--host', '0.0.0.0')),
    ])
    expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining('--port <number>') as string })
    expect(flag).toMatchObject({ code: 2, stderr: expect.stringContaining(`'--prot'`) as string })
    expect(port).toMatchObject({ code: 2, stderr: expect.stringContaining('--port x is no port') as string })
    expect(host).toMatchObject({ code: 1, stderr: expect.stringContaining('server/not-open') as string })
  })

  it('[V3] a second process on the directory is refused', async () => {
    await serve()
    expect(await outcome(run('--port', '0', '--data', directory))).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('server/data-locked') as string,
    })
  })

  it('[V3] needs a Node with SQLite, and says so', () => {
    for (const version of ['20.19.0', '22.12.0', '23.3.0'])
      expect(() => assertHasSqlite(version)).toThrow(expect.objectContaining({ code: 'server/needs-node' }) as Error)
    for (const version of ['22.13.0', '23.4.0', '24.0.0', '26.1.0']) expect(() => assertHasSqlite(version)).not.toThrow()
  })

  it('[V3] killed twenty times right after an answer, it has lost nothing that it confirmed, and nothing stands twice', async () => {
    const confirmed: Commit[] = []
    let log: string | undefined
    for (let kill = 0; kill < 20; kill++) {
      const { url, child } = await serve()
      const device = await connect(url, 'a')
      if (log !== undefined) confirmed.push(...(await tail(device, log, confirmed.length)))
      else await device.ask(open, 'opened')
      for (let push = 0; push < 3; push++) {
        const commits = next(confirmed, 1 + ((kill + push) % 5))
        ;({ log } = await device.ask(pushOf(confirmed.length, log, commits, confirmed.at(-1)), 'pushed'))
        confirmed.push(...commits)
      }
      // One more that the process may or may not get to, and nobody waits for.
      device.send(pushOf(confirmed.length, log, next(confirmed, 2), confirmed.at(-1)))
      if (kill % 2 === 1) await new Promise(setImmediate)
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
    const device = await connect((await serve()).url, 'b')
    const stored = await tail(device, log as string, 0)
    expect(stored.slice(0, confirmed.length)).toEqual(confirmed)
    expect([0, 2]).toContain(stored.length - confirmed.length)
  }, 120_000)
})

function next(confirmed: readonly Commit[], count: number): Commit[] {
  return chainOf('boot-a', confirmed.length + 1, count, confirmed.at(-1))
}

/** What the log has after an offset. */
async function tail(device: WsDevice, log: string, offset: number): Promise<Commit[]> {
  device.send({ ...open, cursor: { log, offset } })
  const commits: Commit[] = []
  for (;;) {
    const message = await device.next('commits', 'opened')
    if (message.type === 'opened') return commits
    expect(message.from).toBe(offset + commits.length + 1)
    commits.push(...message.commits)
  }
}
