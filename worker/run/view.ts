/** One container of the state as code of a turn sees it: what objects, arrays, Maps and Sets have in common. */
import { HomeroomError } from '../../lib/protocol/errors.ts'
import { formatPath, type Path, type Segment } from '../../lib/protocol/path.ts'
import type { TurnDraft } from './draft.ts'
import type { Trace } from './trace.ts'

export type Key = string | symbol
export type Plain = Record<string, unknown>
export type Container = Plain | unknown[] | Map<Segment, unknown> | Set<Segment>

/** Where a container stands in the state that the turn began with. */
export interface Place {
  readonly parent: View
  readonly key: Segment
}

/**
 * Reads come from the base until something directly in the container is written, and from Immer's draft of it after.
 *
 * Invariants
 * 1. A container is drafted before it moves: until its parent is written, the parent's draft has it where the base has.
 * 2. A trace is of the place in the base. Whatever moves has been read as a whole, and what it moves to is written.
 */
export abstract class View<T extends Container = Container> {
  readonly turn: TurnDraft
  readonly base: T
  /** What code holds. */
  abstract readonly proxy: object
  readonly #place: Place | undefined
  #draft: T | undefined
  #trace: Trace | undefined
  #isRead = false
  #isWritten = false
  /** Views of what stands in here, as long as they may have no draft. */
  #undrafted: View[] = []

  constructor(turn: TurnDraft, base: T, at: Place | { readonly draft: T; readonly trace: Trace }) {
    this.turn = turn
    this.base = base
    if ('parent' in at) {
      this.#place = at
      if (!at.parent.#isWritten) at.parent.#undrafted.push(this)
    } else {
      this.#draft = at.draft
      this.#trace = at.trace
    }
  }

  get trace(): Trace {
    return (this.#trace ??= (this.#place as Place).parent.trace.child((this.#place as Place).key))
  }

  get path(): Path {
    return this.trace.path
  }

  /** Whether a read recorded here or above covers all reads in here. */
  get isRead(): boolean {
    return (this.#isRead ||= this.#trace?.isReadWhole === true || this.#place?.parent.isRead === true)
  }

  get isDrafted(): boolean {
    return this.#draft !== undefined
  }

  /** Immer's draft, for writing something directly in here, or for standing somewhere else. */
  get draft(): T {
    return (this.#draft ??= childOf((this.#place as Place).parent.draft, (this.#place as Place).key) as T)
  }

  adoptDraft(draft: T): void {
    this.#draft = draft
  }

  /** What stands in here now. */
  protected get source(): T {
    return this.#isWritten ? (this.#draft as T) : this.base
  }

  /** The draft, for putting something in here that nothing makes room for. */
  protected write(): T {
    this.#isWritten = true
    return this.draft
  }

  /** The draft, for putting something else under a key. */
  protected replace(key: Segment): T {
    const before = childOf(this.base, key)
    if (typeof before === 'object' && before !== null) void this.turn.viewOfBase(before)?.draft
    return this.write()
  }

  /** The draft, for moving what stands in here. */
  protected rearrange(): T {
    for (const view of this.#undrafted) void view.draft
    this.#undrafted = []
    return this.write()
  }

  /** A child as code sees it; its being read is recorded. */
  protected see(key: Segment, value: unknown): unknown {
    if (!this.isRead) this.trace.child(key).readNode()
    return this.turn.show(value, this, key)
  }

  /** The keys under which the original of a date or of bytes stands now. */
  keysHolding(original: unknown, likely: Segment): Segment[] {
    const { source } = this
    if (childOf(source, likely) === original) return [likely]
    const entries: Iterable<[Segment, unknown]> =
      source instanceof Map ? source : Array.isArray(source) ? source.entries() : Object.entries(source)
    return [...entries].flatMap(([key, item]) => (item === original ? [key] : []))
  }

  /** Puts a value that is no container under an existing key, when the turn is over. */
  putBack(key: Segment, value: unknown): void {
    this.trace.child(key).write('replace')
    putInto(this.write(), key, value)
  }

  protected assertOpen(what: 'read' | 'changed'): void {
    this.turn.assertOpen(what, this)
  }
}

function childOf(container: Container, key: Segment): unknown {
  if (container instanceof Map) return container.get(key)
  if (container instanceof Set) return undefined
  return (container as Record<string | number, unknown>)[key as string]
}

/** Immer takes 0 and -0 for the same and would leave what it has; `undefined` in between makes it take either. */
export function putInto(draft: Container, key: Segment, value: unknown): void {
  if (value === 0) putInto(draft, key, undefined)
  if (draft instanceof Map) draft.set(key, value)
  else (draft as Record<string | number, unknown>)[key as string] = value
}

export function unsupported(path: Path, why: string): HomeroomError {
  return new HomeroomError(
    'value/unsupported',
    `this.${formatPath(path)} cannot be stored: ${why}. Keep JSON values, dates, Maps, Sets, bigints and bytes in fields.`,
  )
}

export function assertStorable(value: Segment, path: () => Path): void {
  if (typeof value === 'symbol') throw unsupported(path(), 'it is a symbol')
  if (typeof value === 'number' && !Number.isFinite(value)) throw unsupported(path(), `${value} has no form in JSON`)
}
