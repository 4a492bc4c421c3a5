/**
 * `createWorld`: devices, tabs, a sync server, a network and a clock in one process, for tests. All of it is the real
 * code; only clock, network, disk, ports and locks are simulated. The same seed gives the same run.
 */
import { seededRandom } from '../lib/protocol/random.ts'
import type { SystemClass } from '../lib/system/agentic-system.ts'
import { TabHome } from '../lib/tab/home.ts'
import type { Home } from '../lib/tab/types.ts'
import type { Metadata } from '../lib/system/agentic-system.ts'
import { createSyncCore, type SyncCore } from '../sync-server/core.ts'
import { createMemoryEngine } from '../sync-server/engines/memory.ts'
import type { Engine } from '../sync-server/engine.ts'
import { Host } from '../worker/host/host.ts'
import { createMemoryDisk, type MemoryDisk, openMemoryStore } from '../worker/store/memory-store.ts'
import { LockTable } from './simulated/locks.ts'
import { Context, Loop } from './simulated/loop.ts'
import { type FrameFilter, Network } from './simulated/network.ts'
import { SimulatedPort } from './simulated/ports.ts'

export interface WorldOptions {
  readonly systems: Readonly<Record<string, SystemClass>>
  /** Whether devices sync with the world's server. Default true. */
  readonly sync?: boolean
  /** Default 1. */
  readonly seed?: number
}

export interface World {
  /** The device of that name, made when first asked for. */
  device(name: string): Device
  readonly clock: {
    now(): number
    /** Settles, then fires the timers that become due, in order, settling after each. */
    advance(ms: number): Promise<void>
  }
  readonly network: {
    cut(device: string): void
    heal(device: string): void
    /** Sees each frame before it arrives; `'cut'` breaks the connection there. */
    filter: FrameFilter
  }
  readonly server: {
    /** Ends the server at once. What it has confirmed stays. */
    kill(): void
    restart(): Promise<void>
  }
  /** Runs until nothing is left to do without time passing. */
  settle(): Promise<void>
  close(): Promise<void>
}

export interface Device {
  readonly name: string
  tab(options?: { metadata?: Metadata }): Home
  /** Host and tabs die at once; promises held by their code never settle. The disk stays. */
  kill(): void
  /** The worker alone dies; its tabs notice, and attach to a new one. */
  killHost(): void
  /** After `kill`: the device can open tabs again, with the disk that it had. */
  restart(): Promise<void>
  /** Stops the host right before (`0`) or after (`1`) its next `count`-th write to the disk. For tests of crashes. */
  crashAt(write: { readonly count: number; readonly after: boolean }): void
}

const SERVER_URL = 'ws://server/app'
const START = Date.UTC(2026, 0, 1)

export function createWorld(options: WorldOptions): World {
  const loop = new Loop(START)
  const random = seededRandom(`world ${options.seed ?? 1}`)
  const network = new Network()
  const devices = new Map<string, SimulatedDevice>()
  const server = new SimulatedServer(loop, network, random)
  if (options.sync !== false) server.start()
  return {
    device(name) {
      let device = devices.get(name)
      if (device === undefined) devices.set(name, (device = new SimulatedDevice(name, loop, network, random, options)))
      return device
    },
    clock: { now: () => loop.now, advance: (ms) => loop.advance(ms) },
    network,
    server: {
      kill: () => server.kill(),
      restart: async () => {
        server.kill()
        server.start()
        await loop.settle()
      },
    },
    settle: () => loop.settle(),
    async close() {
      for (const device of devices.values()) device.kill()
      server.kill()
      await loop.settle()
    },
  }
}

class SimulatedServer {
  readonly #engine: Engine = createMemoryEngine()
  readonly #loop: Loop
  readonly #network: Network
  readonly #random: () => number
  #context: Context | undefined

  constructor(loop: Loop, network: Network, random: () => number) {
    this.#loop = loop
    this.#network = network
    this.#random = random
  }

