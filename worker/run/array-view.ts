/** Arrays as code of a turn sees them. Items put in place are written one by one; whatever moves items writes the array. */
import type { Segment } from '../../lib/protocol/path.ts'
import { KeyedView } from './object-view.ts'
import { type Key, putInto, unsupported } from './view.ts'

/** Methods that move items. Run on Immer's draft in one go, they cost one write instead of one per item moved. */
const MOVING: ReadonlySet<string> = new Set(['copyWithin', 'fill', 'pop', 'push', 'reverse', 'shift', 'sort', 'splice', 'unshift'])

type Method = (...args: unknown[]) => unknown

export class ArrayView extends KeyedView<unknown[]> {
  readonly proxy: unknown[] = new Proxy<unknown[]>([], this)

  override get(target: object, key: Key): unknown {
    if (typeof key === 'symbol' || /^\d/.test(key)) return super.get(target, key)
    if (key === 'length') return this.#length()
    if (MOVING.has(key)) return this.#moving(key)
    // No key of the state can hide what arrays inherit.
    return key in target ? (target as Record<string, unknown>)[key] : super.get(target, key)
  }

  override getOwnPropertyDescriptor(target: object, key: Key): PropertyDescriptor | undefined {
    if (key === 'length') return { value: this.#length(), writable: true, enumerable: false, configurable: false }
    return super.getOwnPropertyDescriptor(target, key)
  }

  protected segment(key: string): Segment {
    return /^(0|[1-9]\d{0,9})$/.test(key) ? Number(key) : key
  }

  protected put(key: string, value: unknown): boolean {
    if (key === 'length') return this.#setLength(value)
    const index = this.segment(key)
    if (typeof index !== 'number') throw unsupported([...this.path, key], 'an array has only indexes')
    const next = this.turn.intake(value, this.pathTo(key))
    if (index < this.source.length) this.trace.child(index).write('replace')
    else this.#writePlaces()
    putInto(this.replace(index), index, next)
    return true
  }

  protected remove(key: string): boolean {
    const index = this.segment(key)
    const { length } = this.source
    if (typeof index !== 'number' || index >= length) return key !== 'length'
    // `pop`, `shift` and `splice` of another array's prototype delete the end before they shorten the array.
    if (index < length - 1) throw unsupported([...this.path, index], 'deleting it leaves a hole in the array')
    return this.#setLength(index)
  }

  #length(): number {
    this.assertOpen('read')
    if (!this.isRead) this.trace.readKeys()
    return this.source.length
  }

  #setLength(length: unknown): boolean {
    if (typeof length !== 'number' || length > this.source.length) throw unsupported(this.path, 'it is an array with holes')
    // `push` and `splice` set the length that the array has by then: that changes nothing more.
    if (length === this.source.length) return true
    this.#writePlaces()
    this.rearrange().length = length
    return true
  }

  /** Items come, go or move: what stands where depends on the whole array, and so does what is written. */
  #writePlaces(): void {
    this.trace.readValue()
    this.trace.write('replace')
  }

  #moving(method: string): Method {
    return (...args) => {
      this.assertOpen('changed')
      this.#writePlaces()
      if (method === 'push') return this.write().push(...this.#intake(args))
      if (method === 'pop') return this.turn.show(this.rearrange().pop(), this, this.source.length)
      if (method === 'sort') return this.#sort(args[0])
      return this.#rearrange(method, args)
    }
  }

  #rearrange(method: string, args: readonly unknown[]): unknown {
    const before = [...this.rearrange()]
    const items = before.slice()
    const answer = (items[method as 'splice'] as Method)(...this.#arguments(method, args))
    this.#putAll(before, items)
    if (method === 'unshift') return answer
    if (method === 'shift') return this.turn.show(answer, this, 0)
    return method === 'splice' ? (answer as unknown[]).map((item, i) => this.turn.show(item, this, i)) : this.proxy
  }

  /** Sorted as code sees the items, so that a comparing function gets views. */
  #sort(compare: unknown): unknown {
    const items = this.source.map((item, i) => this.turn.show(item, this, i)).toSorted(compare as () => number)
    this.#putAll([...this.rearrange()], this.#intake(items))
    return this.proxy
  }

  /** The arguments, with those that are items as the draft holds them. */
  #arguments(method: string, args: readonly unknown[]): unknown[] {
    const [from, to] =
      method === 'unshift' ? [0, args.length] : method === 'fill' ? [0, 1] : method === 'splice' ? [2, args.length] : [0, 0]
    return [...args.slice(0, from), ...this.#intake(args.slice(from, to)), ...args.slice(to)]
  }

  #intake(items: readonly unknown[]): unknown[] {
    return items.map((item) => this.turn.intake(item, () => [...this.path, this.source.length]))
  }

  #putAll(before: readonly unknown[], items: readonly unknown[]): void {
    const draft = this.write()
    items.forEach((item, i) => {
      if (i >= before.length || !Object.is(before[i], item)) putInto(draft, i, item)
    })
    draft.length = items.length
  }
}
