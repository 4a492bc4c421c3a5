/** The engine that keeps logs in memory: for tests, and for servers that may forget. Outlives the cores that use it. */
import type { CommitKey } from '../../lib/protocol/commit.ts'
import { commitKey } from '../../lib/protocol/commit.ts'
import { HomeroomError } from '../../lib/protocol/errors.ts'
import type { Batch, Engine, InstanceName, LogHead, StoredCommit, StoredSnapshot } from '../engine.ts'

interface MemoryLog {
  readonly log: string
  readonly system: string
  readonly id: string
  /** The commits after `trimmed`. */
  commits: StoredCommit[]
  trimmed: number
  version: number
  snapshot: StoredSnapshot | undefined
  readonly boots: Map<string, number>
  readonly offsets: Map<string, number>
}

export function createMemoryEngine(): Engine {
  return new MemoryEngine()
}

class MemoryEngine implements Engine {
  readonly #logs = new Map<string, MemoryLog>()
  #isClosed = false

  async head(name: InstanceName): Promise<LogHead | undefined> {
    const log = this.#get(name)
    if (log === undefined) return undefined
    const { system, id, trimmed, version, boots } = log
    return { log: log.log, system, id, head: headOf(log), trimmed, snapshot: log.snapshot?.offset ?? 0, version, boots: new Map(boots) }
  }

  async append(name: InstanceName, batch: Batch): Promise<boolean> {
    const log = this.#get(name)
    if (log === undefined ? batch.expected !== 0 : log.log !== batch.log || headOf(log) !== batch.expected) return false
    const target = log ?? this.#begin(name, batch)
    for (const commit of batch.commits) appendCommit(target, commit)
    return true
  }

  async read(name: InstanceName, from: number, maxChars: number): Promise<readonly string[]> {
    const log = this.#get(name)
    if (log === undefined || from <= log.trimmed) return []
    const texts: string[] = []
    let chars = 0
    for (let i = from - log.trimmed - 1; i < log.commits.length && chars < maxChars; i++) {
      const { text } = log.commits[i] as StoredCommit
      texts.push(text)
      chars += text.length
    }
    return texts
  }

  async find(name: InstanceName, key: CommitKey): Promise<{ offset: number; text: string } | undefined> {
    const log = this.#get(name)
    const offset = log?.offsets.get(commitKey(key))
    if (log === undefined || offset === undefined) return undefined
    return { offset, text: (log.commits[offset - log.trimmed - 1] as StoredCommit).text }
  }

  async readSnapshot(name: InstanceName): Promise<StoredSnapshot | undefined> {
    return this.#get(name)?.snapshot
  }

  async writeSnapshot(name: InstanceName, snapshot: StoredSnapshot): Promise<void> {
    const log = this.#get(name)
    if (log !== undefined && snapshot.offset > (log.snapshot?.offset ?? 0)) log.snapshot = snapshot
  }

  async trim(name: InstanceName, upTo: number): Promise<void> {
    const log = this.#get(name)
    const end = Math.min(upTo, log?.snapshot?.offset ?? 0)
    if (log === undefined || end <= log.trimmed) return
    for (const commit of log.commits.splice(0, end - log.trimmed)) log.offsets.delete(commitKey(commit))
    log.trimmed = end
  }

  async close(): Promise<void> {
    this.#isClosed = true
  }

  #get({ namespace, hash }: InstanceName): MemoryLog | undefined {
    if (this.#isClosed) throw new HomeroomError('unavailable', 'The memory engine was closed, so it answers no more. Make a new one.')
    return this.#logs.get(`${hash} ${namespace}`)
  }

  #begin({ namespace, hash }: InstanceName, { log, system, id }: Batch): MemoryLog {
    const begun: MemoryLog = {
      log,
      system,
      id,
      commits: [],
      trimmed: 0,
      version: 0,
      snapshot: undefined,
      boots: new Map(),
      offsets: new Map(),
    }
    this.#logs.set(`${hash} ${namespace}`, begun)
    return begun
  }
}

function headOf(log: MemoryLog): number {
  return log.trimmed + log.commits.length
}

function appendCommit(log: MemoryLog, commit: StoredCommit): void {
  log.commits.push(commit)
  log.offsets.set(commitKey(commit), headOf(log))
  log.boots.set(commit.boot, Math.max(commit.n, log.boots.get(commit.boot) ?? 0))
  log.version = Math.max(log.version, commit.version)
}