  start(): void {
    const context = new Context(this.#loop)
    this.#context = context
    const core: SyncCore = createSyncCore({ engine: this.#engine, clock: context.clock, randomId: () => randomId(this.#random) })
    this.#network.server = { context, accept: (socket) => core.accept(socket, { namespace: '/app' }) }
  }

  kill(): void {
    this.#network.server = undefined
    this.#context?.die()
  }
}

class SimulatedDevice implements Device {
  readonly name: string
  readonly #loop: Loop
  readonly #network: Network
  readonly #random: () => number
  readonly #options: WorldOptions
  readonly #disk: MemoryDisk
  readonly #locks = new LockTable()
  #host: { readonly context: Context; readonly host: Host } | undefined
  #tabs = new Set<Context>()
  #crash: { count: number; readonly after: boolean } | undefined
  #isDead = false

  constructor(name: string, loop: Loop, network: Network, random: () => number, options: WorldOptions) {
    this.name = name
    this.#loop = loop
    this.#network = network
    this.#random = random
    this.#options = options
    this.#disk = createMemoryDisk(randomId(random))
  }

  tab(options: { metadata?: Metadata } = {}): Home {
    if (this.#isDead) throw new Error(`The device ${this.name} was killed: await restart() before it opens a tab.`)
    const context = new Context(this.#loop)
    this.#tabs.add(context)
    const environment = {
      clock: context.clock,
      locks: this.#locks.for(context),
      randomId: () => randomId(this.#random),
      createFeed: () => {
        const [receiver, sender] = SimulatedPort.pair(context, context)
        return { receiver, sender: sender as unknown as MessagePort }
      },
    }
    const home = new TabHome(environment, () => this.#dial(context), options)
    return home
  }

  kill(): void {
    this.#isDead = true
    this.killHost()
    for (const tab of this.#tabs) tab.die()
    this.#tabs.clear()
  }

  killHost(): void {
    this.#host?.context.die()
    this.#host = undefined
  }

  async restart(): Promise<void> {
    this.kill()
    this.#isDead = false
    await this.#loop.settle()
  }

  crashAt(write: { readonly count: number; readonly after: boolean }): void {
    this.#crash = { ...write }
  }

  #dial(tab: Context): SimulatedPort {
    this.#host ??= this.#startHost()
    const [mine, theirs] = SimulatedPort.pair(tab, this.#host.context)
    this.#host.host.accept(theirs)
    return mine
  }

  #startHost(): { context: Context; host: Host } {
    const context = new Context(this.#loop)
    const perform = <T>(effect: () => T, what: string): Promise<T> => this.#perform(context, effect, what)
    const environment = {
      clock: context.clock,
      locks: this.#locks.for(context),
      randomId: () => randomId(this.#random),
      random: this.#random,
      yieldToLoop: () => context.yieldToLoop(),
      openStore: async () => openMemoryStore(this.#disk, perform),
      openSocket: () => this.#network.connect(this.name, context),
    }
    const sync = this.#options.sync === false ? {} : { sync: SERVER_URL }
    return { context, host: new Host(environment, { app: 'app', systems: this.#options.systems, ...sync }) }
  }

  /** One effect on the disk: a task of its own, whole or not at all, and a place where the host can die. */
  #perform<T>(context: Context, effect: () => T, what: string): Promise<T> {
    return new Promise((resolve, reject) => {
      context.post(() => {
        const crash = this.#crash
        const isHere = crash !== undefined && what === 'write' && --crash.count === 0
        if (isHere) this.#crash = undefined
        if (isHere && !crash.after) return this.killHost()
        try {
          const result = effect()
          if (isHere) return this.killHost()
          context.post(() => resolve(result))
        } catch (error) {
          context.post(() => reject(error as Error))
        }
      })
    })
  }
}

/** 128 bits as hex, from the world's chance. */
function randomId(random: () => number): string {
  return Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(16).padStart(8, '0')).join('')
}
