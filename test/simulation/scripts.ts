/** Fixed scripts for exhaustive crash points: short lives without chance, in which all that happens is known. */
import type { WorldOptions } from '../../testing/index.ts'
import { Simulation } from './simulation.ts'
import { SYSTEMS_UNDER_TEST } from './systems.ts'
import type { InstanceUnderTest, MadeCall, User } from './user.ts'

export interface Script {
  readonly title: string
  /** Names of the systems, each with one instance. */
  readonly systems: readonly string[]
  readonly devices: number
  readonly limits?: WorldOptions['limits']
  readonly hostLimits?: WorldOptions['hostLimits']
  /** How many ms the way to the disk takes: longer than to the server, if not 0. */
  readonly diskLatency?: number
  run(stage: Stage): Promise<void>
}

/** A simulation with a tab on each device that is alive. */
export class Stage {
  readonly simulation: Simulation
  #tags = 0

  constructor(simulation: Simulation) {
    this.simulation = simulation
    for (const device of simulation.devices) simulation.openUser(device)
  }

  /** The tab of the n-th device, opened anew where it is gone. */
  user(device = 0): User {
    const at = this.simulation.devices[device] as Simulation['devices'][number]
    return this.simulation.aliveUsers.find((user) => user.device === at) ?? this.simulation.openUser(at)
  }

  call(device: number, instance: number, action: string, ...args: readonly unknown[]): MadeCall {
    return this.user(device).call(this.simulation.instances[instance] as InstanceUnderTest, action, args)
  }

  tag(): string {
    return `t${++this.#tags}`
  }

  async pass(ms = 50): Promise<void> {
    await this.simulation.world.clock.advance(ms)
    await this.simulation.checkSafety()
  }

  async offline(device: number, meanwhile: () => void | Promise<void>): Promise<void> {
    const { network } = this.simulation.world
    const { name } = this.simulation.devices[device] as { name: string }
    network.cut(name)
    await meanwhile()
    await this.pass()
    network.heal(name)
    await this.pass(3_000)
  }
}

export function stageOf(script: Script): Stage {
  const instances = script.systems.map((name, i) => ({
    system: SYSTEMS_UNDER_TEST.find((system) => system.name === name) as InstanceUnderTest['system'],
    id: `i${i}`,
  }))
  const { devices, limits = {}, hostLimits = {}, diskLatency = 0 } = script
  const simulation = new Simulation({ seed: 1, devices, instances, limits, hostLimits })
  for (const device of simulation.devices) device.disk.latency = () => diskLatency
  return new Stage(simulation)
}

const SMALL = { pushCommits: 1, journalEntries: 2, journalChars: 1, turnsPerSlice: 1 }

export const SCRIPTS: readonly Script[] = [
  {
    title: 'one device calls, waits and calls again',
    systems: ['Counter'],
    devices: 1,
    hostLimits: SMALL,
    async run(stage) {
      stage.call(0, 0, 'increment')
      stage.call(0, 0, 'add', 2)
      await stage.pass()
      stage.call(0, 0, 'increment')
      stage.call(0, 0, 'peek')
      await stage.pass(1_000)
    },
  },
  {
    title: 'two devices increment the same counter offline',
    systems: ['Counter'],
    devices: 2,
    async run(stage) {
      await stage.pass()
      await stage.offline(0, async () => {
        for (let i = 0; i < 3; i++) stage.call(0, 0, 'increment')
        await stage.pass()
        for (let i = 0; i < 2; i++) stage.call(1, 0, 'add', 5)
      })
    },
  },
  {
    title: 'a name is claimed twice, so that one claim is rejected when it runs again',
    systems: ['Registry'],
    devices: 2,
    hostLimits: SMALL,
    async run(stage) {
      await stage.pass()
      await stage.offline(0, () => {
        stage.call(0, 0, 'claim', 'x', 'a')
        stage.call(0, 0, 'claim', 'y', 'a')
        stage.call(0, 0, 'release', 'x')
        stage.call(1, 0, 'claim', 'x', 'b')
      })
    },
  },
  {
    title: 'a claim is rejected, and a later release makes room for it, on a disk that is slower than the network',
    systems: ['Registry'],
    devices: 2,
    diskLatency: 20,
    async run(stage) {
      await stage.pass(500)
      await stage.offline(0, async () => {
        stage.call(1, 0, 'claim', 'x', 'b')
        stage.call(0, 0, 'claim', 'x', 'a')
        stage.call(0, 0, 'release', 'x')
        stage.call(0, 0, 'claim', 'y', 'a')
        await stage.pass(500)
      })
    },
  },
  {
    title: 'marks that do not touch each other, in two instances',
    systems: ['Marks', 'Marks'],
    devices: 2,
    limits: { snapshotEvery: 3, keepCommits: 1, newcomerTail: 1 },
    async run(stage) {
      for (let i = 0; i < 3; i++) {
        stage.call(0, i % 2, 'mark', stage.tag())
        stage.call(1, i % 2, 'put', stage.tag(), 'x')
        await stage.pass(20)
      }
    },
  },
  {
    title: 'a device comes back behind the compaction with calls of its own',
    systems: ['List'],
    devices: 2,
    limits: { snapshotEvery: 2, keepCommits: 0, newcomerTail: 0 },
    hostLimits: SMALL,
    async run(stage) {
      stage.call(0, 0, 'push', 1)
      await stage.pass()
      await stage.offline(0, async () => {
        stage.call(0, 0, 'push', 2)
        stage.call(0, 0, 'remove', 0)
        for (let i = 0; i < 4; i++) {
          stage.call(1, 0, 'push', i)
          await stage.pass(20)
        }
      })
    },
  },
  {
    title: 'transfers between hosts that come and go',
    systems: ['Bank', 'Ward'],
    devices: 2,
    hostLimits: SMALL,
    async run(stage) {
      stage.call(0, 0, 'transfer', 'ann', 'bob', 15)
      stage.call(1, 0, 'save', 'ann', 15)
      stage.call(0, 1, 'leave', 'dee')
      stage.call(1, 1, 'leave', 'eli')
      await stage.pass(20)
      stage.simulation.devices[0]?.killHost()
      stage.call(0, 0, 'transfer', 'bob', 'cat', 30)
      await stage.pass(500)
      await stage.simulation.world.server.restart()
      stage.call(1, 0, 'transfer', 'cat', 'ann', 10)
      await stage.pass(2_000)
    },
  },
]
