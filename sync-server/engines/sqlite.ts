/** The engine that keeps logs in one SQLite file: durable, group-committed, in a thread of its own. */
import { mkdir } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'
import type { CommitKey } from '../../lib/protocol/commit.ts'
import { HomeroomError, errorFromData } from '../../lib/protocol/errors.ts'
import type { Batch, Engine, InstanceName, LogHead, StoredSnapshot } from '../engine.ts'
import type { Durability, SqliteReply, SqliteRequest, SqliteStart } from './sqlite-worker.ts'

export interface SqliteEngine extends Engine {
  /** What the database answered when asked how durable its commits are. */
  readonly durability: Durability
}

/**
 * Opens the logs in a directory, made where it is missing.
 * @throws HomeroomError `server/needs-node` where the runtime has no `node:sqlite`, `server/data-locked` where another
 *   server has the directory, `server/not-durable` where the disk cannot keep the promise
 */
export async function createSqliteEngine(directory: string): Promise<SqliteEngine> {
  assertHasSqlite(process.versions.node)
  await mkdir(directory, { recursive: true })
  // In the package the worker is a `.js` file like this one; from source both are `.ts`.
  const worker = new Worker(new URL(`./sqlite-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url), {
    workerData: { directory },
  })
  const durability = await started(worker)
  return new WorkerEngine(worker, durability)
}

/** @throws HomeroomError `server/needs-node` */
export function assertHasSqlite(version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > 23 || (major === 23 && minor >= 4) || (major === 22 && minor >= 13)) return
  throw new HomeroomError(
    'server/needs-node',
    `This is Node ${version}, which has no SQLite built in, so the server has nowhere to keep its data. Run it with Node 22.13 or later, 24 if you can.`,
  )
}

async function started(worker: Worker): Promise<Durability> {
  const start = await new Promise<SqliteStart>((resolve, reject) => {
    worker.once('message', resolve)
    worker.once('error', reject)
  })
  if ('error' in start) throw errorFromData(start.error)
  return start.durability
}

interface Waiting {
  readonly resolve: (result: unknown) => void
  readonly reject: (error: Error) => void
}

/** Hands each call to the thread, and its answer back. */
class WorkerEngine implements SqliteEngine {
  readonly durability: Durability
  readonly #worker: Worker
  readonly #waiting = new Map<number, Waiting>()
  #lastId = 0
  #gone: Error | undefined
  #closed: Promise<void> | undefined

  constructor(worker: Worker, durability: Durability) {
    this.#worker = worker
    this.durability = durability
    worker.on('message', (replies: readonly SqliteReply[]) => this.#settle(replies))
    worker.on('error', (cause) =>
      this.#fail(new HomeroomError('unavailable', 'The thread that holds the database has died. Restart the server.', { cause })),
    )
    worker.on('exit', () => this.#fail(closed()))
  }

  head(name: InstanceName): Promise<LogHead | undefined> {
    return this.#call('head', name) as Promise<LogHead | undefined>
  }

  append(name: InstanceName, batch: Batch): Promise<boolean> {
    return this.#call('append', name, batch) as Promise<boolean>
  }

  read(name: InstanceName, from: number, maxChars: number): Promise<readonly string[]> {
    return this.#call('read', name, from, maxChars) as Promise<readonly string[]>
  }

  find(name: InstanceName, key: CommitKey): Promise<{ offset: number; text: string } | undefined> {
    return this.#call('find', name, key) as Promise<{ offset: number; text: string } | undefined>
  }

  readSnapshot(name: InstanceName): Promise<StoredSnapshot | undefined> {
    return this.#call('readSnapshot', name) as Promise<StoredSnapshot | undefined>
  }

  writeSnapshot(name: InstanceName, snapshot: StoredSnapshot): Promise<void> {
    return this.#call('writeSnapshot', name, snapshot) as Promise<void>
  }

  trim(name: InstanceName, upTo: number): Promise<void> {
    return this.#call('trim', name, upTo) as Promise<void>
  }

  close(): Promise<void> {
    return (this.#closed ??= this.#close())
  }

  async #close(): Promise<void> {
    if (this.#gone !== undefined) return
    const exited = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve()))
    await this.#call('close')
    this.#gone = closed()
    await exited
  }

  #call(call: SqliteRequest['call'], ...args: readonly unknown[]): Promise<unknown> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone)
    const id = ++this.#lastId
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject })
      this.#worker.postMessage({ id, call, args } satisfies SqliteRequest)
    })
  }

  #settle(replies: readonly SqliteReply[]): void {
    for (const { id, result, error } of replies) {
      const waiting = this.#waiting.get(id)
      this.#waiting.delete(id)
      if (error === undefined) waiting?.resolve(result)
      else waiting?.reject(errorFromData(error))
    }
  }

  #fail(error: Error): void {
    this.#gone ??= error
    for (const { reject } of this.#waiting.values()) reject(this.#gone)
    this.#waiting.clear()
  }
}

function closed(): HomeroomError {
  return new HomeroomError('unavailable', 'The database was closed, so it answers no more. Open it anew.')
}
