/**
 * One seed, one life: a random subset of the faults, random limits, random users with random calls, and every rule
 * checked after every step. Then the faults stop, and all must come to rest.
 */
import { DEFAULT_HOST_LIMITS } from '../../worker/limits.ts'
import type { Device } from '../../testing/index.ts'
import { Chance } from './chance.ts'
import { RuleBroken } from './failure.ts'
import { Simulation } from './simulation.ts'
import { SYSTEMS_UNDER_TEST, type SystemUnderTest } from './systems.ts'
import type { InstanceUnderTest, User } from './user.ts'

/** Each seed has a random subset of these. */
const FAULTS = [
  'cut',
  'delay',
  'partition',
  'offline',
  'host',
  'tab',
  'device',
  'server',
  'append',
  'crash',
  'quota',
  'slow-disk',
  'slow-engine',
  'skew',
  'usurp',
  'pause',
] as const
export type Fault = (typeof FAULTS)[number]

export interface Life {
  readonly seed: number
  readonly steps: number
  readonly traceHash: string
  readonly commits: number
}

export interface LifeOptions {
  readonly steps?: number
  readonly systems?: readonly SystemUnderTest[]
  /** These faults, instead of a random subset. */
  readonly faults?: readonly Fault[]
  /** Told of each step, as it begins. */
  tell?(line: string): void
}

export const DEFAULT_STEPS = 60

/** @throws Error that names seed, step and the rule that was broken */
export async function live(
  seed: number,
  { steps = DEFAULT_STEPS, faults, systems = SYSTEMS_UNDER_TEST, tell = () => undefined }: LifeOptions = {},
): Promise<Life> {
  const chance = new Chance(`simulation ${seed}`)
  const swarm = new Swarm(seed, chance, systems, faults)
  let step = 0
  try {
    for (; step < steps; step++) {
      await swarm.step()
      tell(`${step} ${swarm.simulation.story.at(-1)}`)
      await swarm.simulation.checkSafety()
    }
    swarm.endFills()
    await swarm.simulation.recover()
    const { traceHash, truth, world } = swarm.simulation
    await world.close()
    return { seed, steps, traceHash, commits: [...truth.logs.values()].reduce((sum, { head }) => sum + head, 0) }
  } catch (error) {
    await swarm.simulation.world.close()
    throw inContext(error, seed, step, steps, swarm)
  }
}

function inContext(error: unknown, seed: number, step: number, steps: number, { plan }: Swarm): Error {
  const where = step < steps ? `step ${step}` : 'recovery'
  const options = steps === DEFAULT_STEPS ? '' : ` --steps ${steps}`
  const what = error instanceof RuleBroken ? error.message : String((error as Error).stack)
  return new Error(
    `Seed ${seed}, ${where}: ${what}\n  ${plan}\n  To see it again: npm run simulate -- --from ${seed} --seeds 1 --story${options}`,
    { cause: error },
  )
}

class Swarm {
  readonly simulation: Simulation
  readonly plan: string
  readonly #chance: Chance
  readonly #faults: readonly Fault[]
  readonly #fills = new Map<Device, () => void>()
  #tags = 0

