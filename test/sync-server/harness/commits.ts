/** Commits as devices make them, for tests. */
import type { Commit, CommitKey } from '../../../lib/protocol/commit.ts'
import { digest, instanceHash } from '../../../lib/protocol/digest.ts'
import type { Op } from '../../../lib/protocol/ops.ts'
import type { PushMessage } from '../../../lib/protocol/sync-messages.ts'

export const SYSTEM = 'Counter'
export const ID = 'c1'
export const INSTANCE = instanceHash(SYSTEM, ID)

/** A commit that sets the field `value` to its own key; whatever is given replaces the default. */
export function commitOf(boot: string, n: number, prev: CommitKey | null, more: Partial<Commit> = {}): Commit {
  const ops: readonly Op[] = [['set', ['value'], `${boot}/${n}`]]
  return {
    boot,
    n,
    call: `call-${boot}-${n}`,
    prev,
    base: 0,
    version: 0,
    action: 'set',
    args: [],
    ops,
    reads: [],
    writes: [['replace', ['value']]],
    at: 0,
    ...more,
  }
}

/** `count` commits of one boot, each naming the one before it. */
export function chainOf(boot: string, first: number, count: number, after: Commit | null | undefined = null): Commit[] {
  const chain: Commit[] = []
  for (let n = first; n < first + count; n++) chain.push(commitOf(boot, n, keyOf(chain.at(-1) ?? after ?? null)))
  return chain
}

export function keyOf(commit: CommitKey | null): CommitKey | null {
  return commit && { boot: commit.boot, n: commit.n }
}

export function afterOf(commit: Commit | null): PushMessage['after'] {
  return commit && { boot: commit.boot, n: commit.n, ops: digest(commit.ops) }
}

let lastPush = 0

export function pushOf(
  base: number,
  log: string | undefined,
  commits: readonly Commit[],
  after: Commit | null | undefined = null,
  instance = INSTANCE,
): PushMessage {
  return { type: 'push', instance, push: ++lastPush, ...(log === undefined ? {} : { log }), base, after: afterOf(after), commits }
}
