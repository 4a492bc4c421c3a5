/** The engine contract (sync-server/engine.ts): one suite, all implementations. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Batch, Engine, InstanceName, StoredCommit } from '../../sync-server/engine.ts'
import { createMemoryEngine } from '../../sync-server/engines/memory.ts'
import { createSqliteEngine } from '../../sync-server/engines/sqlite.ts'

const directories: string[] = []

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'homeroom-engine-'))
  directories.push(directory)
  return directory
}

afterEach(async () => {
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true })
})

const NAME: InstanceName = { namespace: '/app', hash: 'hash-1' }

function commits(first: number, count: number, boot = 'boot', version = 0): StoredCommit[] {
  return Array.from({ length: count }, (_, i) => ({ boot, n: first + i, version, text: `"${boot}/${first + i}"` }))
}

function batch(expected: number, stored: readonly StoredCommit[], more: Partial<Batch> = {}): Batch {
  return { log: 'log', system: 'Tasks', id: 'ü *', expected, commits: stored, ...more }
}

const implementations: Record<string, () => Promise<Engine>> = {
  memory: async () => createMemoryEngine(),
  sqlite: async () => createSqliteEngine(await temporary()),
}

describe.each(Object.entries(implementations))('engine: %s', (_name, create) => {
  let engine: Engine
  beforeEach(async () => {
    engine = await create()
  })
  afterEach(() => engine.close())

  it('[V1] an instance that nobody began has no head, no commits, no snapshot', async () => {
    expect(await engine.head(NAME)).toBeUndefined()
    expect(await engine.read(NAME, 1, 1000)).toEqual([])
    expect(await engine.find(NAME, { boot: 'boot', n: 1 })).toBeUndefined()
    expect(await engine.readSnapshot(NAME)).toBeUndefined()
  })

  it('[Y2] the first batch begins the log; the head tells all that is known of it', async () => {
    expect(await engine.append(NAME, batch(0, [...commits(1, 2), ...commits(7, 1, 'other', 3), ...commits(9, 1, 'other', 2)]))).toBe(true)
    expect(await engine.head(NAME)).toEqual({
      log: 'log',
      system: 'Tasks',
      id: 'ü *',
      head: 4,
      trimmed: 0,
      snapshot: 0,
      version: 3,
      boots: new Map([
        ['boot', 2],
        ['other', 9],
      ]),
    })
  })

  it('[Y2] a batch that expects another head or log changes nothing', async () => {
    expect(await engine.append(NAME, batch(1, commits(1, 1)))).toBe(false)
    expect(await engine.head(NAME)).toBeUndefined()
    await engine.append(NAME, batch(0, commits(1, 3)))
    const before = await engine.head(NAME)
    expect(await engine.append(NAME, batch(2, commits(4, 1)))).toBe(false)
    expect(await engine.append(NAME, batch(4, commits(4, 1)))).toBe(false)
    expect(await engine.append(NAME, batch(0, commits(4, 1), { log: 'log-2' }))).toBe(false)
    expect(await engine.append(NAME, batch(3, commits(4, 1), { log: 'log-2' }))).toBe(false)
    expect(await engine.head(NAME)).toEqual(before)
  })

  it('[Y2] of many that append at one head at the same time exactly one wins', async () => {
    await engine.append(NAME, batch(0, commits(1, 1)))
    const won = await Promise.all(Array.from({ length: 10 }, (_, i) => engine.append(NAME, batch(1, commits(1, 2, `boot-${i}`)))))
    expect(won.filter(Boolean)).toHaveLength(1)
    expect((await engine.head(NAME))?.head).toBe(3)
    expect(await engine.read(NAME, 2, 1000)).toEqual([`"boot-${won.indexOf(true)}/1"`, `"boot-${won.indexOf(true)}/2"`])
  })

  it('[Y2] calls on one instance take effect in the order made', async () => {
    const results = await Promise.all(Array.from({ length: 50 }, (_, i) => engine.append(NAME, batch(i, commits(i + 1, 1)))))
    expect(results.every(Boolean)).toBe(true)
    expect(await engine.read(NAME, 1, 100_000)).toEqual(commits(1, 50).map(({ text }) => text))
  })

  it('[V1] instances of one name in different namespaces, and of different names, are separate', async () => {
    const others: InstanceName[] = [
      { namespace: '/other', hash: 'hash-1' },
      { namespace: '/app', hash: 'hash-2' },
      { namespace: '', hash: 'hash-1 /app' },
    ]
    await engine.append(NAME, batch(0, commits(1, 1)))
    for (const other of others) {
      expect(await engine.head(other)).toBeUndefined()
      expect(await engine.append(other, batch(0, commits(1, 2), { log: 'another' }))).toBe(true)
    }
    expect((await engine.head(NAME))?.head).toBe(1)
  })

  it('[F1] reading starts at any offset, and stops after the commit that reaches the limit', async () => {
    await engine.append(NAME, batch(0, commits(1, 9)))
    expect(await engine.read(NAME, 7, 1000)).toEqual(['"boot/7"', '"boot/8"', '"boot/9"'])
    expect(await engine.read(NAME, 1, 9)).toEqual(['"boot/1"', '"boot/2"'])
    expect(await engine.read(NAME, 1, 8)).toEqual(['"boot/1"'])
    expect(await engine.read(NAME, 1, 1)).toEqual(['"boot/1"'])
    expect(await engine.read(NAME, 10, 1000)).toEqual([])
  })

  it('[Y5] a commit is found by its key while it is kept', async () => {
    await engine.append(NAME, batch(0, commits(1, 4)))
    expect(await engine.find(NAME, { boot: 'boot', n: 3 })).toEqual({ offset: 3, text: '"boot/3"' })
    expect(await engine.find(NAME, { boot: 'boot', n: 5 })).toBeUndefined()
    expect(await engine.find(NAME, { boot: 'nobody', n: 3 })).toBeUndefined()
  })

  it('[V5] a snapshot replaces an older one, and is not replaced by one as old', async () => {
    await engine.append(NAME, batch(0, commits(1, 9)))
    await engine.writeSnapshot(NAME, { offset: 5, text: 'five' })
    await engine.writeSnapshot(NAME, { offset: 3, text: 'three' })
    await engine.writeSnapshot(NAME, { offset: 5, text: 'other five' })
    expect(await engine.readSnapshot(NAME)).toEqual({ offset: 5, text: 'five' })
    await engine.writeSnapshot(NAME, { offset: 9, text: 'nine' })
    expect(await engine.readSnapshot(NAME)).toEqual({ offset: 9, text: 'nine' })
    expect(await engine.head(NAME)).toMatchObject({ head: 9, snapshot: 9, trimmed: 0 })
  })

  it('[V5] trimming forgets no commit that the snapshot does not hold', async () => {
    await engine.append(NAME, batch(0, commits(1, 9)))
    await engine.trim(NAME, 9)
    expect(await engine.head(NAME)).toMatchObject({ trimmed: 0 })
    await engine.writeSnapshot(NAME, { offset: 6, text: 'six' })
    await engine.trim(NAME, 4)
    expect(await engine.head(NAME)).toMatchObject({ trimmed: 4, head: 9 })
    await engine.trim(NAME, 2)
    await engine.trim(NAME, 100)
    expect(await engine.head(NAME)).toMatchObject({ trimmed: 6, head: 9 })
    expect(await engine.read(NAME, 6, 1000)).toEqual([])
    expect(await engine.read(NAME, 7, 1000)).toEqual(['"boot/7"', '"boot/8"', '"boot/9"'])
    expect(await engine.find(NAME, { boot: 'boot', n: 8 })).toMatchObject({ offset: 8 })
  })

  it('[Y5] boots outlive trimming, also where everything is trimmed', async () => {
    await engine.append(NAME, batch(0, [...commits(1, 3), ...commits(1, 1, 'create')]))
    await engine.writeSnapshot(NAME, { offset: 4, text: 'four' })
    await engine.trim(NAME, 4)
    expect((await engine.head(NAME))?.boots).toEqual(
      new Map([
        ['boot', 3],
        ['create', 1],
      ]),
    )
    expect(await engine.find(NAME, { boot: 'boot', n: 3 })).toBeUndefined()
    expect(await engine.append(NAME, batch(0, commits(4, 1)))).toBe(false)
    expect(await engine.append(NAME, batch(4, commits(4, 1)))).toBe(true)
  })

  it('[V1] names and texts are data, whatever is in them', async () => {
    const odd: InstanceName = { namespace: `/'; drop table commits; --`, hash: '../%00*>' }
    const text = JSON.stringify('\u0000 \ud83d\ude00 "\\')
    expect(await engine.append(odd, batch(0, [{ boot: `'"`, n: 0, version: 0, text }], { id: '*>%_' }))).toBe(true)
    expect(await engine.read(odd, 1, 1000)).toEqual([text])
    expect(await engine.find(odd, { boot: `'"`, n: 0 })).toEqual({ offset: 1, text })
    expect((await engine.head(odd))?.id).toBe('*>%_')
  })

  it('[V3] after close calls reject; those made before are finished', async () => {
    const appended = engine.append(NAME, batch(0, commits(1, 1)))
    await Promise.all([engine.close(), engine.close()])
    expect(await appended).toBe(true)
    await expect(engine.append(NAME, batch(1, commits(2, 1)))).rejects.toMatchObject({ code: 'unavailable' })
    await expect(engine.head(NAME)).rejects.toMatchObject({ code: 'unavailable' })
  })
})

describe('engine: sqlite on disk', () => {
  it('[V3] keeps everything for the next server on the directory', async () => {
    const directory = await temporary()
    const first = await createSqliteEngine(directory)
    await first.append(NAME, batch(0, commits(1, 5, 'boot', 2)))
    await first.writeSnapshot(NAME, { offset: 5, text: 'five' })
    await first.trim(NAME, 2)
    const before = await first.head(NAME)
    await first.close()
    const second = await createSqliteEngine(directory)
    expect(await second.head(NAME)).toEqual(before)
    expect(await second.read(NAME, 3, 1000)).toEqual(['"boot/3"', '"boot/4"', '"boot/5"'])
    expect(await second.readSnapshot(NAME)).toEqual({ offset: 5, text: 'five' })
    await second.close()
  })

  it('[V3] the database itself says that commits are synced before they return', async () => {
    const engine = await createSqliteEngine(await temporary())
    expect(engine.durability).toEqual({ journalMode: 'wal', synchronous: 2 })
    await engine.close()
  })

  it('[V3] a second server on the directory is refused, until the first has ended', async () => {
    const directory = await temporary()
    const first = await createSqliteEngine(directory)
    await expect(createSqliteEngine(directory)).rejects.toMatchObject({ name: 'HomeroomError', code: 'server/data-locked' })
    await first.close()
    await (await createSqliteEngine(directory)).close()
  })

  it('[V1] one call that fails leaves no trace, and the calls that shared its transaction stand', async () => {
    const engine = await createSqliteEngine(await temporary())
    await engine.append(NAME, batch(0, commits(1, 1)))
    const other: InstanceName = { namespace: '/app', hash: 'other' }
    const [bad, good] = await Promise.allSettled([
      engine.append(NAME, batch(1, [...commits(2, 1), ...commits(1, 1)])),
      engine.append(other, batch(0, commits(1, 1))),
    ])
    expect(bad.status).toBe('rejected')
    expect(good).toEqual({ status: 'fulfilled', value: true })
    expect(await engine.head(NAME)).toMatchObject({ head: 1, boots: new Map([['boot', 1]]) })
    await engine.close()
  })
})
