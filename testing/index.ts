/**
 * `createWorld`: devices, tabs, a sync server, a network and a clock in one process, for tests. All of it is the real
 * code; only clock, network, disk, ports and locks are simulated. The same seed gives the same run.
 */
import type { Endpoint } from 'comlink'
import type { Locks } from '../lib/protocol/environment.ts'
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
import type { HostLimits } from '../worker/limits.ts'
import type { InstanceName, StoredInstance } from '../worker/store/store.ts'
import { SimulatedDisk } from './simulated/disk.ts'
import { LockTable } from './simulated/locks.ts'
import { Context, Loop } from './simulated/loop.ts'
import { type FrameFilter, type Latency, Network } from './simulated/network.ts'
import { SimulatedPort } from './simulated/ports.ts'

export interface WorldOptions {
  readonly systems: Readonly<Record<string, SystemClass>>
  /** Whether devices sync with the world's server. Default true. */
  readonly sync?: boolean
  /** Default 1. */
  readonly seed?: number
  /** Bounds of the server that differ from its defaults: a snapshot every few commits, say. */
  readonly limits?: Partial<Limits>
  /** Likewise of the hosts: a push of one commit at a time, say. */
  readonly hostLimits?: Partial<HostLimits>
  /** Told of errors of the app's code that no caller awaits, such as a hook's. */
  readonly report?: (error: unknown) => void
  /** Where the server keeps its logs: it outlives the server. Default: in memory. */
  readonly engine?: Engine
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
    /** Lets nothing through one way, and tells nobody; what was sent arrives after `heal`. */
    hold(device: string, way: 'to-server' | 'from-server'): void
    heal(device: string): void
    /** Sees each frame before it arrives; `'cut'` breaks the connection there. */
    filter: FrameFilter
    /** How many ms each frame takes. Default none. */
    latency: Latency
  }
  readonly server: {
    /** Ends the server at once. What it has confirmed stays. */
    kill(): void
    restart(): Promise<void>
    readonly isAlive: boolean
    /** How many ms each call of its engine takes. Default none. */
    latency: () => number
  }
  /** Lets the next `tasks` things happen, or as many as can without time passing: for faults in between. */
  run(tasks: number): Promise<void>
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
  /** One tab dies at once. */
  killTab(tab: Home): void
  /** A second worker takes over while the first lives on, as by a stolen lock: tabs of the first stay with it. */
  usurp(): void
  /** The hosts that others have taken over from die. */
  endUsurped(): void
  /** After `kill`: the device can open tabs again, with the disk that it had. */
  restart(): Promise<void>
  /** Kills the host right before or after its `count`-th write to the disk from now. For tests of crashes. */
  crashAt(write: { readonly count: number; readonly after: boolean }): void
  /** From its next start on, the device's host runs these systems: another build of the app. */
  update(systems: WorldOptions['systems']): void
  readonly disk: Disk
  readonly isAlive: boolean
  /** How many ms the clock of its tabs and worker is ahead of the world's. Default 0. */
  skew: number
  /** A bare port to the host, a channel for its feed, and the device's locks: for tests of what no tab would send. */
  dial(): {
    readonly port: Endpoint
    readonly feed: { readonly receiver: FeedReceiver; readonly sender: MessagePort }
    readonly locks: Locks
  }
}

/** The device's disk, with the faults of one. It outlives hosts and tabs. */
export interface Disk {
  /** Nothing is read or written until what this answers is called. */
  hold(): () => void
  /** Writes that hold one of the instances fail with `storage/quota`, until what this answers is called. Default: all. */
  fill(isFullFor?: (instance: InstanceName) => boolean): () => void
  /** Changes each text that is stored, as a failing disk does. */
  damage(change: (text: string) => string): void
  /** Refuses the `count`-th write from now with `storage/quota`. */
  refuseAt(count: number): void
  /** Whether what `crashAt` or `refuseAt` announced has not happened yet. */
  readonly isArmed: boolean
  disarm(): void
  /** How many ms the way to the disk takes, and the way back. Default none. */
  latency: () => number
  /** Whether a write that was under way when its host died takes effect all the same. Default never. */
  outlivesHost: () => boolean
  /** Told of each write right after it took effect. */
  written: (what: string) => void
  /** How many writes took effect. */
  readonly writes: number
  /** Whether nothing is on its way to the disk or back. */
  readonly isIdle: boolean
  /** Whether something that is stored has this text in it. */
  mentions(text: string): boolean
  /** What is stored of an instance. */
  read(instance: InstanceName): Promise<StoredInstance | undefined>
}

const APP = 'app'
const HOST_LOCK = `homeroom:${APP}:host`
const SERVER_URL = `ws://server/${APP}`
const START = Date.UTC(2026, 0, 1)

export function createWorld(options: WorldOptions): World {
  const loop = new Loop(START)
  const random = seededRandom(`world ${options.seed ?? 1}`)
  const network = new Network(loop)
  const devices = new Map<string, SimulatedDevice>()
  const server = new SimulatedServer(loop, network, random, options)
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
      get isAlive() {
        return network.server !== undefined
      },
      get latency() {
        return server.latency
      },
      set latency(latency) {
        server.latency = latency
      },
    },
    run: (tasks) => loop.run(tasks),
    settle: () => loop.settle(),
    async close() {
      for (const device of devices.values()) device.kill()
      server.kill()
      await loop.settle()
    },
  }
}

