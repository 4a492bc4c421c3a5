/** The commit: the outcome of one turn, as it stands in logs, stores and on the wire. */
import type { Read, Write } from './footprint.ts'
import type { Op } from './ops.ts'

/**
 * Names a commit for ever. `boot` is the random id of the host start that made it, `n` its count, which only grows
 * (rule Y5). Commits that any device may have to make carry a derived key, so that the first one counts (rule Y11):
 * `create`, `field:<name>`, `migrate`.
 */
export interface CommitKey {
  readonly boot: string
  readonly n: number
}

export interface Commit extends CommitKey {
  /** Id of the call that ran, made by the tab; or the derived key as text. */
  readonly call: string
  /** The device's commit before this one in the same instance. */
  readonly prev: CommitKey | null
  /** Offset of the confirmed state that this commit, and the pending ones before it, stand on. */
  readonly base: number
  /** The system's `static version` when it ran. */
  readonly version: number
  readonly action?: string
  readonly args?: readonly unknown[]
  readonly ops: readonly Op[]
  readonly reads: readonly Read[]
  readonly writes: readonly Write[]
  /** Milliseconds since 1970, by the clock of the tab that made the call. */
  readonly at: number
  /** Id of the connection whose call it was. */
  readonly connection?: string
}

/** A commit with its place in the log: offsets are dense and begin at 1. */
export interface LoggedCommit {
  readonly offset: number
  readonly commit: Commit
}

export function commitKey({ boot, n }: CommitKey): string {
  return `${boot}/${n}`
}

export function isSameKey(a: CommitKey | null, b: CommitKey | null): boolean {
  return a === b || (a !== null && b !== null && a.boot === b.boot && a.n === b.n)
}

/** The last `n` of every boot that has a commit in the log: a key at or below it is known (rule Y5). */
export type Boots = Readonly<Record<string, number>>

export function isKnown(boots: Boots, { boot, n }: CommitKey): boolean {
  return Object.hasOwn(boots, boot) && n <= (boots[boot] as number)
}

export function rememberKey(boots: Boots, { boot, n }: CommitKey): Boots {
  return isKnown(boots, { boot, n }) ? boots : { ...boots, [boot]: n }
}
