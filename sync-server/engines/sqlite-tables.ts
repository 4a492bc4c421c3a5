/** The tables of the SQLite engine, and each call of the contract as statements on them. Runs inside the engine's worker. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue } from 'node:sqlite'
import type { CommitKey } from '../../lib/protocol/commit.ts'
import type { Batch, InstanceName, LogHead, StoredCommit, StoredSnapshot } from '../engine.ts'

/** Raised with every change of the tables; a newer file is refused. */
const SCHEMA_VERSION = 1

const SCHEMA = `
  create table instances (
    instance integer primary key, namespace text not null, hash text not null, system text not null, id text not null,
    log text not null, head integer not null, trimmed integer not null, version integer not null, snapshot integer not null,
    unique (namespace, hash)) strict;
  create table commits (
    instance integer not null, at integer not null, boot text not null, n integer not null, text text not null,
    unique (instance, at), unique (instance, boot, n)) strict;
  create table boots (instance integer not null, boot text not null, n integer not null, primary key (instance, boot)) strict, without rowid;
  create table snapshots (instance integer primary key, at integer not null, text text not null) strict;
  pragma user_version = ${SCHEMA_VERSION};`

/** Makes the tables in a new file. @throws Error where a newer version of this server wrote the file */
export function prepareTables(db: DatabaseSync): void {
  const version = (db.prepare('pragma user_version').get() as { user_version: number }).user_version
  if (version > SCHEMA_VERSION)
    throw new Error(`The file has schema ${version}, this server knows ${SCHEMA_VERSION}. Use the newer server.`)
  if (version === 0) db.exec(`begin immediate; ${SCHEMA} commit`)
}

type Row = Record<string, SQLOutputValue>
interface InstanceRow {
  readonly instance: number
  readonly log: string
  readonly system: string
  readonly id: string
  readonly head: number
  readonly trimmed: number
  readonly version: number
  readonly snapshot: number
}

/** The contract's calls, synchronous; the caller holds the transaction. */
export class SqliteTables {
  readonly #one: (sql: string, ...values: SQLInputValue[]) => Row | undefined
  readonly #each: (sql: string, ...values: SQLInputValue[]) => Iterable<Row>
  readonly #run: (sql: string, ...values: SQLInputValue[]) => void

  constructor(db: DatabaseSync) {
    const prepared = new Map<string, ReturnType<DatabaseSync['prepare']>>()
    const prepare = (sql: string) => {
      let statement = prepared.get(sql)
      if (statement === undefined) prepared.set(sql, (statement = db.prepare(sql)))
      return statement
    }
    this.#one = (sql, ...values) => prepare(sql).get(...values)
    this.#each = (sql, ...values) => prepare(sql).iterate(...values)
    this.#run = (sql, ...values) => void prepare(sql).run(...values)
  }

  head(name: InstanceName): LogHead | undefined {
    const row = this.#find(name)
    if (row === undefined) return undefined
    const boots = new Map<string, number>()
    for (const { boot, n } of this.#each('select boot, n from boots where instance = ?', row.instance))
      boots.set(boot as string, n as number)
    const { log, system, id, head, trimmed, version, snapshot } = row
    return { log, system, id, head, trimmed, version, snapshot, boots }
  }

  append(name: InstanceName, batch: Batch): boolean {
    const found = this.#find(name)
    if (found === undefined ? batch.expected !== 0 : found.log !== batch.log || found.head !== batch.expected) return false
    const row = found ?? this.#begin(name, batch)
    let at = row.head
    for (const commit of batch.commits) this.#insert(row.instance, ++at, commit)
    const version = batch.commits.reduce((highest, commit) => Math.max(highest, commit.version), row.version)
    this.#run('update instances set head = ?, version = ? where instance = ?', at, version, row.instance)
    return true
  }

  read(name: InstanceName, from: number, maxChars: number): readonly string[] {
    const row = this.#find(name)
    const texts: string[] = []
    if (row === undefined || from <= row.trimmed) return texts
    let chars = 0
    for (const { text } of this.#each('select text from commits where instance = ? and at >= ? order by at', row.instance, from)) {
      texts.push(text as string)
      chars += (text as string).length
      if (chars >= maxChars) break
    }
    return texts
  }

  find(name: InstanceName, { boot, n }: CommitKey): { offset: number; text: string } | undefined {
    const row = this.#find(name)
    const found = row && this.#one('select at, text from commits where instance = ? and boot = ? and n = ?', row.instance, boot, n)
    return found && { offset: found['at'] as number, text: found['text'] as string }
  }

  readSnapshot(name: InstanceName): StoredSnapshot | undefined {
    const row = this.#find(name)
    const found = row && this.#one('select at, text from snapshots where instance = ?', row.instance)
    return found && { offset: found['at'] as number, text: found['text'] as string }
  }

  writeSnapshot(name: InstanceName, { offset, text }: StoredSnapshot): void {
    const row = this.#find(name)
    if (row === undefined || offset <= row.snapshot) return
    this.#run('insert or replace into snapshots (instance, at, text) values (?, ?, ?)', row.instance, offset, text)
    this.#run('update instances set snapshot = ? where instance = ?', offset, row.instance)
  }

  trim(name: InstanceName, upTo: number): void {
    const row = this.#find(name)
    if (row === undefined) return
    const end = Math.min(upTo, row.snapshot)
    if (end <= row.trimmed) return
    this.#run('delete from commits where instance = ? and at <= ?', row.instance, end)
    this.#run('update instances set trimmed = ? where instance = ?', end, row.instance)
  }

  #find({ namespace, hash }: InstanceName): InstanceRow | undefined {
    return this.#one('select * from instances where namespace = ? and hash = ?', namespace, hash) as InstanceRow | undefined
  }

  #begin(name: InstanceName, { log, system, id }: Batch): InstanceRow {
    this.#run(
      'insert into instances (namespace, hash, system, id, log, head, trimmed, version, snapshot) values (?, ?, ?, ?, ?, 0, 0, 0, 0)',
      name.namespace,
      name.hash,
      system,
      id,
      log,
    )
    return this.#find(name) as InstanceRow
  }

  #insert(instance: number, at: number, { boot, n, text }: StoredCommit): void {
    this.#run('insert into commits (instance, at, boot, n, text) values (?, ?, ?, ?, ?)', instance, at, boot, n, text)
    this.#run(
      'insert into boots (instance, boot, n) values (?, ?, ?) on conflict (instance, boot) do update set n = max(n, excluded.n)',
      instance,
      boot,
      n,
    )
  }
}
