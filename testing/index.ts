/**
 * `createWorld`: devices, tabs, a sync server, a network and a clock in one process, for tests. All of it is the real
 * code; only clock, network, disk, ports and locks are simulated. The same seed gives the same run.
 */
import type { Endpoint } from 'comlink'
import { seededRandom } from '../lib/protocol/random.ts'
import type { SystemClass } from '../lib/system/agentic-system.ts'
import { TabHome } from '../lib/tab/home.ts'
import type { FeedReceiver } from '../lib/tab/environment.ts'
import type { Home } from '../lib/tab/types.ts'
import type { Metadata } from '../lib/system/agentic-system.ts'
import { createSyncCore, type SyncCore } from '../sync-server/core.ts'
import { createMemoryEngine } from '../sync-server/engines/memory.ts'
import type { Engine } from '../sync-server/engine.ts'
import type { Limits } from '../sync-server/limits.ts'
import { Host } from '../worker/host/host.ts'
import type { InstanceName, StoredInstance } from '../worker/store/store.ts'
import { SimulatedDisk } from './simulated/disk.ts'
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
  /** Bounds of the server that differ from its defaults: a snapshot every few commits, say. */
  readonly limits?: Partial<Limits>
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
  /** Kills the host right before or after its `count`-th write to the disk from now. For tests of crashes. */
  crashAt(write: { readonly count: number; readonly after: boolean }): void
  /** From its next start on, the device's host runs these systems: another build of the app. */
  update(systems: WorldOptions['systems']): void
  readonly disk: Disk
  /** A bare port to the host, and a channel for its feed: for tests of what no tab would send. */
  dial(): { readonly port: Endpoint; readonly feed: { readonly receiver: FeedReceiver; readonly sender: MessagePort } }
}

/** The device's disk, with the faults of one. It outlives hosts and tabs. */
export interface Disk {
  /** Writes wait until what this answers is called. */
  hold(): () => void
  /** Writes that hold one of the instances fail with `storage/quota`, until what this answers is called. Default: all. */
  fill(isFullFor?: (instance: InstanceName) => boolean): () => void
  /** Changes each text that is stored, as a failing disk does. */
  damage(change: (text: string) => string): void
  /** What is stored of an instance. */
  read(instance: InstanceName): Promise<StoredInstance | undefined>
}

const SERVER_URL = 'ws://server/app'
const START = Date.UTC(2026, 0, 1)

export function createWorld(options: WorldOptions): World {
  const loop = new Loop(START)
  const random = seededRandom(`world ${options.seed ?? 1}`)
  const network = new Network()
  const devices = new Map<string, SimulatedDevice>()
  const server = new SimulatedServer(loop, network, random, options.limits)
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
  readonly #limits: Partial<Limits> | undefined
  #context: Context | undefined

  constructor(loop: Loop, network: Network, random: () => number, limits: Partial<Limits> | undefined) {
    this.#limits = limits
    this.#loop = loop
    this.#network = network
    this.#random = random
  }

  start(): void {
    const context = new Context(this.#loop)
    this.#context = context
    const core: SyncCore = createSyncCore({ engine: this.#engine, clock: context.clock, randomId: () => randomId(this.#random), limits: this.#limits })
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
  readonly disk: SimulatedDisk
  readonly #locks = new LockTable()
  #host: { readonly context: Context; readonly host: Host } | undefined
  #systems: WorldOptions['systems']
  #tabs = new Set<Context>()
  #isDead = false

  constructor(name: string, loop: Loop, network: Network, random: () => number, options: WorldOptions) {
    this.name = name
    this.#loop = loop
    this.#network = network
    this.#random = random
    this.#options = options
    this.#systems = options.systems
    this.disk = new SimulatedDisk(randomId(random))
  }

  tab(options: { metadata?: Metadata } = {}): Home {
    const context = this.#newTab()
    const environment = {
      clock: context.clock,
      locks: this.#locks.for(context),
      randomId: () => randomId(this.#random),
      createFeed: () => feedFor(context),
    }
    return new TabHome(environment, () => this.#dial(context), options)
  }

  #newTab(): Context {
    if (this.#isDead) throw new Error(`The device ${this.name} was killed: await restart() before it opens a tab.`)
    const context = new Context(this.#loop)
    this.#tabs.add(context)
    return context
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
    this.disk.crash = { ...write, strike: () => this.killHost() }
  }

  update(systems: WorldOptions['systems']): void {
    this.#systems = systems
  }

  dial() {
    const tab = this.#newTab()
    return { port: this.#dial(tab), feed: feedFor(tab) }
  }

  #dial(tab: Context): SimulatedPort {
    this.#host ??= this.#startHost()
    const [mine, theirs] = SimulatedPort.pair(tab, this.#host.context)
    this.#host.host.accept(theirs)
    return mine
  }

  #startHost(): { context: Context; host: Host } {
    const context = new Context(this.#loop)
    const environment = {
      clock: context.clock,
      locks: this.#locks.for(context),
      randomId: () => randomId(this.#random),
      random: this.#random,
      yieldToLoop: () => context.yieldToLoop(),
      openStore: async () => this.disk.open(context),
      openSocket: () => this.#network.connect(this.name, context),
    }
    const sync = this.#options.sync === false ? {} : { sync: SERVER_URL }
    return { context, host: new Host(environment, { app: 'app', systems: this.#systems, ...sync }) }
  }
}

function feedFor(tab: Context) {
  const [receiver, sender] = SimulatedPort.pair(tab, tab)
  return { receiver, sender: sender as unknown as MessagePort }
}

/** 128 bits as hex, from the world's chance. */
function randomId(random: () => number): string {
  return Array.from({ length: 4 }, () => Math.floor(random() * 2 ** 32).toString(16).padStart(8, '0')).join('')
}
