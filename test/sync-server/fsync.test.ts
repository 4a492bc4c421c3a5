/**
 * Counts the `fsync`s of a server process against its answers, where `strace` is there to count them. Each push waits for
 * its answer, so no two can share one: fewer syncs than answers would mean answers before the disk.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import type { Commit } from '../../lib/protocol/commit.ts'
import { ID, INSTANCE, SYSTEM, chainOf, pushOf } from './harness/commits.ts'
import { connect } from './harness/ws-device.ts'

const PUSHES = 50
const STRACE = ['strace', '-f', '-e', 'trace=fsync,fdatasync', '-o'] as const
const canCount = spawnSync(STRACE[0], [...STRACE.slice(1), '/dev/null', 'true']).status === 0

it.skipIf(!canCount)('[V3] each confirmed push was synced to the disk before its answer', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'homeroom-fsync-'))
  const trace = join(directory, 'trace')
  const cli = fileURLToPath(new URL('../../sync-server/cli.ts', import.meta.url))
  const command = [...STRACE.slice(1), trace, process.execPath, cli, '--port', '0', '--data', join(directory, 'data')]
  // A group of its own: the signal has to reach the server, not only who traces it.
  const server = spawn(STRACE[0], command, { detached: true, stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(async () => {
    process.kill(-server.pid!, 'SIGTERM')
    await once(server, 'exit')
    await rm(directory, { recursive: true })
  })
  const [url] = (await once(createInterface(server.stdout), 'line')) as [string]
  const countSyncs = async (): Promise<number> =>
    (await readFile(trace, 'utf8')).split('\n').filter((line) => /\b(fsync|fdatasync)\(/.test(line)).length

  const device = await connect(url, 'a')
  await device.ask({ type: 'open', instance: INSTANCE, system: SYSTEM, id: ID }, 'opened')
  const before = await countSyncs()
  let log: string | undefined
  let last: Commit | null = null
  for (const [i, commit] of chainOf('boot-a', 1, PUSHES).entries()) {
    ;({ log } = await device.ask(pushOf(i, log, [commit], last), 'pushed'))
    expect((await countSyncs()) - before).toBeGreaterThan(i)
    last = commit
  }
  await device.end()
})
