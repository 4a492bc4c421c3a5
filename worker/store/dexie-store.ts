/** The store in IndexedDB: the one file that knows Dexie. Few requests per transaction, because each costs (DESIGN 6). */
import { Dexie, type EntityTable, type Table } from 'dexie'
import { HomeroomError } from '../../lib/protocol/errors.ts'
import { fenced } from './memory-store.ts'
import { instanceKey, type InstanceName, type Store, type StoreChange, type StoredInstance } from './store.ts'

interface FactRow {
  readonly name: string
  readonly value: string | number
}
interface InstanceRow extends InstanceName {
  readonly key: string
  readonly upTo: number
}
interface EntryRow {
  readonly key: string
  readonly seq: number
  readonly text: string
}
interface ChunkRow {
  readonly key: string
  readonly name: string
  readonly text: string
}

class Database extends Dexie {
  declare readonly facts: EntityTable<FactRow, 'name'>
  declare readonly instances: EntityTable<InstanceRow, 'key'>
  declare readonly entries: Table<EntryRow, [string, number]>
  declare readonly chunks: Table<ChunkRow, [string, string]>

  constructor(name: string, options: ConstructorParameters<typeof Dexie>[1]) {
    super(name, options)
    // What Dexie does for those who watch tables: a cache, and a broadcast to all contexts after each transaction.
    for (const name of ['Cache', 'Observability', 'HooksMiddleware']) this.unuse({ stack: 'dbcore', name })
    this.version(1).stores({ facts: 'name', instances: 'key', entries: '[key+seq]', chunks: '[key+name]' })
  }
}

export interface DexieStoreOptions {
  readonly name: string
  /** `'strict'` also survives a power cut, at about four times the latency. Default `'relaxed'`. */
  readonly durability?: 'relaxed' | 'strict'
  readonly newDeviceId: () => string
  readonly indexedDB?: IDBFactory
  readonly IDBKeyRange?: typeof globalThis.IDBKeyRange
}

export async function openDexieStore(options: DexieStoreOptions): Promise<Store> {
  const { indexedDB, IDBKeyRange, durability = 'relaxed' } = options
  const db = new Database(options.name, {
    chromeTransactionDurability: durability,
    ...(indexedDB === undefined ? {} : { indexedDB }),
    ...(IDBKeyRange === undefined ? {} : { IDBKeyRange }),
  })
  const device = await named(() => readDevice(db, options.newDeviceId))
  /** Instances that have a row: one request less in every later write. */
  const known = new Set<string>()
  return {
    device,
    claim: () => named(() => claim(db)),
    instances: () => named(() => db.instances.toArray()),
    load: (instance) => named(() => load(db, instanceKey(instance), known)),
    write: (epoch, batch) => named(() => write(db, epoch, batch, known)),
    readFact: (name) => named(async () => (await db.facts.get(`fact:${name}`))?.value as string | undefined),
    writeFact: (epoch, name, text) => named(() => writeFact(db, epoch, name, text)),
    close: () => db.close(),
  }
}

function readDevice(db: Database, newDeviceId: () => string): Promise<string> {
  return db.transaction('rw', db.facts, async () => {
    const known = await db.facts.get('device')
    if (known !== undefined) return known.value as string
    const value = newDeviceId()
    await db.facts.add({ name: 'device', value })
    return value
  })
}

function claim(db: Database): Promise<number> {
  return db.transaction('rw', db.facts, async () => {
    const value = (((await db.facts.get('epoch'))?.value as number | undefined) ?? 0) + 1
    await db.facts.put({ name: 'epoch', value })
    return value
  })
}

function load(db: Database, key: string, known: Set<string>): Promise<StoredInstance | undefined> {
  return db.transaction('r', db.instances, db.entries, db.chunks, async () => {
    const [row, entries, chunks] = await Promise.all([
      db.instances.get(key),
      db.entries.where('[key+seq]').between([key, Dexie.minKey], [key, Dexie.maxKey]).toArray(),
      db.chunks.where('[key+name]').between([key, Dexie.minKey], [key, Dexie.maxKey]).toArray(),
    ])
    if (row === undefined) return undefined
    known.add(key)
    return { upTo: row.upTo, entries, chunks: new Map(chunks.map(({ name, text }) => [name, text])) }
  })
}

/** Resolves on the transaction's `complete`, never on a request's `success`: a full disk shows as success, then abort. */
async function write(db: Database, epoch: number, batch: readonly StoreChange[], known: Set<string>): Promise<void> {
  const created: string[] = []
  await db.transaction('rw', [db.facts, db.instances, db.entries, db.chunks], async () => {
    const fence = assertEpoch(db, epoch)
    const changes = batch.map(async (change) => {
      const key = instanceKey(change.instance)
      if ('snapshot' in change) return writeSnapshot(db, key, change.instance, change.snapshot)
      if (!known.has(key)) created.push(key)
      return Promise.all([known.has(key) ? undefined : createRow(db, key, change.instance), db.entries.put({ key, ...change.entry })])
    })
    await Promise.all([fence, ...changes])
  })
  for (const key of created) known.add(key)
}

/** Where there is one, it stays: this store may only not have loaded it. */
async function createRow(db: Database, key: string, name: InstanceName): Promise<void> {
  try {
    await db.instances.add({ ...name, key, upTo: 0 })
  } catch (thrown) {
    if ((thrown as Error).name !== 'ConstraintError') throw thrown
  }
}

async function writeSnapshot(
  db: Database,
  key: string,
  name: InstanceName,
  snapshot: Extract<StoreChange, { snapshot: unknown }>['snapshot'],
): Promise<void> {
  await Promise.all([
    db.instances.put({ ...name, key, upTo: snapshot.upTo }),
    db.chunks.bulkPut([...snapshot.chunks].map(([chunk, text]) => ({ key, name: chunk, text }))),
    db.chunks.bulkDelete(snapshot.gone.map((chunk) => [key, chunk])),
    db.entries.where('[key+seq]').between([key, Dexie.minKey], [key, snapshot.upTo], true, true).delete(),
  ])
}

function writeFact(db: Database, epoch: number, name: string, text: string | undefined): Promise<void> {
  return db.transaction('rw', db.facts, async () => {
    await assertEpoch(db, epoch)
    if (text === undefined) await db.facts.delete(`fact:${name}`)
    else await db.facts.put({ name: `fact:${name}`, value: text })
  })
}

async function assertEpoch(db: Database, epoch: number): Promise<void> {
  const now = ((await db.facts.get('epoch'))?.value as number | undefined) ?? 0
  if (now !== epoch) throw fenced(epoch, now)
}

/** IndexedDB's own errors under our codes. */
async function named<T>(work: () => PromiseLike<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (thrown instanceof HomeroomError) throw thrown
    const cause = innermost(thrown)
    if (cause?.name === 'QuotaExceededError')
      throw new HomeroomError(
        'storage/quota',
        'The disk is full or the site has used up its quota; nothing was stored. Free some space and try again.',
        { cause: thrown },
      )
    throw new HomeroomError(
      'storage/failed',
      `IndexedDB failed (${cause?.name}: ${cause?.message}); nothing was stored. Try again; if it goes on, reload.`,
      { cause: thrown },
    )
  }
}

/** Dexie wraps the browser's error in its own. */
function innermost(thrown: unknown): { name: string; message: string } | undefined {
  const inner = (thrown as { inner?: unknown } | undefined)?.inner
  return inner === undefined || inner === null ? (thrown as Error) : innermost(inner)
}