  constructor(seed: number, chance: Chance, systems: readonly SystemUnderTest[], faults: readonly Fault[] | undefined) {
    this.#chance = chance
    this.#faults = faults ?? chance.subset(FAULTS, 0.4)
    const instances = drawInstances(chance, systems)
    const devices = chance.int(2, 4)
    const limits = chance.is(0.5) ? { snapshotEvery: chance.int(2, 4), newcomerTail: chance.int(0, 3), keepCommits: chance.int(0, 3) } : {}
    const hostLimits = chance.is(0.5)
      ? { pushCommits: chance.int(1, 3), journalEntries: chance.int(1, 3), journalChars: 1, turnsPerSlice: chance.int(1, 2) }
      : DEFAULT_HOST_LIMITS
    this.simulation = new Simulation({ seed, devices, instances, limits, hostLimits })
    this.plan = `${devices} devices, ${instances.map(({ system, id }) => `${system.name} ${id}`).join(', ')}, faults: ${this.#faults.join(' ') || 'none'}, limits ${JSON.stringify(limits)} ${JSON.stringify(hostLimits)}`
    this.simulation.tell(this.plan)
    this.simulation.expectedErrors = new Set([
      ...(this.#has('quota') ? ['storage/quota'] : []),
      ...(this.#has('usurp') ? ['store/fenced'] : []),
    ])
    for (const device of this.simulation.devices) {
      for (let tabs = chance.int(1, 3); tabs > 0; tabs--) this.simulation.openUser(device)
      device.disk.outlivesHost = () => this.#has('crash') && chance.is(0.5)
      if (this.#has('slow-disk')) device.disk.latency = () => (chance.is(0.5) ? 0 : chance.int(1, 30))
    }
    if (this.#has('slow-engine')) this.simulation.world.server.latency = () => (chance.is(0.5) ? 0 : chance.int(1, 50))
    if (this.#has('delay')) this.simulation.world.network.latency = () => (chance.is(0.4) ? 0 : chance.int(1, 400))
  }

  async step(): Promise<void> {
    const chance = this.#chance
    const { world } = this.simulation
    const move = chance.weighted<() => void | Promise<void>>([
      [12, () => this.#makeCalls()],
      [5, () => this.#fault()],
      [1, () => this.#openOrClose()],
      [1, () => this.#handleRejected()],
      [1, () => this.simulation.releasePauses()],
    ])
    await move()
    // Long before the actions are out of time.
    this.simulation.releasePauses(5_000)
    await chance.weighted<() => Promise<void>>([
      [3, async () => undefined],
      [4, () => world.run(chance.int(1, 40))],
      [3, () => this.#settle()],
      [3, () => world.clock.advance(chance.int(1, 60))],
      [2, () => world.clock.advance(chance.int(100, 2_000))],
      [0.5, () => this.#longWhile()],
    ])()
  }

  #has(fault: Fault): boolean {
    return this.#faults.includes(fault)
  }

  async #settle(): Promise<void> {
    await this.simulation.world.settle()
    if (!this.#has('usurp')) await this.simulation.checkViews()
  }

  #longWhile(): Promise<void> {
    this.simulation.releasePauses()
    return this.simulation.world.clock.advance(this.#chance.int(5_000, 15_000))
  }

  // ---- what users do -------------------------------------------------------------------------------------------------

  #makeCalls(): void {
    const user = this.#user()
    if (user === undefined) return this.simulation.tell('nobody is there')
    const on = this.#chance.pick(this.simulation.instances)
    for (let i = this.#chance.int(1, 3); i > 0; i--) {
      const [action, ...args] = on.system.call(this.#chance, `t${++this.#tags}`)
      const { id } = user.call(on, action, args)
      this.simulation.tell(`${user.device.name}: ${on.system.name} ${on.id} ${action}(${args.join(', ')}), call ${id}`)
    }
  }

  #openOrClose(): void {
    const chance = this.#chance
    const device = chance.pick(this.simulation.devices)
    const there = this.simulation.aliveUsers.filter((user) => user.device === device)
    if (device.isAlive && (there.length === 0 || (there.length < 3 && chance.is(0.5)))) {
      this.simulation.openUser(device)
      this.simulation.tell(`${device.name}: a tab opens`)
    } else if (there.length > 0) {
      chance.pick(there).close()
      this.simulation.tell(`${device.name}: a tab closes`)
    }
  }

  #handleRejected(): void {
    const user = this.#user()
    const rejected = user?.home.rejected.peek() ?? []
    if (user === undefined || rejected.length === 0) return
    const { id } = this.#chance.pick(rejected)
    for (const { calls } of this.simulation.users) for (const made of calls) if (made.id === id) made.isOver = true
    const what = this.#chance.pick(['retry', 'dismiss'] as const)
    user.home[what](id)
    this.simulation.tell(`${user.device.name}: ${what} ${id}`)
  }

  #user(): User | undefined {
    const alive = this.simulation.aliveUsers
    return alive.length === 0 ? undefined : this.#chance.pick(alive)
  }

  // ---- what goes wrong -----------------------------------------------------------------------------------------------

  async #fault(): Promise<void> {
    const chance = this.#chance
    const device = chance.pick(this.simulation.devices)
    if (!device.isAlive && chance.is(0.6)) return this.#restart(device)
    if (!this.simulation.world.server.isAlive && chance.is(0.6)) return this.#restartServer()
    if (this.#faults.length > 0) await this.#strike(chance.pick(this.#faults), device)
  }

  async #restart(device: Device): Promise<void> {
    this.simulation.tell(`${device.name}: starts again`)
    await device.restart()
    this.simulation.openUser(device)
  }

  async #restartServer(): Promise<void> {
    this.simulation.tell('the server starts again')
    await this.simulation.world.server.restart()
  }

  async #strike(fault: Fault, device: Device): Promise<void> {
    const chance = this.#chance
    const { simulation } = this
    const { network, server } = simulation.world
    const { name, disk } = device
    const tell = (what: string): void => simulation.tell(`${name}: ${what}`)
    switch (fault) {
      case 'cut':
        return this.#cutLater(name)
      case 'partition': {
        if (chance.is(0.4)) return (network.heal(name), tell('healed'))
        const ways = chance.pick([['to-server'], ['from-server'], ['to-server', 'from-server']] as const)
        for (const way of ways) network.hold(name, way)
        return tell(`held ${ways.join(' and ')}`)
      }
      case 'offline':
        return chance.is(0.5) ? (network.cut(name), tell('offline')) : (network.heal(name), tell('online'))
      case 'host':
        return (device.killHost(), tell('the host dies'))
      case 'tab':
        this.simulation.aliveUsers.find((user) => user.device === device)?.die()
        return tell('a tab dies')
      case 'device':
        return (simulation.killDevice(device), tell('dies'))
      case 'server':
        return (server.kill(), tell('the server dies'))
      case 'append':
        return this.#killServerLater()
      case 'crash': {
        const crash = { count: chance.int(1, 6), after: chance.is(0.5) }
        device.crashAt(crash)
        return tell(`the host will die ${crash.after ? 'after' : 'before'} write ${crash.count}`)
      }
      case 'quota':
        return this.#fillDisk(device)
      case 'skew':
        device.skew = chance.pick([0, chance.int(-5_000, 5_000), chance.int(-86_400_000, 86_400_000)])
        return tell(`the clock is off by ${device.skew}`)
      case 'usurp':
        // A host that waits for space to raise the epoch would do so after the next one has.
        if (!device.isAlive || disk.isArmed) return tell('nothing to usurp')
        return (device.usurp(), tell('another host takes over'))
      case 'pause':
        return (simulation.releasePauses(), tell('actions go on'))
      case 'delay':
      case 'slow-disk':
      case 'slow-engine':
        return disk.isArmed ? (disk.disarm(), tell('no crash after all')) : tell('nothing')
    }
  }

  #cutLater(name: string): void {
    const toServer = this.#chance.is(0.5)
    let count = this.#chance.int(1, 6)
    this.simulation.onFrame = (frame) => (frame.device === name && frame.toServer === toServer && --count === 0 ? 'cut' : 'deliver')
    this.simulation.tell(`${name}: to be cut at frame ${count} ${toServer ? 'to' : 'from'} the server`)
  }

  #killServerLater(): void {
    const when = this.#chance.pick(['before', 'after'] as const)
    let count = this.#chance.int(1, 4)
    this.simulation.truth.atAppend = (now) => {
      if (now !== when || --count !== 0) return undefined
      this.simulation.world.server.kill()
      return 'die'
    }
    this.simulation.tell(`the server will die ${when} append ${count}`)
  }

  #fillDisk(device: Device): void {
    const { disk, name } = device
    const full = this.#fills.get(device)
    if (full !== undefined) {
      full()
      this.#fills.delete(device)
      return this.simulation.tell(`${name}: the disk has space again`)
    }
    if (this.#chance.is(0.6) && (disk.isIdle || !this.#has('usurp'))) {
      disk.refuseAt(this.#chance.int(1, 4))
      return this.simulation.tell(`${name}: one write will be refused`)
    }
    const victim = this.#chance.pick([undefined, ...this.simulation.instances])
    this.#fills.set(
      device,
      disk.fill(({ system, id }) => victim === undefined || (victim.id === id && victim.system.name === system)),
    )
    this.simulation.tell(`${name}: the disk is full`)
  }

  /** Ends what `recover` knows nothing of. */
  endFills(): void {
    for (const end of this.#fills.values()) end()
  }
}

function drawInstances(chance: Chance, systems: readonly SystemUnderTest[]): InstanceUnderTest[] {
  return Array.from({ length: chance.int(1, 3) }, (_, i) => ({ system: chance.pick(systems), id: `i${i}` }))
}