class SimulatedServer {
  latency = (): number => 0
  readonly #engine: Engine
  readonly #loop: Loop
  readonly #network: Network
  readonly #random: () => number
  readonly #limits: Partial<Limits> | undefined
  #context: Context | undefined

  constructor(loop: Loop, network: Network, random: () => number, { engine = createMemoryEngine(), limits }: WorldOptions) {
    this.#engine = engine
    this.#limits = limits
    this.#loop = loop
    this.#network = network
    this.#random = random
  }

  start(): void {
    const context = new Context(this.#loop)
    this.#context = context
    const core: SyncCore = createSyncCore({
      engine: inContext(this.#engine, context, () => this.latency()),
      clock: context.clock,
      randomId: () => randomId(this.#random),
      limits: this.#limits,
    })
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
  skew = 0
  readonly #locks = new LockTable()
  #host: { readonly context: Context; readonly host: Host } | undefined
  #systems: WorldOptions['systems']
  /** Hosts that live on though another one has taken over. */
  readonly #usurped = new Set<Context>()
  readonly #tabs = new Map<Home | Context, Context>()
  #isDead = false

  constructor(name: string, loop: Loop, network: Network, random: () => number, options: WorldOptions) {
    this.name = name
    this.#loop = loop
    this.#network = network
    this.#random = random
    this.#options = options
    this.#systems = options.systems
    this.disk = new SimulatedDisk(loop, randomId(random))
  }

  tab(options: { metadata?: Metadata } = {}): Home {
    this.#assertAlive()
    const context = this.#newContext()
    const environment = {
      clock: context.clock,
      locks: this.#locks.for(context),
      randomId: () => randomId(this.#random),
      createFeed: () => feedFor(context),
    }
    const home = new TabHome(environment, () => this.#dial(context), options)
    this.#tabs.set(home, context)
    return home
  }

  get isAlive(): boolean {
    return !this.#isDead
  }

  kill(): void {
    this.#isDead = true
    this.killHost()
    for (const tab of this.#tabs.values()) tab.die()
    this.#tabs.clear()
  }

  killHost(): void {
    this.#host?.context.die()
    this.#host = undefined
    this.endUsurped()
  }

  killTab(tab: Home): void {
    this.#tabs.get(tab)?.die()
    this.#tabs.delete(tab)
  }

  endUsurped(): void {
    for (const context of this.#usurped) context.die()
    this.#usurped.clear()
  }

  usurp(): void {
    if (this.#host !== undefined) this.#usurped.add(this.#host.context)
    this.#locks.steal(HOST_LOCK)
    this.#host = this.#startHost()
  }

  async restart(): Promise<void> {
    this.kill()
    this.#isDead = false
    await this.#loop.settle()
  }

  crashAt({ count, after }: { readonly count: number; readonly after: boolean }): void {
    this.disk.crashAt(count, after, () => this.killHost())
  }

  update(systems: WorldOptions['systems']): void {
    this.#systems = systems
  }

  dial() {
    this.#assertAlive()
    const tab = this.#newContext()
    this.#tabs.set(tab, tab)
    return { port: this.#dial(tab), feed: feedFor(tab), locks: this.#locks.for(tab) }
  }

  #assertAlive(): void {
    if (this.#isDead) throw new Error(`The device ${this.name} was killed: await restart() before it opens a tab.`)
  }

  #newContext(): Context {
    return new Context(this.#loop, () => this.skew)
  }

  #dial(tab: Context): SimulatedPort {
    this.#host ??= this.#startHost()
    const [mine, theirs] = SimulatedPort.pair(tab, this.#host.context)
    this.#host.host.accept(theirs)
    return mine
  }

  #startHost(): { context: Context; host: Host } {
    const context = this.#newContext()
    const environment = {
      clock: context.clock,
      locks: this.#locks.for(context),
      randomId: () => randomId(this.#random),
      random: this.#random,
      yieldToLoop: () => context.yieldToLoop(),
      openStore: async () => this.disk.open(context),
      openSocket: () => this.#network.connect(this.name, context),
      limits: this.#options.hostLimits,
      report: this.#options.report ?? (() => undefined),
    }
    const sync = this.#options.sync === false ? {} : { sync: SERVER_URL }
    return { context, host: new Host(environment, { app: APP, systems: this.#systems, ...sync }) }
  }
}

/** The engine as one server process has it: it takes its time, and what a dead process had asked for does not happen. */
function inContext(engine: Engine, context: Context, latency: () => number): Engine {
  const later = (task: () => void): void => {
    const ms = latency()
    if (ms > 0) context.loop.setTimeout(() => context.post(task), ms)
    else context.post(task)
  }
  const guard =
    <A extends unknown[], R>(call: (...args: A) => Promise<R>) =>
    (...args: A): Promise<R> =>
      new Promise((resolve, reject) => later(() => void call.apply(engine, args).then(resolve, reject)))
  return {
    head: guard(engine.head),
    append: guard(engine.append),
    read: guard(engine.read),
    find: guard(engine.find),
    readSnapshot: guard(engine.readSnapshot),
    writeSnapshot: guard(engine.writeSnapshot),
    trim: guard(engine.trim),
    close: guard(engine.close),
  }
}

function feedFor(tab: Context) {
  const [receiver, sender] = SimulatedPort.pair(tab, tab)
  return { receiver, sender: sender as unknown as MessagePort }
}

/** 128 bits as hex, from the world's chance. */
function randomId(random: () => number): string {
  return Array.from({ length: 4 }, () =>
    Math.floor(random() * 2 ** 32)
      .toString(16)
      .padStart(8, '0'),
  ).join('')
}
