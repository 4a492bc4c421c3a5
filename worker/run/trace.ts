/**
 * What a turn has read and written, recorded as it happens: a tree by path. Each container that a turn looks into holds
 * its node, so that recording costs one step and not the length of a path.
 */
import type { Footprint, Read, Write, WriteEffect } from '../../lib/protocol/footprint.ts'
import type { Path, Segment } from '../../lib/protocol/path.ts'

/** A container with more children read (or written) than this is recorded as read (or replaced) whole. */
const MAX_CHILDREN = 64

export class Trace {
  #readsValue = false
  #readsNode = false
  #readsKeys = false
  #readsHas = false
  #effects: Set<WriteEffect> | undefined
  #children: Map<Segment, Trace> | undefined
  readonly path: Path

  constructor(path: Path = []) {
    this.path = path
  }

  child(key: Segment): Trace {
    this.#children ??= new Map()
    let child = this.#children.get(key)
    if (child === undefined) this.#children.set(key, (child = new Trace([...this.path, key])))
    return child
  }

  readValue(): void {
    this.#readsValue = true
  }

  readNode(): void {
    this.#readsNode = true
  }

  readKeys(): void {
    this.#readsKeys = true
  }

  readHas(): void {
    this.#readsHas = true
  }

  write(effect: WriteEffect): void {
    this.#effects ??= new Set()
    this.#effects.add(effect)
  }

  footprint(): Footprint {
    const reads: Read[] = []
    const writes: Write[] = []
    this.#collectReads(reads)
    this.#collectWrites(writes)
    return { reads, writes }
  }

  /** Whether something was added for this node or below it. */
  #collectReads(reads: Read[]): boolean {
    if (this.#readsValue) return reads.push(['value', this.path]) > 0
    const before = reads.length
    let below = 0
    for (const child of this.#children?.values() ?? []) if (child.#collectReads(reads)) below++
    if (below > MAX_CHILDREN) {
      reads.length = before
      return reads.push(['value', this.path]) > 0
    }
    if (this.#readsKeys) reads.push(['keys', this.path])
    if (this.#readsHas) reads.push(['has', this.path])
    // A read below, or of the keys, is touched by every write at or above this path: it says all that this one says.
    if (this.#readsNode && !this.#readsKeys && below === 0) reads.push(['node', this.path])
    return reads.length > before
  }

  #collectWrites(writes: Write[]): boolean {
    const before = writes.length
    for (const effect of this.#effects ?? []) writes.push([effect, this.path])
    if (this.#effects?.has('replace') === true) return true
    let written = 0
    for (const child of this.#children?.values() ?? []) if (child.#collectWrites(writes)) written++
    if (written <= MAX_CHILDREN) return writes.length > before
    writes.length = before
    return writes.push(['replace', this.path], ...[...(this.#effects ?? [])].map((effect): Write => [effect, this.path])) > 0
  }
}
