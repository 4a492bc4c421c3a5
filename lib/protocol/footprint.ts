/**
 * Footprints: what a turn read and what it wrote (rule Y1). Two commits whose footprints are disjoint may run in either
 * order. A footprint may be coarser than the truth, never finer.
 */
import { segmentKey, startsWith, type Path } from './path.ts'

export type Read =
  /** The whole value at the path: touched by writes at, above or below it. */
  | readonly ['value', Path]
  /** Which thing stands at the path (a primitive, or which object): touched by writes at or above it. */
  | readonly ['node', Path]
  /** The keys of the container at the path: touched by a key added or removed in it, and by writes at or above it. */
  | readonly ['keys', Path]
  /** Whether the last key exists: touched where it is added or removed, and by writes above it. */
  | readonly ['has', Path]

export type WriteEffect = 'add' | 'remove' | 'replace' | 'increment' | 'append'
export type Write = readonly [WriteEffect, Path]

export interface Footprint {
  readonly reads: readonly Read[]
  readonly writes: readonly Write[]
}

/** Effects that do not conflict with their own kind on one path: their order does not show. */
const COMMUTING: ReadonlySet<WriteEffect> = new Set(['increment', 'append'])

/** Whether `later` would have run the same without `earlier` before it: no write of `earlier` touches it. */
export function isDisjoint(earlier: Footprint, later: Footprint): boolean {
  if (earlier.writes.length === 0) return true
  const index = new WriteIndex(earlier.writes)
  return !later.reads.some((read) => index.touchesRead(read)) && !later.writes.some((write) => index.touchesWrite(write))
}

/** Whether one write touches one read; what `WriteIndex` answers for many at once. */
export function touchesRead([effect, written]: Write, [kind, read]: Read): boolean {
  if (written.length < read.length) return startsWith(read, written)
  if (!startsWith(written, read)) return false
  const below = written.length - read.length
  if (kind === 'value') return true
  if (kind === 'node') return below === 0
  const changesKeys = effect === 'add' || effect === 'remove'
  return kind === 'keys' ? below === 0 || (below === 1 && changesKeys) : below === 0 && changesKeys
}

/** Whether an earlier write touches a later one: one stands at or above the other, and their order shows. */
export function touchesWrite([earlier, at]: Write, [later, path]: Write): boolean {
  if (!startsWith(at, path) && !startsWith(path, at)) return false
  return !(earlier === later && at.length === path.length && COMMUTING.has(earlier))
}

interface Node {
  readonly effects: Set<WriteEffect>
  readonly children: Map<string, Node>
}

/** Many writes as a tree by path, so that a question costs the length of its path and not the number of writes. */
export class WriteIndex {
  readonly #root: Node = { effects: new Set(), children: new Map() }

  constructor(writes: Iterable<Write> = []) {
    for (const write of writes) this.add(write)
  }

  add([effect, path]: Write): void {
    let node = this.#root
    for (const segment of path) {
      const key = segmentKey(segment)
      let child = node.children.get(key)
      if (child === undefined) node.children.set(key, (child = { effects: new Set(), children: new Map() }))
      node = child
    }
    node.effects.add(effect)
  }

  touchesRead([kind, path]: Read): boolean {
    const { node, above } = this.#find(path)
    if (above) return true
    if (node === undefined) return false
    if (kind === 'value') return node.effects.size > 0 || node.children.size > 0
    if (kind === 'node') return node.effects.size > 0
    if (kind === 'has') return changesKeys(node)
    return node.effects.size > 0 || [...node.children.values()].some(changesKeys)
  }

  touchesWrite([effect, path]: Write): boolean {
    const { node, above } = this.#find(path)
    if (above) return true
    if (node === undefined) return false
    if (node.children.size > 0) return true
    return [...node.effects].some((earlier) => earlier !== effect || !COMMUTING.has(effect))
  }

  /** The node at `path`, and whether something was written above it. */
  #find(path: Path): { node: Node | undefined; above: boolean } {
    let node: Node | undefined = this.#root
    for (const segment of path) {
      if (node.effects.size > 0) return { node, above: true }
      node = node.children.get(segmentKey(segment))
      if (node === undefined) return { node, above: false }
    }
    return { node, above: false }
  }
}

function changesKeys(node: Node): boolean {
  return node.effects.has('add') || node.effects.has('remove')
}
