/**
 * The thread that holds the database. All requests that came while the last transaction was being made durable go into
 * the next one together (group commit), so that one `fsync` serves them all. No answer leaves before its commit.
 */
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads'
import { HomeroomError, errorToData, type ErrorData } from '../../lib/protocol/errors.ts'
import { SqliteTables, prepareTables } from './sqlite-tables.ts'

/** The calls of the contract that go to the thread, by name. */
export type SqliteCall = 'head' | 'append' | 'read' | 'find' | 'readSnapshot' | 'writeSnapshot' | 'trim'
export type SqliteRequest = { readonly id: number; readonly call: SqliteCall | 'close'; readonly args: readonly unknown[] }
export type SqliteReply = { readonly id: number; readonly result?: unknown; readonly error?: ErrorData }

/** What the thread says first: how durable its commits are, as the database itself answers, or why it cannot work. */
export type SqliteStart = { readonly durability: Durability } | { readonly error: ErrorData }
export interface Durability {
  /** `wal`. */
  readonly journalMode: string
  /** 2 is FULL: the log is synced to the disk before a commit returns. */
  readonly synchronous: number
}

if (parentPort !== null) start(parentPort, (workerData as { directory: string }).directory)

function start(port: MessagePort, directory: string): void {
  try {
    const lock = lockDirectory(directory)
    // Somebody may be making a backup.
    const db = new DatabaseSync(join(directory, 'homeroom.db'), { timeout: 5_000 })
    const durability = makeDurable(db)
    prepareTables(db)
    serve(port, db, lock)
    port.postMessage({ durability } satisfies SqliteStart)
  } catch (error) {
    port.postMessage({ error: errorToData(error) } satisfies SqliteStart)
    port.close()
  }
}

/** Holds an exclusive lock on a database of its own: the system drops it with the process, however that dies. */
function lockDirectory(directory: string): DatabaseSync {
  const lock = new DatabaseSync(join(directory, 'lock.db'), { timeout: 0 })
  try {
    lock.exec('begin exclusive')
    return lock
  } catch (cause) {
    lock.close()
    const message = `Another server works on the directory ${JSON.stringify(directory)}. Two would lose each other's writes, so this one does not start. Stop the other one, or give this one a directory of its own.`
    throw new HomeroomError('server/data-locked', message, { cause })
  }
}

function makeDurable(db: DatabaseSync): Durability {
  db.exec('pragma journal_mode = wal; pragma synchronous = full')
  const { journal_mode } = db.prepare('pragma journal_mode').get() as { journal_mode: string }
  const { synchronous } = db.prepare('pragma synchronous').get() as { synchronous: number }
  if (journal_mode === 'wal' && synchronous === 2) return { journalMode: journal_mode, synchronous }
  throw new HomeroomError(
    'server/not-durable',
    `SQLite runs with journal ${journal_mode} and synchronous ${synchronous}, so commits could be lost after they were confirmed. Use a directory on a local disk.`,
  )
}

function serve(port: MessagePort, db: DatabaseSync, lock: DatabaseSync): void {
  const tables = new SqliteTables(db)
  port.on('message', (first: SqliteRequest) => {
    const requests = [first, ...waiting(port)]
    port.postMessage(inOneTransaction(db, tables, requests))
    if (!requests.some(({ call }) => call === 'close')) return
    db.close()
    lock.close()
    port.close()
  })
}

function waiting(port: MessagePort): SqliteRequest[] {
  const requests: SqliteRequest[] = []
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port))
    requests.push(next.message as SqliteRequest)
  return requests
}

function inOneTransaction(db: DatabaseSync, tables: SqliteTables, requests: readonly SqliteRequest[]): readonly SqliteReply[] {
  try {
    db.exec('begin immediate')
    const replies = requests.map((request) => answer(db, tables, request))
    db.exec('commit')
    return replies
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    return requests.map(({ id }) => ({ id, error: errorToData(error) }))
  }
}

/** One request inside the transaction; one that fails leaves no trace, and the others go on. */
function answer(db: DatabaseSync, tables: SqliteTables, { id, call, args }: SqliteRequest): SqliteReply {
  if (call === 'close') return { id }
  try {
    db.exec('savepoint request')
    const result = (tables[call] as (...args: readonly unknown[]) => unknown).apply(tables, [...args])
    db.exec('release request')
    return { id, result }
  } catch (error) {
    if (!db.isTransaction) throw error
    db.exec('rollback to request; release request')
    return { id, error: errorToData(error) }
  }
}
