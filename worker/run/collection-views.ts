/** Maps and Sets as code of a turn sees them. The proxy's target is an empty one, so that `instanceof` says the truth. */
import { isPrimitive } from '../../lib/protocol/value.ts'
import { FORBIDDEN_KEYS, type Segment } from '../../lib/protocol/path.ts'
import { assertStorable, type Key, putInto, unsupported, View } from './view.ts'

type Method = (...args: never[]) => unknown

/** The parts that Map and Set views share. */
abstract class CollectionView<T extends Map<Segment, unknown> | Set<Segment>> extends View<T> implements ProxyHandler<T> {
  abstract override readonly proxy: T
  protected abstract readonly methods: Readonly<Record<Key, Method>>
  protected abstract plainCopy(): T

  get(target: T, key: Key): unknown {
    if (key === 'size') return this.#size()
    if (Object.hasOwn(this.methods, key)) return this.methods[key]
    const inherited: unknown = Reflect.get(target, key)
    if (typeof inherited !== 'function' || key === 'constructor') return inherited
    // Whatever else there is (such as `union`) reads: it runs on a plain copy.
    return (...args: unknown[]): unknown => (inherited as (...args: unknown[]) => unknown).apply(this.plainCopy(), args)
  }

  set(): boolean {
    throw unsupported(this.path, 'a Map or Set has no properties of its own')
  }

  defineProperty(): boolean {
    return this.set()
  }

  setPrototypeOf(): boolean {
    throw unsupported(this.path, 'it is to get another prototype')
  }

  preventExtensions(): boolean {
    throw unsupported(this.path, 'it is to be frozen or sealed, which state cannot be')
  }

  /** The keys or members, while the iteration lasts: those that come are visited, those that go are not. */
  protected *keys(): Generator<Segment, undefined, unknown> {
    const visited = new Set<Segment>()
    for (let size = -1; size < visited.size;) {
      size = visited.size
      this.assertOpen('read')
      if (!this.isRead) this.trace.readKeys()
      for (const key of this.source.keys()) {
        this.assertOpen('read')
        if (visited.has(key) || !this.source.has(key)) continue
        visited.add(key)
        yield key
      }
    }
  }

  protected hasKey(key: unknown): boolean {
    this.assertOpen('read')
    if (!isStorableKey(key)) return false
    if (!this.isRead) this.trace.child(normalKey(key)).readHas()
    return this.source.has(key)
  }

  protected recordWrite(key: unknown, effect: 'add' | 'remove' | 'replace'): void {
    this.assertOpen('changed')
    if (!isPrimitive(key)) throw unsupported(this.path, 'a Map key or Set member is an object')
    assertStorable(key, () => [...this.path, String(key)])
    if (typeof key === 'string' && FORBIDDEN_KEYS.has(key)) throw unsupported([...this.path, key], `no key or member may be named ${key}`)
    this.trace.child(normalKey(key)).write(effect)
  }

  protected deleteKey(key: unknown): boolean {
    if (!isStorableKey(key)) return false
    const had = this.hasKey(key)
    this.recordWrite(key, 'remove')
    if (had) this.replace(key).delete(key)
    return had
  }

  protected clearAll(): void {
    this.assertOpen('changed')
    this.trace.write('replace')
    this.rearrange().clear()
  }

  #size(): number {
    this.assertOpen('read')
    if (!this.isRead) this.trace.readKeys()
    return this.source.size
  }
}

export class MapView extends CollectionView<Map<Segment, unknown>> {
  readonly proxy: Map<Segment, unknown> = new Proxy(new Map<Segment, unknown>(), this)

  protected readonly methods: Readonly<Record<Key, Method>> = {
    get: (key: unknown) => this.#get(key),
    has: (key: unknown) => this.hasKey(key),
    set: (key: Segment, value: unknown) => this.#set(key, value),
    delete: (key: Segment) => this.deleteKey(key),
    clear: () => this.clearAll(),
    keys: () => this.keys(),
    values: () => this.#values(),
    entries: () => this.#entries(),
    [Symbol.iterator]: () => this.#entries(),
    forEach: (visit: (value: unknown, key: Segment, map: unknown) => void, self?: unknown) => {
      for (const key of this.keys()) visit.call(self, this.#get(key), key, this.proxy)
    },
  }

  protected plainCopy(): Map<Segment, unknown> {
    return new Map(this.#entries())
  }

  #get(key: unknown): unknown {
    this.assertOpen('read')
    return isStorableKey(key) ? this.see(normalKey(key), this.source.get(key)) : undefined
  }

  #set(key: Segment, value: unknown): unknown {
    const next = this.turn.intake(value, () => [...this.path, key])
    this.recordWrite(key, this.source.has(key) ? 'replace' : 'add')
    putInto(this.replace(key), key, next)
    return this.proxy
  }

  *#values(): Generator<unknown, undefined, unknown> {
    for (const key of this.keys()) yield this.#get(key)
  }

  *#entries(): Generator<[Segment, unknown], undefined, unknown> {
    for (const key of this.keys()) yield [key, this.#get(key)]
  }
}

export class SetView extends CollectionView<Set<Segment>> {
  readonly proxy: Set<Segment> = new Proxy(new Set<Segment>(), this)

  protected readonly methods: Readonly<Record<Key, Method>> = {
    has: (member: Segment) => this.hasKey(member),
    add: (member: Segment) => this.#add(member),
    delete: (member: Segment) => this.deleteKey(member),
    clear: () => this.clearAll(),
    keys: () => this.keys(),
    values: () => this.keys(),
    [Symbol.iterator]: () => this.keys(),
    entries: () => this.#entries(),
    forEach: (visit: (value: Segment, key: Segment, set: unknown) => void, self?: unknown) => {
      for (const member of this.keys()) visit.call(self, member, member, this.proxy)
    },
  }

  protected plainCopy(): Set<Segment> {
    return new Set(this.keys())
  }

  #add(member: Segment): unknown {
    this.recordWrite(member, 'add')
    this.write().add(member)
    return this.proxy
  }

  *#entries(): Generator<[Segment, Segment], undefined, unknown> {
    for (const member of this.keys()) yield [member, member]
  }
}

/** Whether a Map or Set of the state can have the key; asking for another one reads nothing. */
function isStorableKey(key: unknown): key is Segment {
  return isPrimitive(key) && typeof key !== 'symbol' && (typeof key !== 'number' || Number.isFinite(key))
}

/** A Map has no key -0: it is the key 0. */
function normalKey(key: Segment): Segment {
  return key === 0 ? 0 : key
}
