/**
 * The state as one turn sees it: proxies that record each read and write in a `Trace` and work on an Immer draft.
 *
 *   code of the action ──► view (records) ──► Immer draft (copies on write) ──► base state (never changed)
 *
 * Invariants
 * 1. Code of the app only ever holds views, primitives, copies of dates and bytes, and objects that it made itself.
 * 2. An object that the code made and put into the state stays the code's own object until the turn ends, as it would
 *    in plain JavaScript; only then are views inside it resolved. Nothing of it is shared with the state afterwards,
 *    because the commit holds copies (diff.ts).
 * 3. A view used after the turn has ended throws `TurnEndedError` and changes nothing (rule Q6).
 */
import { current, type Draft, enableMapSet, Immer, isDraft } from 'immer'
import { HomeroomError, TurnEndedError } from '../../lib/protocol/errors.ts'
import type { State } from '../../lib/protocol/ops.ts'
import { FORBIDDEN_KEYS, formatPath, type Path, type Segment } from '../../lib/protocol/path.ts'
import { equalValues, isPrimitive } from '../../lib/protocol/value.ts'
import { Trace } from './trace.ts'

enableMapSet()
const immer = new Immer({ autoFreeze: false })

type Key = string | symbol
type Plain = Record<string, unknown>
/** A container as Immer drafts it. */
type DraftContainer = Plain | unknown[] | Map<Segment, unknown> | Set<Segment>

interface Copied {
  /** What the code was given, and may have changed by methods such as `setFullYear`. */
  readonly copy: Date | Uint8Array
  readonly holder: DraftContainer
  readonly trace: Trace
}

export class TurnDraft {
  readonly trace = new Trace()
  /** The fields, as a view. */
  readonly root: Plain
  readonly #draft: Draft<Plain>
  readonly #views = new Map<unknown, object>()
  readonly #targets = new WeakMap<object, { draft: DraftContainer; trace: Trace }>()
  /** Objects that the code made and put into the state. */
  readonly #made = new Set<object>()
  /** Copies of dates and bytes by the original. */
  readonly #copied = new Map<object, Copied>()
  #isOpen = true

  constructor(base: State) {
    this.#draft = immer.createDraft(base as Plain)
    this.root = this.view(this.#draft, this.trace) as Plain
  }

  /** The state after the turn. The draft is over then. */
  finish(): State {
    this.#writeBackCopies()
    for (const made of this.#made) this.#resolveViews(made, new Set())
    this.#isOpen = false
    return immer.finishDraft(this.#draft) as State
  }

  /** Ends the draft without a state: whatever still runs has no effect. */
  discard(): void {
    this.#isOpen = false
  }

  assertOpen(what: string, path: Path): void {
    if (!this.#isOpen) throw new TurnEndedError(`An action ${what} \`this.${formatPath(path)}\``)
  }

  /** What code gets to see of something that stands in the draft. */
  view(value: unknown, trace: Trace, holder?: DraftContainer): unknown {
    if (isPrimitive(value)) return value
    if (value instanceof Date || value instanceof Uint8Array) return this.#copyOf(value, trace, holder as DraftContainer)
    if (!isDraft(value)) return value
    let view = this.#views.get(value)
    if (view === undefined) {
      view = this.#makeView(value as DraftContainer, trace)
      this.#views.set(value, view)
      this.#targets.set(view, { draft: value as DraftContainer, trace })
    }
    return view
  }

  /** What goes into the draft for a value that code has assigned at `path`. */
  intake(value: unknown, path: Path): unknown {
    if (isPrimitive(value)) {
      assertStorable(value, path)
      return value
    }
    if (typeof value === 'function') throw unsupported(path, 'it is a function')
    const target = this.#targets.get(value as object)
    if (target !== undefined) {
      target.trace.readValue()
      return target.draft
    }
    // A frozen object could not have its views resolved in place; a copy of it means the same.
    const made = Object.isFrozen(value) ? thaw(value as object) : (value as object)
    this.#made.add(made)
    return made
  }

  #makeView(draft: DraftContainer, trace: Trace): object {
    if (draft instanceof Map) return new Proxy(new Map(), new MapView(this, draft, trace))
    if (draft instanceof Set) return new Proxy(new Set(), new SetView(this, draft, trace))
    return new Proxy(Array.isArray(draft) ? [] : {}, new ObjectView(this, draft, trace))
  }

  #copyOf(original: Date | Uint8Array, trace: Trace, holder: DraftContainer): Date | Uint8Array {
    const known = this.#copied.get(original)
    if (known !== undefined) return known.copy
    // What the code has put here itself it may go on changing itself.
    if (this.#made.has(original)) return original
    const copy = original instanceof Date ? new Date(original) : new Uint8Array(original)
    this.#copied.set(original, { copy, holder, trace })
    return copy
  }

  /** A date or bytes changed by their own methods are written where the original stands. */
  #writeBackCopies(): void {
    for (const [original, { copy, holder, trace }] of this.#copied) {
      if (equalValues(original, copy)) continue
      for (const key of keysHolding(holder, original, trace.path.at(-1))) {
        trace.write('replace')
        if (holder instanceof Map) holder.set(key, copy)
        else (holder as Plain)[key as string] = copy
      }
    }
  }

  /** Puts what views stand for in their place, inside an object that the code made. */
  #resolveViews(value: unknown, seen: Set<unknown>): unknown {
    if (isPrimitive(value) || typeof value === 'function' || seen.has(value)) return value
    const target = this.#targets.get(value as object)
    if (target !== undefined) {
      target.trace.readValue()
      return current(target.draft)
    }
    seen.add(value)
    if (value instanceof Map) for (const [key, item] of value) this.#replace(item, seen, (resolved) => value.set(key, resolved))
    else if (Array.isArray(value)) for (let i = 0; i < value.length; i++) this.#replace(value[i], seen, (resolved) => (value[i] = resolved))
    else if (isOrdinary(value)) for (const key of Object.keys(value)) this.#replace(value[key], seen, (resolved) => (value[key] = resolved))
    return value
  }

  #replace(item: unknown, seen: Set<unknown>, put: (resolved: unknown) => void): void {
    const open = typeof item === 'object' && item !== null && Object.isFrozen(item) && !this.#targets.has(item) ? thaw(item) : item
    const resolved = this.#resolveViews(open, seen)
    if (resolved !== item) put(resolved)
  }
}

