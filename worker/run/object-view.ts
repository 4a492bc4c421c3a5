/** Plain objects as code of a turn sees them. The proxy's target is an empty stand-in, so that no invariant of proxies bites. */
import { FORBIDDEN_KEYS, type Path, type Segment } from '../../lib/protocol/path.ts'
import { type Container, type Key, type Plain, putInto, unsupported, View } from './view.ts'

/** The traps that objects and arrays share. */
export abstract class KeyedView<T extends Container> extends View<T> implements ProxyHandler<object> {
  /** The key as it stands in paths. */
  protected abstract segment(key: string): Segment
  protected abstract put(key: string, value: unknown): boolean
  protected abstract remove(key: string): boolean

  get(target: object, key: Key): unknown {
    if (typeof key === 'symbol') return (target as Record<symbol, unknown>)[key]
    this.assertOpen('read')
    const { source } = this
    // Methods such as `push` and `hasOwnProperty` are the stand-in's; that no key of the state hides them is a read.
    if (Object.hasOwn(source, key)) return this.see(this.segment(key), (source as Plain)[key])
    // No key of the state can have a forbidden name: that it is missing is no input.
    if (!this.isRead && !FORBIDDEN_KEYS.has(key)) this.trace.child(this.segment(key)).readNode()
    return (target as Plain)[key]
  }

  set(_target: object, key: Key, value: unknown): boolean {
    this.assertOpen('changed')
    if (typeof key === 'symbol') throw unsupported(this.path, 'it has a symbol key')
    if (FORBIDDEN_KEYS.has(key)) throw unsupported([...this.path, key], `no key may be named ${key}`)
    return this.put(key, value)
  }

  deleteProperty(_target: object, key: Key): boolean {
    this.assertOpen('changed')
    return typeof key === 'symbol' || this.remove(key)
  }

  has(target: object, key: Key): boolean {
    if (typeof key === 'symbol') return key in target
    return this.hasOwn(key) || key in target
  }

  ownKeys(): Key[] {
    this.assertOpen('read')
    if (!this.isRead) this.trace.readKeys()
    return Reflect.ownKeys(this.source)
  }

  getOwnPropertyDescriptor(target: object, key: Key): PropertyDescriptor | undefined {
    if (typeof key === 'symbol' || !this.hasOwn(key)) return undefined
    return { value: this.get(target, key), writable: true, enumerable: true, configurable: true }
  }

  defineProperty(target: object, key: Key, descriptor: PropertyDescriptor): boolean {
    if (!('value' in descriptor)) throw unsupported([...this.path, String(key)], 'it is an accessor')
    return this.set(target, key, descriptor.value)
  }

  preventExtensions(): boolean {
    throw unsupported(this.path, 'it is to be frozen or sealed, which state cannot be')
  }

  setPrototypeOf(): boolean {
    throw unsupported(this.path, 'it is to get another prototype')
  }

  protected hasOwn(key: string): boolean {
    this.assertOpen('read')
    if (!this.isRead && !FORBIDDEN_KEYS.has(key)) this.trace.child(this.segment(key)).readHas()
    return Object.hasOwn(this.source, key)
  }

  protected pathTo(key: string): () => Path {
    return () => [...this.path, this.segment(key)]
  }
}

export class ObjectView extends KeyedView<Plain> {
  readonly proxy: Plain = new Proxy({}, this)

  protected segment(key: string): Segment {
    return key
  }

  protected put(key: string, value: unknown): boolean {
    const next = this.turn.intake(value, this.pathTo(key))
    this.trace.child(key).write(Object.hasOwn(this.source, key) ? 'replace' : 'add')
    putInto(this.replace(key), key, next)
    return true
  }

  protected remove(key: string): boolean {
    this.trace.child(key).write('remove')
    if (Object.hasOwn(this.source, key)) delete this.replace(key)[key]
    return true
  }
}
