/** Message ports between contexts of one device: clones of what is posted, in order, one task each. */
import type { Endpoint } from 'comlink'
import { isPlainObject } from '../../lib/protocol/value.ts'
import type { Context } from './loop.ts'

type Listener = (event: MessageEvent) => void

export class SimulatedPort implements Endpoint {
  onmessage: ((event: MessageEvent) => void) | null = null
  readonly #listeners = new Map<unknown, Listener>()
  #peer: SimulatedPort | undefined
  #context: Context
  #isClosed = false

  constructor(context: Context) {
    this.#context = context
  }

  static pair(one: Context, other: Context): [SimulatedPort, SimulatedPort] {
    const ports: [SimulatedPort, SimulatedPort] = [new SimulatedPort(one), new SimulatedPort(other)]
    ports[0].#peer = ports[1]
    ports[1].#peer = ports[0]
    return ports
  }

  postMessage(message: unknown, transfer: readonly unknown[] = []): void {
    const peer = this.#peer
    if (peer === undefined || this.#isClosed || !this.#context.isAlive || isRelease(message)) return
    for (const port of transfer) if (port instanceof SimulatedPort) port.#context = peer.#context
    const data = clone(message)
    peer.#context.post(() => peer.#deliver(data))
  }

  addEventListener(_type: string, listener: EventListenerOrEventListenerObject): void {
    this.#listeners.set(listener, typeof listener === 'function' ? listener : (event) => listener.handleEvent(event))
  }

  removeEventListener(_type: string, listener: EventListenerOrEventListenerObject): void {
    this.#listeners.delete(listener)
  }

  start(): void {}

  close(): void {
    this.#isClosed = true
  }

  #deliver(data: unknown): void {
    if (this.#isClosed) return
    const event = { data, origin: '', ports: [] } as unknown as MessageEvent
    this.onmessage?.(event)
    for (const listener of [...this.#listeners.values()]) listener(event)
  }
}

/** What structured clone does with the values that cross ports here; ports are handed over as they are. */
function clone(value: unknown, known = new Map<unknown, unknown>()): unknown {
  if (value instanceof SimulatedPort) return value
  if (!Array.isArray(value) && !(value instanceof Map) && !isPlainObject(value)) return structuredClone(value)
  if (known.has(value)) return known.get(value)
  const copy = value instanceof Map ? new Map<unknown, unknown>() : Array.isArray(value) ? Array.from<unknown>({ length: 0 }) : {}
  known.set(value, copy)
  if (value instanceof Map) for (const [key, item] of value) (copy as Map<unknown, unknown>).set(key, clone(item, known))
  else for (const [key, item] of Object.entries(value)) defineMember(copy, key, clone(item, known))
  if (Array.isArray(value)) (copy as unknown[]).length = value.length
  return copy
}

/** A key named `__proto__` is a key like any other here. */
function defineMember(target: object, key: string, value: unknown): void {
  Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
}

/** Comlink's goodbye when the garbage collector finds a proxy unused: no two runs would have it at the same moment. */
function isRelease(message: unknown): boolean {
  return (message as { type?: unknown } | null)?.type === 'RELEASE'
}
