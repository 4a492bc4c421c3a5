/**
 * The state as one turn sees it: proxies that record each read and write in a `Trace` and write to an Immer draft.
 *
 *   code of the action ──► view (records) ──► base state (never changed), until something there is written
 *                                        └──► Immer draft (copies on write) from then on
 *
 * Invariants
 * 1. Code of the app only ever holds views, primitives, copies of dates and bytes, and objects that it made itself.
 * 2. An object that the code made stays the code's own, also in the state, as in plain JavaScript: the draft holds it
 *    inside a `Made`, which Immer does not look into. Nothing of it is shared with the state after the turn, because
 *    operations hold copies (diff.ts).
 * 3. A view used after the turn has ended throws `TurnEndedError` and changes nothing (rule Q6).
 * 4. The base is a tree: no object stands in it twice, so an object says where it stands.
 */
import { type Draft, enableMapSet, Immer, isDraft, original } from 'immer'
import { HomeroomError, TurnEndedError } from '../../lib/protocol/errors.ts'
import type { State } from '../../lib/protocol/ops.ts'
import { formatPath, type Path, type Segment } from '../../lib/protocol/path.ts'
import { equalValues, isPrimitive } from '../../lib/protocol/value.ts'
import { ArrayView } from './array-view.ts'
import { MapView, SetView } from './collection-views.ts'
import { ObjectView } from './object-view.ts'
import { Trace } from './trace.ts'
import { isStreamRecord, type StreamEvent, type StreamRecord } from '../../lib/protocol/stream-record.ts'
import { StreamCell } from '../../lib/system/stream.ts'
import { StreamView } from './stream-view.ts'
import { assertStorable, type Container, type Place, type Plain, unsupported, type View } from './view.ts'

enableMapSet()
const immer = new Immer({ autoFreeze: false })

/** An object of the code's own, where the draft holds it. */
class Made {
  readonly object: object
  constructor(object: object) {
    this.object = object
  }
}

type Leaf = Date | Uint8Array

interface Copied {
  readonly original: Leaf
  /** What the code was given, and may have changed by methods such as `setFullYear`. */
  readonly copy: Leaf
  readonly holder: View
  readonly key: Segment
}

/** A draft whose turn is over. */
export interface Finished {
  /** The state after the turn. Some of what stands in it, or in objects that the code made, stands for something else … */
  readonly next: State
  /** … which this answers; anything else as it is. */
  readonly settle: (value: unknown) => unknown
}

/** What Immer drafts. Behind the state: containers that stand in objects of the code's own, to learn what became of them. */
interface Root {
  readonly state: Plain
  readonly moved: unknown[]
}

export class TurnDraft {
  readonly trace = new Trace()
  /** The fields, as a view. */
  readonly root: Plain
  readonly #draft: Draft<Root>
  readonly #viewsByBase = new Map<object, View>()
  readonly #viewsByProxy = new WeakMap<object, View>()
  readonly #made = new Map<object, Made>()
  /** By the original and by the copy. */
  readonly #copied = new Map<Leaf, Copied>()
  #isOpen = true
  /** How many steps are being taken. */
  #readOnly = 0

  readonly #streams = new Set<StreamView>()
  readonly #onStream: (stream: StreamCell, event: StreamEvent) => void
  readonly #newName: () => string

