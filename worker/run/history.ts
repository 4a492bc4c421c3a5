/**
 * What is remembered of the last commits, in the order of the log, so that calls can be undone: how to take each back.
 * It is part of the ledger, so that the next host has it too; the server has nothing of it. What it no longer holds, or
 * never saw because the state came as a snapshot, cannot be undone here.
 */
import type { Commit } from '../../lib/protocol/commit.ts'
import type { Op } from '../../lib/protocol/ops.ts'
import { isConnectionHook, placeOf } from './connections.ts'

/** The built-in action: its arguments are the ids of the calls that it takes back, in the order they were made. */
export const UNDO = '$undo'
/** What a tab may ask besides: whichever call is to be undone once more. Never in a commit. */
export const REDO = '$redo'

/** A call that has made a commit. */
export interface Remembered {
  readonly call: string
  /** Whether there is anything to take back. */
  readonly hasChanged: boolean
  /** Absent where nobody called: a creation, say. */
  readonly action?: string
  /** The place of the connection whose call it was: one that takes another's place goes on with its stack. */
  readonly place?: string
  /** Calls of one group are undone together. */
  readonly group?: string
  /** The calls that this one has taken back, if it is an undo. */
  readonly undoes?: readonly string[]
  /** It threw, or was thrown out: nothing of it is there to be undone. */
  readonly failure?: 'failed' | 'rejected'
}

/** … and how it is taken back. */
export interface Undoable extends Remembered {
  /** From the state after the commit to the state before it. */
  readonly inverse: readonly Op[]
}

/** What a call has changed that came to nothing. */
export const NO_CHANGE = { hasChanged: false, inverse: [] } as const

export interface History {
  readonly entries: Undoable[]
  /** By entry, about how many characters it takes. */
  readonly weights: number[]
  weight: number
}

const MAX_ENTRIES = 1000
const MAX_WEIGHT = 256 * 1024

export function createHistory(): History {
  return { entries: [], weights: [], weight: 0 }
}

export function remember(history: History, entry: Undoable): void {
  const weight = weightOf(entry.inverse, MAX_WEIGHT + 1) + 100
  history.entries.push(entry)
  history.weights.push(weight)
  history.weight += weight
}

/** Forgets the oldest ones where there are too many, unless they are needed. */
export function trim(history: History, isNeeded: () => boolean): void {
  const isTooLong = (): boolean => history.entries.length > MAX_ENTRIES || history.weight > MAX_WEIGHT
  if (!isTooLong() || isNeeded()) return
  while (isTooLong()) {
    history.entries.shift()
    history.weight -= history.weights.shift() as number
  }
}

export function forgetAll(history: History): void {
  Object.assign(history, createHistory())
}

/** @param own what only the device knows that made the commit */
export function rememberedOf(
  { call, action, args, connection, ops }: Commit,
  own?: { readonly group?: string; readonly failure?: unknown },
): Remembered {
  return {
    call: callOf(call),
    hasChanged: ops.length > 0,
    ...(action === undefined ? {} : { action }),
    ...(connection === undefined ? {} : { place: placeOf(connection) }),
    ...(action === UNDO ? { undoes: (args ?? []).filter((arg) => typeof arg === 'string') } : {}),
    ...(own?.group === undefined ? {} : { group: own.group }),
    ...(own?.failure === undefined ? {} : { failure: own.failure === 'rejected' ? 'rejected' : 'failed' }),
  }
}

/** A call may leave several commits, `call/1` and so on: they are undone together. */
function callOf(call: string): string {
  const end = call.indexOf('/')
  return end < 0 ? call : call.slice(0, end)
}

/** Whether it is of a kind that can be undone: hooks and derived commits are nobody's calls. */
export function isOfCall({ action, failure }: Remembered): boolean {
  return action !== undefined && !isConnectionHook(action) && failure === undefined
}

/** The calls that are undone at the end of it all: an undo counts unless it is undone itself. */
export function undoneIn(history: readonly Remembered[]): ReadonlySet<string> {
  const undone = new Set<string>()
  for (const { call, undoes, hasChanged } of history.toReversed())
    if (hasChanged && !undone.has(call)) for (const other of undoes ?? []) undone.add(other)
  return undone
}

/** About how many characters a value takes; no more than `limit` are counted. */
function weightOf(value: unknown, limit: number): number {
  if (typeof value === 'string' || value instanceof Uint8Array) return value.length + 2
  if (typeof value !== 'object' || value === null || value instanceof Date) return 8
  let weight = 2
  for (const part of partsOf(value)) if ((weight += weightOf(part, limit - weight)) > limit) break
  return weight
}

function partsOf(value: object): Iterable<unknown> {
  return Array.isArray(value) || value instanceof Map || value instanceof Set ? value : Object.entries(value)
}