/** Objects and arrays. The proxy's own target is an empty stand-in of the same kind, so that no invariant of proxies bites. */
class ObjectView implements ProxyHandler<object> {
  readonly turn: TurnDraft
  readonly draft: Plain
  readonly trace: Trace
  readonly isArray: boolean

  constructor(turn: TurnDraft, draft: Plain | unknown[], trace: Trace) {
    this.turn = turn
    this.draft = draft as Plain
    this.trace = trace
    this.isArray = Array.isArray(draft)
  }

  get(_target: object, key: Key): unknown {
    if (typeof key === 'symbol') return (this.draft as Record<symbol, unknown>)[key]
    this.turn.assertOpen('read', this.trace.path)
    if (this.isArray && key === 'length') {
      this.trace.readKeys()
      return this.#array.length
    }
    if (this.#isInherited(key) && !Object.hasOwn(this.draft, key)) return this.draft[key]
    const child = this.trace.child(this.#segment(key))
    child.readNode()
    return this.turn.view(this.draft[key], child, this.draft)
  }

  set(_target: object, key: Key, value: unknown): boolean {
    this.turn.assertOpen('changed', this.trace.path)
    if (typeof key === 'symbol') throw unsupported(this.trace.path, 'it has a symbol key')
    if (this.isArray && key === 'length') return this.#setLength(value)
    const segment = this.#segment(key)
    const path = [...this.trace.path, segment]
    if (FORBIDDEN_KEYS.has(key)) throw unsupported(path, `no key may be named ${key}`)
    if (this.isArray && typeof segment !== 'number') throw unsupported(path, 'an array has only indexes')
    const next = this.turn.intake(value, path)
    if (this.isArray && (segment as number) >= this.#array.length) this.#changesPlaces()
    else this.trace.child(segment).write(Object.hasOwn(this.draft, key) ? 'replace' : 'add')
    this.draft[key] = next
    return true
  }

  deleteProperty(_target: object, key: Key): boolean {
    this.turn.assertOpen('changed', this.trace.path)
    if (typeof key === 'symbol') return true
    if (this.isArray) return this.#deleteIndex(key)
    this.trace.child(key).write('remove')
    if (Object.hasOwn(this.draft, key)) delete this.draft[key]
    return true
  }

  has(_target: object, key: Key): boolean {
    if (typeof key === 'symbol') return key in this.draft
    this.turn.assertOpen('read', this.trace.path)
    this.trace.child(this.#segment(key)).readHas()
    return key in this.draft
  }

  ownKeys(): Key[] {
    this.turn.assertOpen('read', this.trace.path)
    this.trace.readKeys()
    return Reflect.ownKeys(this.draft)
  }

  getOwnPropertyDescriptor(_target: object, key: Key): PropertyDescriptor | undefined {
    if (typeof key === 'symbol') return undefined
    if (this.isArray && key === 'length') return { value: this.get(_target, key), writable: true, enumerable: false, configurable: false }
    this.trace.child(this.#segment(key)).readHas()
    if (!Object.hasOwn(this.draft, key)) return undefined
    return { value: this.get(_target, key), writable: true, enumerable: true, configurable: true }
  }

  defineProperty(target: object, key: Key, descriptor: PropertyDescriptor): boolean {
    if (!('value' in descriptor)) throw unsupported([...this.trace.path, String(key)], 'it is an accessor')
    return this.set(target, key, descriptor.value)
  }

  preventExtensions(): boolean {
    throw unsupported(this.trace.path, 'it is to be frozen or sealed, which state cannot be')
  }

  setPrototypeOf(): boolean {
    throw unsupported(this.trace.path, 'it is to get another prototype')
  }

  get #array(): unknown[] {
    return this.draft as unknown as unknown[]
  }

  #segment(key: string): Segment {
    return this.isArray && /^(0|[1-9]\d{0,15})$/.test(key) ? Number(key) : key
  }

  /** Methods such as `push` and `hasOwnProperty` are no state. */
  #isInherited(key: string): boolean {
    return key in (this.isArray ? Array.prototype : Object.prototype)
  }

  #setLength(length: unknown): boolean {
    if (typeof length !== 'number' || length > this.#array.length) throw unsupported(this.trace.path, 'it is an array with holes')
    // `push` and `splice` set the length that the array has by then: that changes nothing more.
    if (length === this.#array.length) return true
    this.#changesPlaces()
    this.#array.length = length
    return true
  }

  #deleteIndex(key: string): boolean {
    const index = this.#segment(key)
    if (typeof index !== 'number' || index >= this.#array.length) return true
    // `pop`, `shift` and `splice` delete the end before they shorten the array; what stays deleted is refused as a hole.
    this.#changesPlaces()
    if (index === this.#array.length - 1) this.#array.length = index
    else throw unsupported([...this.trace.path, index], 'deleting it leaves a hole in the array')
    return true
  }

  /** Items come, go or move: what stands where depends on the whole array, and so does what is written. */
  #changesPlaces(): void {
    this.trace.readValue()
    this.trace.write('replace')
  }
}

/** The parts that Map and Set views share. */
abstract class CollectionView<T extends Map<Segment, unknown> | Set<Segment>> implements ProxyHandler<T> {
  readonly turn: TurnDraft
  readonly draft: T
  readonly trace: Trace

  constructor(turn: TurnDraft, draft: T, trace: Trace) {
    this.turn = turn
    this.draft = draft
    this.trace = trace
  }

  get(_target: T, key: Key, receiver: unknown): unknown {
    if (key === 'size') return this.read('size').size
    const own = this.method(key, receiver)
    if (own !== undefined) return own
    const inherited: unknown = Reflect.get(this.draft, key)
    if (typeof inherited !== 'function' || typeof key === 'symbol') return inherited
    // Whatever else there is (such as `union`) reads: it runs on a plain copy.
    return (...args: unknown[]): unknown => (inherited as (...args: unknown[]) => unknown).apply(this.plainCopy(), args)
  }

  set(): boolean {
    throw unsupported(this.trace.path, 'a Map or Set has no properties of its own')
  }

  defineProperty(): boolean {
    return this.set()
  }

  abstract method(key: Key, receiver: unknown): unknown
  abstract plainCopy(): T

  protected read(what: string): T {
    this.turn.assertOpen(`read the ${what} of`, this.trace.path)
    this.trace.readKeys()
    return this.draft
  }

  protected change(key: unknown, effect: 'add' | 'remove' | 'replace'): void {
    this.turn.assertOpen('changed', this.trace.path)
    if (!isPrimitive(key)) throw unsupported(this.trace.path, 'a Map key or Set member is an object')
    assertStorable(key, [...this.trace.path, String(key)])
    this.trace.child(key).write(effect)
  }

  protected hasKey(key: unknown): boolean {
    this.turn.assertOpen('read', this.trace.path)
    if (!isPrimitive(key)) return false
    this.trace.child(key).readHas()
    return this.draft.has(key)
  }

  protected remove(key: unknown): boolean {
    const had = this.hasKey(key)
    this.change(key, 'remove')
    if (had) this.draft.delete(key as Segment)
    return had
  }

  protected clear(): void {
    this.turn.assertOpen('changed', this.trace.path)
    this.trace.readKeys()
    this.trace.write('replace')
    this.draft.clear()
  }
}

class MapView extends CollectionView<Map<Segment, unknown>> {
  method(key: Key, receiver: unknown): unknown {
    switch (key) {
      case 'get':
        return (at: Segment) => this.#get(at)
      case 'has':
        return (at: unknown) => this.hasKey(at)
      case 'set':
        return (at: Segment, value: unknown) => (this.#set(at, value), receiver)
      case 'delete':
        return (at: unknown) => this.remove(at)
      case 'clear':
        return () => this.clear()
      case 'forEach':
        return (visit: (value: unknown, key: Segment, map: unknown) => void, self?: unknown) => {
          for (const [at, value] of this.#entries()) visit.call(self, value, at, receiver)
        }
      case 'keys':
        return () => this.#keys().values()
      case 'values':
        return () => this.#entries().map(([, value]) => value).values()
      case 'entries':
      case Symbol.iterator:
        return () => this.#entries().values()
      default:
        return undefined
    }
  }

  plainCopy(): Map<Segment, unknown> {
    return new Map(this.#entries())
  }

  #get(key: Segment): unknown {
    this.turn.assertOpen('read', this.trace.path)
    const child = this.trace.child(key)
    child.readNode()
    return this.turn.view(this.draft.get(key), child, this.draft)
  }

  #set(key: Segment, value: unknown): void {
    const next = this.turn.intake(value, [...this.trace.path, key])
    this.change(key, this.draft.has(key) ? 'replace' : 'add')
    this.draft.set(key, next)
  }

  #keys(): Segment[] {
    return [...this.read('keys').keys()]
  }

  #entries(): [Segment, unknown][] {
    return this.#keys().map((key) => [key, this.#get(key)])
  }
}

class SetView extends CollectionView<Set<Segment>> {
  method(key: Key, receiver: unknown): unknown {
    switch (key) {
      case 'has':
        return (member: unknown) => this.hasKey(member)
      case 'add':
        return (member: Segment) => (this.#add(member), receiver)
      case 'delete':
        return (member: unknown) => this.remove(member)
      case 'clear':
        return () => this.clear()
      case 'forEach':
        return (visit: (value: Segment, key: Segment, set: unknown) => void, self?: unknown) => {
          for (const member of [...this.read('members')]) visit.call(self, member, member, receiver)
        }
      case 'keys':
      case 'values':
      case Symbol.iterator:
        return () => [...this.read('members')].values()
      case 'entries':
        return () => [...this.read('members')].map((member) => [member, member]).values()
      default:
        return undefined
    }
  }

  plainCopy(): Set<Segment> {
    return new Set(this.read('members'))
  }

  #add(member: Segment): void {
    this.change(member, 'add')
    this.draft.add(member)
  }
}

function keysHolding(holder: DraftContainer, original: object, likely: Segment): Segment[] {
  if (holder instanceof Map) return holder.get(likely) === original ? [likely] : [...holder].flatMap(([key, item]) => (item === original ? [key] : []))
  const plain = holder as Plain
  return plain[likely as string] === original ? [likely] : Object.keys(plain).filter((key) => plain[key] === original)
}

function assertStorable(value: Segment, path: Path): void {
  if (typeof value === 'symbol') throw unsupported(path, 'it is a symbol')
  if (typeof value === 'number' && !Number.isFinite(value)) throw unsupported(path, `${value} has no form in JSON`)
}

function isOrdinary(value: unknown): value is Plain {
  return typeof value === 'object' && value !== null && !(value instanceof Set) && !(value instanceof Date) && !(value instanceof Uint8Array)
}

/** A shallow copy that may be changed. */
function thaw(value: object): object {
  if (Array.isArray(value)) return [...(value as unknown[])]
  if (value instanceof Map || value instanceof Set || value instanceof Date || value instanceof Uint8Array) return value
  // Its prototype stays what it was: an instance of a class is refused when the turn ends.
  return Object.create(Object.getPrototypeOf(value) as object | null, Object.getOwnPropertyDescriptors(Object.assign({}, value))) as object
}

function unsupported(path: Path, why: string): HomeroomError {
  return new HomeroomError('value/unsupported', `this.${formatPath(path)} cannot be stored: ${why}. Keep JSON values, dates, Maps, Sets, bigints and bytes in fields.`)
}
