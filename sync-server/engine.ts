/** The contract of an engine: where logs are kept. One suite, `test/sync-server/engine-contract.test.ts`, holds all of them to it. */
import type { CommitKey } from '../lib/protocol/commit.ts'

/** Names an instance: the app's namespace and `instanceHash(system, id)`. Only ever a bound parameter or a key of a Map. */
export interface InstanceName {
  readonly namespace: string
  readonly hash: string
}

/** What an engine knows of a log without reading its commits. */
export interface LogHead {
  /** Random id of the log. */
  readonly log: string
  readonly system: string
  readonly id: string
  /** Offset of the last commit; at least 1. */
  readonly head: number
  /** Offset up to which commits are gone; 0 where all are kept. Never above `snapshot`. */
  readonly trimmed: number
  /** Offset of the kept snapshot; 0 where there is none. */
  readonly snapshot: number
  /** Highest version of all commits ever appended. */
  readonly version: number
  /** The last `n` of every boot that ever had a commit in the log. Outlives trimming. */
  readonly boots: ReadonlyMap<string, number>
}

/** A commit as an engine keeps it: its text, and what is looked up by. */
export interface StoredCommit extends CommitKey {
  readonly version: number
  /** `encode(commit)`. */
  readonly text: string
}

export interface Batch {
  /** The log that the appender knows, or the random id of the one that this batch begins. */
  readonly log: string
  readonly system: string
  readonly id: string
  /** The head that the appender knows; 0 to begin the log. */
  readonly expected: number
  readonly commits: readonly StoredCommit[]
}

export interface StoredSnapshot {
  readonly offset: number
  /** `encode` of a `Snapshot`. */
  readonly text: string
}

/**
 * Keeps the logs of all instances. Several servers may share one engine, so no call trusts what an earlier one said.
 *
 * Every promise rejects where the engine cannot do its work; whether a rejected `append` took place is unknown, and the
 * caller has to read the head again. Calls of one caller on one instance take effect in the order made.
 */
export interface Engine {
  /** What stands of the instance; `undefined` where nobody has begun its log. */
  head(name: InstanceName): Promise<LogHead | undefined>

  /**
   * Appends all commits, if the log is still `batch.log` at `batch.expected`, or not begun and `batch.expected` is 0.
   * One atomic step, and durable when the promise resolves: it survives the death of the process and of the machine.
   * @returns false where log or head differ; then nothing was changed
   */
  append(name: InstanceName, batch: Batch): Promise<boolean>

  /**
   * Texts of the commits from offset `from` on, in order and without a hole: at least one where there is one, and no more
   * once they are `maxChars` long together. Empty where `from` is past the head, or was trimmed.
   */
  read(name: InstanceName, from: number, maxChars: number): Promise<readonly string[]>

  /** The commit with this key and its offset, as long as it is kept. */
  find(name: InstanceName, key: CommitKey): Promise<{ readonly offset: number; readonly text: string } | undefined>

  readSnapshot(name: InstanceName): Promise<StoredSnapshot | undefined>

  /** Replaces the snapshot, unless the kept one is as new. Its offset is never above the head. */
  writeSnapshot(name: InstanceName, snapshot: StoredSnapshot): Promise<void>

  /** Forgets commits up to and including the offset, but none that the snapshot does not hold. */
  trim(name: InstanceName, upTo: number): Promise<void>

  /** Ends all work; calls made before are finished first, later ones reject. */
  close(): Promise<void>
}
