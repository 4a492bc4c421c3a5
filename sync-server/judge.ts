/**
 * Decides what becomes of a push (rules Y2, Y5, Y11). Pure: what it needs of the log is handed in.
 *
 *   lineage   the push stands on a log that this is not
 *   known     its first `count` commits were taken before
 *   ahead     the log has commits that the device has not run on yet
 *   chain     the first commits stand on the head, in order; the rest breaks `refusal`
 */
import { commitKey, isSameKey, type Commit, type CommitKey, type LoggedCommit } from '../lib/protocol/commit.ts'
import { digest } from '../lib/protocol/digest.ts'
import type { PushMessage } from '../lib/protocol/sync-messages.ts'

/** Where a log stands. */
export interface Standing {
  /** `undefined` where nobody has begun it. */
  readonly id: string | undefined
  readonly head: number
  /** Highest version of its commits. */
  readonly version: number
  readonly boots: ReadonlyMap<string, number>
}

/** What a log knows of a commit: itself while it is kept, that it was there, or nothing. */
export type Located = LoggedCommit | 'folded' | 'unknown'

/** Why the commit at `index` of a push will never be taken. */
export interface Refusal {
  readonly index: number
  readonly code: 'conflict-id' | 'broken-chain' | 'outdated' | 'invalid-ops' | 'too-large'
  readonly message: string
}

export type Verdict =
  | { readonly kind: 'lineage'; readonly message: string }
  | { readonly kind: 'known'; readonly count: number }
  | { readonly kind: 'ahead' }
  | { readonly kind: 'chain'; readonly commits: readonly Commit[]; readonly refusal?: Refusal | undefined }

/** @param predecessor what the log knows of `push.after` */
export function judgePush(push: PushMessage, standing: Standing, predecessor: Located): Verdict {
  const lineage = strangerToLog(push, standing)
  if (lineage !== undefined) return { kind: 'lineage', message: lineage }
  const known = countKnown(push.commits, standing.boots)
  if (known > 0) return { kind: 'known', count: known }
  if (push.base < standing.head) return { kind: 'ahead' }
  const refusal = breakOfPredecessor(push, predecessor) ?? breakOfChain(push, standing)
  return { kind: 'chain', commits: push.commits.slice(0, refusal?.index), refusal }
}

/** A key at or below the last one of its boot is known, for ever: gaps are allowed, going back is not (rule Y5). */
export function isKnownTo(boots: ReadonlyMap<string, number>, { boot, n }: CommitKey): boolean {
  return n <= (boots.get(boot) ?? -1)
}

/** A device that knows no log may have met one that others began since: it stands on offset 0 of any. */
function strangerToLog({ log, base }: PushMessage, { id, head }: Standing): string | undefined {
  if (log === undefined ? base !== 0 : log !== id)
    return `The push names the log ${log ?? 'that is to begin'} at ${base}, this server has ${id ?? 'none'}. It may have been restored from a backup. Open the instance again; what is pending stays on the device.`
  if (base > head)
    return `The push stands on offset ${base}, this server has ${head} commits. It may have been restored from a backup. Open the instance again; what is pending stays on the device.`
  return undefined
}

function countKnown(commits: readonly Commit[], boots: ReadonlyMap<string, number>): number {
  const firstNew = commits.findIndex((commit) => !isKnownTo(boots, commit))
  return firstNew === -1 ? commits.length : firstNew
}

function breakOfPredecessor({ after, commits }: PushMessage, predecessor: Located): Refusal | undefined {
  if (!isSameKey(after, (commits[0] as Commit).prev)) return broken(0, `names another predecessor than the push's "after"`)
  if (after === null || predecessor === 'folded') return undefined
  if (predecessor === 'unknown') return broken(0, `follows ${commitKey(after)}, which is not in the log`)
  return digest(predecessor.commit.ops) === after.ops
    ? undefined
    : broken(0, `follows ${commitKey(after)}, which the log has with other operations`)
}

/** The first commit that does not follow the one before it, takes a key again, or is of a version that is past. */
function breakOfChain({ commits }: PushMessage, standing: Standing): Refusal | undefined {
  let { version } = standing
  const taken = new Map<string, number>()
  for (const [index, commit] of commits.entries()) {
    const before = commits[index - 1]
    if (before !== undefined && !isSameKey(commit.prev, before)) return broken(index, 'does not follow the one before it in the push')
    if (isKnownTo(standing.boots, commit) || isKnownTo(taken, commit))
      return broken(index, `has the key ${commitKey(commit)}, which comes before one of the same boot that the log has`)
    if (commit.version < version)
      return {
        index,
        code: 'outdated',
        message: `The commit is of version ${commit.version}, the log has come to ${version}. Load the newer build of the app.`,
      }
    version = commit.version
    taken.set(commit.boot, commit.n)
  }
  return undefined
}

function broken(index: number, why: string): Refusal {
  return {
    index,
    code: 'broken-chain',
    message: `The commit ${why}, so the state that it ran on is not the log's. Open the instance again and run it anew.`,
  }
}