  /**
   * @param onStream told at once what streams of the state do
   * @param newName names a stream that the turn has made
   */
  constructor(base: State, onStream: (stream: StreamCell, event: StreamEvent) => void = () => undefined, newName: () => string = () => '') {
    this.#onStream = onStream
    this.#newName = newName
    this.#draft = immer.createDraft<Root>({ state: base, moved: [] })
    const root = new ObjectView(this, base, { draft: this.#draft.state, trace: this.trace })
    this.root = root.proxy
  }

  /** Ends the turn with what it made of the state. */
  finish(): Finished {
    for (const stream of this.#streams) stream.flush()
    for (const [leaf, copied] of this.#copied) if (leaf === copied.original) putBackIfChanged(copied)
    const places = this.#findMoved()
    this.#isOpen = false
    const { state, moved } = immer.finishDraft(this.#draft)
    return { next: state, settle: (value) => this.#settle(value, places, moved) }
  }

  /** Ends the turn without a state: whatever still runs has no effect. */
  discard(): void {
    this.#isOpen = false
  }

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Runs `body`, during which nothing can be changed but streams. */
  async readOnly<T>(body: () => T): Promise<Awaited<T>> {
    this.#readOnly++
    try {
      return await body()
    } finally {
      this.#readOnly--
    }
  }

  /** Puts a stream back to how a step left it, without a word to anybody. */
  restoreStream(path: Path, record: StreamRecord): void {
    const cell = path.reduce<unknown>((value, key) => (value instanceof Map ? value.get(key) : (value as Plain)[key as string]), this.root)
    for (const view of this.#viewsByBase.values())
      if (view.proxy === cell && view instanceof StreamView) this.#streams.add(view.restore(record))
  }

  assertOpen(what: 'read' | 'changed', view: View): void {
    if (what === 'changed' && this.#readOnly > 0 && !(view instanceof StreamView)) throw stepWrites(view.path)
    if (!this.#isOpen) throw new TurnEndedError(`An action ${what} \`this.${formatPath(view.path)}\``)
  }

  /** What a stream of the state has done. */
  streamed(view: StreamView, event: StreamEvent): void {
    this.#streams.add(view)
    this.#onStream(view.proxy, event)
  }

  /** Streams of the state that the turn has touched, with where they stand. */
  get streams(): readonly { readonly path: Path; readonly record: StreamRecord }[] {
    return [...this.#streams].map((view) => ({ path: view.path, record: view.proxy.record }))
  }

  viewOfBase(base: object): View | undefined {
    return this.#viewsByBase.get(base)
  }

  /** What code gets to see of something that stands in a container. */
  show(value: unknown, holder: View, key: Segment): unknown {
    if (isPrimitive(value)) return value
    if (value instanceof Made) return value.object
    if (value instanceof Date || value instanceof Uint8Array) return this.#copyOf(value, holder, key)
    if (!isDraft(value)) return this.#viewOf(value as Container, { parent: holder, key }).proxy
    const view = this.#viewOf(original(value) as Container, { parent: holder, key })
    view.adoptDraft(value as Container)
    return view.proxy
  }

  /** What goes into the draft for a value that code puts at `path`. */
  intake(value: unknown, path: () => Path): unknown {
    if (isPrimitive(value)) {
      assertStorable(value, path)
      return value
    }
    if (typeof value === 'function') throw unsupported(path(), 'it is a function')
    const view = this.#viewsByProxy.get(value)
    if (view === undefined) return this.#makeOf(value)
    view.trace.readValue()
    return view.draft
  }

  #makeOf(object: object): Made {
    let made = this.#made.get(object)
    if (made === undefined) this.#made.set(object, (made = new Made(object)))
    return made
  }

  #viewOf(base: Container, place: Place): View {
    let view = this.#viewsByBase.get(base)
    if (view === undefined) {
      view = this.#makeView(base, place)
      this.#viewsByBase.set(base, view)
      this.#viewsByProxy.set(view.proxy, view)
    }
    return view
  }

  #makeView(base: Container, place: Place): View {
    if (isStreamRecord(base)) return new StreamView(this, base as Plain, place)
    if (base instanceof Map) return new MapView(this, base, place)
    if (base instanceof Set) return new SetView(this, base, place)
    return Array.isArray(base) ? new ArrayView(this, base, place) : new ObjectView(this, base, place)
  }

  #copyOf(leaf: Leaf, holder: View, key: Segment): Leaf {
    const known = this.#copied.get(leaf)
    if (known !== undefined) return known.copy
    const copied = { original: leaf, copy: leaf instanceof Date ? new Date(leaf) : new Uint8Array(leaf), holder, key }
    this.#copied.set(leaf, copied)
    this.#copied.set(copied.copy, copied)
    return copied.copy
  }

  /** Views inside the code's own objects, each with the index in `moved` that its container got. */
  #findMoved(): ReadonlyMap<View, number> {
    const places = new Map<View, number>()
    const seen = new Set<unknown>(this.#made.keys())
    // A Set is visited while it grows: objects may be nested deeper than calls can.
    for (const object of seen) {
      const view = this.#viewsByProxy.get(object as object)
      if (view === undefined) {
        for (const member of membersOf(object as object)) if (typeof member === 'object' && member !== null) seen.add(member)
        continue
      }
      view.trace.readValue()
      if (view.isDrafted) places.set(view, this.#draft.moved.push(view.draft) - 1)
    }
    return places
  }

  #settle(value: unknown, places: ReadonlyMap<View, number>, moved: readonly unknown[]): unknown {
    if (isPrimitive(value)) return value
    const object = value instanceof Made ? value.object : value
    if (object instanceof StreamCell && !this.#viewsByProxy.has(object)) return object.nameIfNew(this.#newName)
    const copied = this.#copied.get(object as Leaf)
    if (copied !== undefined) return equalValues(copied.original, copied.copy) ? copied.original : copied.copy
    const view = this.#viewsByProxy.get(object)
    if (view === undefined) return object
    const place = places.get(view)
    return place === undefined ? view.base : moved[place]
  }
}

function stepWrites(path: Path): HomeroomError {
  return new HomeroomError(
    'step/read-only',
    `A step changed \`this.${formatPath(path)}\`. What a step does to fields would be missing when its result is used again: return it from the step, and change fields with it outside.`,
  )
}

/** A date or bytes changed by their own methods are written where the original stands. */
function putBackIfChanged({ original, copy, holder, key }: Copied): void {
  if (equalValues(original, copy)) return
  for (const at of holder.keysHolding(original, key)) holder.putBack(at, copy)
}

/** What stands in an object of the code's own. Accessors are not called: the commit will refuse them. */
function membersOf(object: object): unknown[] {
  if (object instanceof Map) return [...object.values()]
  if (Array.isArray(object)) return object
  if (object instanceof Set || object instanceof Date || object instanceof Uint8Array || object instanceof StreamCell) return []
  return Object.values(Object.getOwnPropertyDescriptors(object)).map(({ value }) => value as unknown)
}
