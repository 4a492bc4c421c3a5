/**
 * What a turn has read and written, recorded as it happens: a tree by path. Each container that a turn looks into holds
 * its node, so that recording costs one step and not the length of a path.
 */
import type { Footprint, Read, Write, WriteEffect } from '../../lib/protocol/footprint.ts'
import type { Path, Segment } from '../../lib/protocol/path.ts'

/** A container with more children read (or written) than this is recorded as read (or replaced) whole. */
const MAX_CHILDREN = 64
/** The same for everything below a container, so that what a commit carries stays small. */
const MAX_ENTRIES = 256

export class Trace {
  readonly #parent: Trace | undefined
  readonly #key: Segment
  #readsValue = false
  #readsNode = false
  #readsKeys = false
  #readsHas = false
  #isRead = false
  #readChildren = 0
  #effects: Set<WriteEffect> | undefined
  #children: Map<Segment, Trace> | undefined

  constructor(parent?: Trace, key?: Segment) {
    this.#parent = parent
    this.#key = key
  }

  get path(): Path {
    return this.#parent === undefined ? [] : [...this.#parent.path, this.#key]
  }

  /** Whether the whole value here counts as read, so that reads below need no record of their own. */
  get isReadWhole(): boolean {
    return this.#readsValue
  }

  child(key: Segment): Trace {
    this.#children ??= new Map()
    let child = this.#children.get(key)
    if (child === undefined) this.#children.set(key, (child = new Trace(this, key)))
    return child
  }

  /** The node of a child that has one. */
  existing(key: Segment): Trace | undefined {
    return this.#children?.get(key)
  }

  readValue(): void {
    this.#readsValue = true
    this.#countRead()
  }

  readNode(): void {
    this.#readsNode = true
    this.#countRead()
  }

  readKeys(): void {
    this.#readsKeys = true
    this.#countRead()
  }

  readHas(): void {
    this.#readsHas = true
    this.#countRead()
  }

  write(effect: WriteEffect): void {
    this.#effects ??= new Set()
    this.#effects.add(effect)
  }

  /** Whether the footprint has a write here, which covers whatever changed below. */
  get isWritten(): boolean {
    return this.#effects !== undefined || this.#writtenChildren() > MAX_CHILDREN
  }

  /** The keys under which something was written, there or below. Unless `isWritten`, nothing else in here has changed. */
  get writtenKeys(): Segment[] {
    const keys: Segment[] = []
    for (const [key, child] of this.#children ?? []) if (child.#effects !== undefined || child.#writtenChildren() > 0) keys.push(key)
    return keys
  }

  footprint(): Footprint {
    const reads: Read[] = []
    const writes: Write[] = []
    this.#collectReads(reads)
    this.#collectWrites(writes)
    return { reads, writes }
  }

  #countRead(): void {
    if (this.#isRead) return
    this.#isRead = true
    if (this.#parent !== undefined && ++this.#parent.#readChildren > MAX_CHILDREN) this.#parent.readValue()
  }

  /** Whether something was added for this node or below it. */
  #collectReads(reads: Read[]): boolean {
    if (this.#readsValue) return reads.push(['value', this.path]) > 0
    const before = reads.length
    let below = 0
    for (const child of this.#children?.values() ?? []) if (child.#collectReads(reads)) below++
    if (below > MAX_CHILDREN || this.#isTooMany(reads.length - before)) {
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
    if (written <= MAX_CHILDREN && !this.#isTooMany(writes.length - before)) return writes.length > before
    writes.length = before
    return writes.push(['replace', this.path], ...[...(this.#effects ?? [])].map((effect): Write => [effect, this.path])) > 0
  }

  /** Fields never become one read or write of the whole state. */
  #isTooMany(entries: number): boolean {
    return entries > MAX_ENTRIES && this.#parent !== undefined
  }

  #writtenChildren(): number {
    let count = 0
    for (const child of this.#children?.values() ?? []) if (child.#effects !== undefined || child.#writtenChildren() > 0) count++
    return count
  }
}
