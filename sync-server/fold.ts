/** Folds commits into the state, and finds the one that does not fit. Pure. */
import type { Commit } from '../lib/protocol/commit.ts'
import { applyOps, type Op, type State } from '../lib/protocol/ops.ts'
import { MAX_DEPTH } from '../lib/protocol/value.ts'
import { encode } from '../lib/protocol/wire.ts'
import type { StoredCommit } from './engine.ts'
import type { Refusal } from './judge.ts'

/** A path and the value at its end together; some levels of room for the containers around a value of full depth. */
const MAX_STATE_DEPTH = MAX_DEPTH + 4

export interface Folded {
  /** The state after the stored commits. */
  readonly state: State
  readonly stored: readonly StoredCommit[]
  readonly refusal?: Refusal
}

/** Takes the commits in order, up to the first that breaks a rule. */
export function foldCommits(state: State, commits: readonly Commit[], maxBytes: number): Folded {
  const stored = storeUpTo(commits, maxBytes)
  const fitting = commits.slice(0, stored.length)
  const together = tryApply(
    state,
    fitting.flatMap(({ ops }) => ops),
  )
  if (together === undefined) return foldOneByOne(state, fitting, stored)
  return stored.length === commits.length
    ? { state: together, stored }
    : { state: together, stored, refusal: tooLarge(stored.length, maxBytes) }
}

/** Only after folding all at once has failed: each fold copies the containers that it changes. */
function foldOneByOne(state: State, commits: readonly Commit[], stored: readonly StoredCommit[]): Folded {
  let folded = state
  for (const [index, { ops }] of commits.entries()) {
    const next = tryApply(folded, ops)
    if (next === undefined) return { state: folded, stored: stored.slice(0, index), refusal: misfit(index) }
    folded = next
  }
  return { state: folded, stored }
}

function tryApply(state: State, ops: readonly Op[]): State | undefined {
  if (ops.some((op) => op[1].length + depthOf(valueIn(op)) > MAX_STATE_DEPTH)) return undefined
  try {
    return applyOps(state, ops)
  } catch {
    return undefined
  }
}

function valueIn(op: Op): unknown {
  return op[0] === 'set' || op[0] === 'append' ? op[2] : op[0] === 'insert' ? op[3] : undefined
}

/** Levels of containers; `decode` has bounded them. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Date || value instanceof Uint8Array) return 0
  const items = value instanceof Map || Array.isArray(value) ? value.values() : value instanceof Set ? [] : Object.values(value)
  let deepest = 0
  for (const item of items) deepest = Math.max(deepest, depthOf(item))
  return deepest + 1
}

/** The commits as an engine keeps them, up to the first that is too long: it might be longer than the frame it came in. */
function storeUpTo(commits: readonly Commit[], maxBytes: number): readonly StoredCommit[] {
  const stored: StoredCommit[] = []
  for (const commit of commits) {
    const text = encode(commit)
    if (isLongerThan(text, maxBytes)) break
    stored.push({ boot: commit.boot, n: commit.n, version: commit.version, text })
  }
  return stored
}

const encoder = new TextEncoder()

function isLongerThan(text: string, maxBytes: number): boolean {
  return text.length > maxBytes || (text.length * 3 > maxBytes && encoder.encode(text).length > maxBytes)
}

function misfit(index: number): Refusal {
  return {
    index,
    code: 'invalid-ops',
    message:
      'An operation of the commit does not fit the state that it is to change, or nests it too deep. Run the action again on the present state.',
  }
}

function tooLarge(index: number, maxBytes: number): Refusal {
  return {
    index,
    code: 'too-large',
    message: `The commit is longer than ${maxBytes} bytes as text, so no message could carry it. Make several smaller calls of it.`,
  }
}
