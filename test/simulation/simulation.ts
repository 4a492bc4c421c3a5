/**
 * A world under test with its users, and what must hold in it: at every moment (`checkSafety`), and once the faults have
 * stopped (`recover`).
 */
import { createHash } from 'node:crypto'
import { applyOps, type State } from '../../lib/protocol/ops.ts'
import { encode } from '../../lib/protocol/wire.ts'
import { createWorld, type Device, type World, type WorldOptions } from '../../testing/index.ts'
import { isDerived, type Ledger } from '../../worker/run/ledger.ts'
import { readLedger } from '../../worker/run/ledger-store.ts'
import { NO_CHANGE, rememberedOf, UNDO } from '../../worker/run/history.ts'
import { applyInvertibly } from '../../worker/run/inverse.ts'
import { runTurn } from '../../worker/run/turn.ts'
import { runUndo } from '../../worker/run/undo.ts'
import { assertHolds, RuleBroken } from './failure.ts'
import { awaiting, type SystemUnderTest } from './systems.ts'
import { type TrueLog, Truth } from './truth.ts'
import { type InstanceUnderTest, type MadeCall, User } from './user.ts'

export interface SimulationOptions {
  readonly seed: number
  readonly devices: number
  readonly instances: readonly InstanceUnderTest[]
  readonly limits?: WorldOptions['limits']
  readonly hostLimits?: WorldOptions['hostLimits']
}

/** After the faults have stopped everything must have come to rest in this time (rule Y7). */
const RECOVERY = 30_000
/** Nobody has a reason to send so many frames at one moment. */
const BUSY = 3_000

export class Simulation {
  readonly world: World
  readonly truth: Truth
  readonly devices: readonly Device[]
  readonly users: User[] = []
  readonly instances: readonly InstanceUnderTest[]
  /** What happened, for people. */
  readonly story: string[] = []
  readonly #hash = createHash('sha256')
  readonly #broken: RuleBroken[] = []
  readonly #ledgers = new Map<string, { readonly writes: number; readonly ledger: Ledger | undefined }>()
  #paused: { readonly since: number; readonly resume: () => void }[] = []
  #isChecking = false
  #frames = { at: 0, count: 0 }
  /** From here on nothing is held up. */
  isCalm = false

  constructor({ seed, devices, instances, limits, hostLimits }: SimulationOptions) {
    const systems = [...new Set(instances.map(({ system }) => system))]
    this.instances = instances
    this.truth = new Truth(systems)
    this.world = createWorld({
      systems: Object.fromEntries(systems.map(({ name, Class }) => [name, Class])),
      seed,
      engine: this.truth.engine,
      ...(limits === undefined ? {} : { limits }),
      ...(hostLimits === undefined ? {} : { hostLimits }),
    })
    this.devices = Array.from({ length: devices }, (_, i) => this.world.device('abcdefgh'[i] as string))
    for (const device of this.devices) device.disk.written = (what) => this.trace(`${device.name} ${what} ${device.disk.writes}`)
    this.world.network.filter = (frame) => this.#frame(frame)
    awaiting.running = 0
    awaiting.pause = () =>
      this.#isChecking || this.isCalm
        ? Promise.resolve()
        : new Promise((resume) => this.#paused.push({ since: this.world.clock.now(), resume }))
  }

  /** Codes of errors that calls may fail with, beside those that actions throw. */
  expectedErrors: ReadonlySet<string> = new Set()
  /** Decides about each frame before it arrives. */
  onFrame: (frame: { readonly device: string; readonly toServer: boolean }) => 'deliver' | 'cut' = () => 'deliver'

  /** One line for all that happened: equal in two runs of one seed. */
  get traceHash(): string {
    return this.#hash.copy().digest('hex')
  }

  trace(line: string): void {
    this.#hash.update(`${this.world.clock.now()} ${line}\n`)
  }

  tell(line: string): void {
    this.story.push(line)
    this.trace(line)
  }

  openUser(device: Device): User {
    const options = {
      device,
      instances: this.instances,
      broken: (error: RuleBroken) => void this.#broken.push(error),
      trace: (line: string) => this.trace(line),
    }
    const user = new User(options)
    this.users.push(user)
    return user
  }

  get aliveUsers(): User[] {
    return this.users.filter(({ isAlive }) => isAlive)
  }

  killDevice(device: Device): void {
    for (const user of this.users) if (user.device === device) user.isAlive = false
    device.kill()
  }

  /** Lets actions go on that have waited in their middle for so long. */
  releasePauses(ms = 0): void {
    const due = this.#paused.filter(({ since }) => since <= this.world.clock.now() - ms)
    this.#paused = this.#paused.filter((paused) => !due.includes(paused))
    for (const { resume } of due) resume()
  }

  // ---- safety --------------------------------------------------------------------------------------------------------

  /** To be called at any moment, however much is under way. @throws RuleBroken */
  async checkSafety(): Promise<void> {
    this.#isChecking = true
    try {
      this.#throwBroken()
      await this.truth.check()
      for (const device of this.devices) await this.#checkDisk(device)
      for (const user of this.users) await this.#checkCalls(user)
      for (const user of this.aliveUsers) await this.#remember(user)
    } finally {
      this.#isChecking = false
    }
  }

  /** What tabs show is what is confirmed with what is pending run again on top. To be called when nothing is under way. */
  async checkViews(): Promise<void> {
    for (const user of this.aliveUsers) {
      if (!user.device.disk.isIdle || awaiting.running > 0 || user.home.status.peek() !== 'connected') continue
      for (const view of user.views.values()) {
        const ledger = await this.#ledger(user.device, view.on)
        if (ledger === undefined || !view.isReady || view.handle.$status.peek() !== 'connected') continue
        const [shown, expected] = [encode(user.shown(view)), encode(await this.#model(view.on.system, view.on.id, ledger))]
        assertHolds(
          'Y3',
          shown === expected,
          () =>
            `a tab of ${user.device.name} shows ${view.on.system.name} ${view.on.id} as ${shown}; confirmed and pending make ${expected}`,
        )
      }
    }
  }

  #throwBroken(): void {
    const first = this.#broken[0]
    if (first !== undefined) throw first
  }

  async #checkDisk(device: Device): Promise<void> {
    for (const on of this.instances) {
      const known = this.#ledgers.get(keyOf(device, on))
      if (known?.writes === device.disk.writes) continue
      const ledger = await this.#ledger(device, on)
      if (ledger !== undefined) this.#checkLedger(device, on, ledger)
    }
  }

  async #ledger(device: Device, on: InstanceUnderTest): Promise<Ledger | undefined> {
    const known = this.#ledgers.get(keyOf(device, on))
    if (known?.writes === device.disk.writes) return known.ledger
    const stored = await device.disk.read({ system: on.system.name, id: on.id })
    const ledger = stored === undefined ? undefined : readLedger(stored).ledger
    this.#ledgers.set(keyOf(device, on), { writes: device.disk.writes, ledger })
    return ledger
  }

  #checkLedger(device: Device, on: InstanceUnderTest, ledger: Ledger): void {
    const where = `${device.name} has ${on.system.name} ${on.id} at ${ledger.head}`
    const log = this.truth.log(on.system.name, on.id)
    assertHolds('Y6', ledger.head === 0 || ledger.log === log?.id, () => `${where} of the log ${ledger.log}; the log is ${log?.id}`)
    assertHolds('V3', ledger.head <= (log?.head ?? 0), () => `${where}; the log's head is ${log?.head}`)
    if (log !== undefined) this.#checkConfirmed(where, ledger, log)
    this.#checkPending(where, ledger, log)
    for (const [call, { action, error }] of ledger.rejected) {
      assertHolds('Y4', log?.calls.has(call) !== true, () => `${where}: the call ${call} is among the rejected, and in the log`)
      assertHolds(
        'Y4',
        error.code === undefined || (action === UNDO && error.code.startsWith('undo/')),
        () => `${where}: the call ${call} was rejected though its action did not throw: ${error.code}, ${error.message}`,
      )
    }
  }

  #checkConfirmed(where: string, ledger: Ledger, log: TrueLog): void {
    const [have, expected] = [encode(ledger.confirmed), log.states[ledger.head] as string]
    assertHolds('Y6', have === expected, () => `${where} as ${have}; the log makes it ${expected}`)
    const boots = new Map<string, number>()
    for (const { boot, n } of log.commits.slice(0, ledger.head)) boots.set(boot, n)
    assertHolds(
      'Y5',
      encode(new Map(Object.entries(ledger.boots))) === encode(boots),
      () => `${where} with the boots ${encode(ledger.boots)}; the log has ${encode(boots)}`,
    )
  }

  #checkPending(where: string, { pending, head }: Ledger, log: TrueLog | undefined): void {
    const counts = new Map<string, number>()
    for (const { commit } of pending) {
      const { boot, n, call } = commit
      assertHolds('Y5', n > (counts.get(boot) ?? 0), () => `${where}: pending keys of one boot do not grow`)
      counts.set(boot, n)
      const offset = isDerived(commit) ? undefined : log?.calls.get(call)?.offset
      assertHolds('Y5', offset === undefined || offset > head, () => `${where}: the call ${call} is pending, and in the log at ${offset}`)
    }
  }

  /** Nothing acknowledged is lost in silence, nothing refused takes effect. */
  async #checkCalls(user: User): Promise<void> {
    for (const made of user.calls) {
      if (made.isOver) continue
      const log = this.truth.log(made.on.system.name, made.on.id)
      const logged = log?.calls.get(made.id)
      const ledger = await this.#ledger(user.device, made.on)
      const where = `the call ${made.id} of ${made.on.system.name} ${made.on.id} (${made.action}) on ${user.device.name}`
      if (made.told === 'failed') this.#checkFailed(made, where, logged !== undefined, ledger)
      if (made.told === 'stored') this.#checkStored(made, where, logged !== undefined, ledger)
      if (made.confirmed === 'yes') this.#checkConfirmedCall(made, where, logged)
      made.isOver = logged !== undefined && made.confirmed === 'yes'
    }
  }

  #checkFailed(made: MadeCall, where: string, isLogged: boolean, ledger: Ledger | undefined): void {
    const code = (made.error as { code?: string }).code
    assertHolds(
      'S3',
      code === undefined || this.expectedErrors.has(code) || (made.action.startsWith('$') && code.startsWith('undo/')),
      () => `${where} failed for no reason of its own: ${String(made.error)}`,
    )
    assertHolds('A2', !isLogged, () => `${where} failed with ${String(made.error)}, and stands in the log`)
    const isPending = ledger?.pending.some(({ commit }) => commit.call === made.id) === true
    assertHolds('A2', !isPending, () => `${where} failed with ${String(made.error)}, and is pending`)
  }

  #checkStored(made: MadeCall, where: string, isLogged: boolean, ledger: Ledger | undefined): void {
    if (isLogged || made.on.system.mayBeEmpty.has(made.action)) return
    const isPending = ledger?.pending.some(({ commit }) => commit.call === made.id) === true
    const isRejected = ledger?.rejected.has(made.id) === true
    assertHolds('S3', isPending || isRejected, () => `${where} was answered, and is neither in the log nor pending nor rejected`)
  }

  #checkConfirmedCall(made: MadeCall, where: string, logged: { readonly offset: number; readonly value: unknown } | undefined): void {
    if (logged === undefined)
      return assertHolds('Y3', made.on.system.mayBeEmpty.has(made.action), () => `${where} was confirmed, and is not in the log`)
    const [told, counts] = [encode(made.value), encode(logged.value)]
    assertHolds(
      'Y3',
      told === counts,
      () => `${where} was confirmed with ${told}; the run that counts, at ${logged.offset}, answered ${counts}`,
    )
  }

  /** What a tab has seen and its device has stored must be there for ever (rules A5, F5). */
  async #remember(user: User): Promise<void> {
    for (const view of user.views.values()) {
      if (!view.on.system.marks || !view.isReady) continue
      const ledger = await this.#ledger(user.device, view.on)
      if (ledger === undefined) continue
      const durable = durableMarks(ledger)
      // What an unanswered call did may go once more and come back: it runs again if its host dies.
      for (const { told, on, args } of user.calls) if (told === 'nothing' && on === view.on) durable.delete(args[0])
      user.remember(view, durable)
    }
  }

  /** The confirmed state with the pending calls run again on it; those that throw change nothing. */
  async #model(under: SystemUnderTest, id: string, { confirmed, pending, history }: Ledger): Promise<State> {
    this.#isChecking = true
    let state = confirmed
    const past = [...history.entries]
    for (const one of pending) {
      const { commit, connection } = one
      if (isDerived(commit)) {
        if (Object.keys(state).length === 0) state = applyOps(state, commit.ops)
        continue
      }
      const call = {
        method: commit.action as string,
        args: commit.args ?? [],
        now: commit.at,
        seed: commit.call,
        ...(connection === undefined ? {} : { connection }),
      }
      const system = this.truth.described(under.name)
      const run = async () =>
        commit.action === UNDO ? runUndo(system, state, past, commit.args as string[]) : runTurn(system, id, state, call)
      const turn = await run().catch(() => undefined)
      if (turn === undefined) past.push({ ...rememberedOf(commit, { failure: 'rejected' }), ...NO_CHANGE })
      else {
        const applied = applyInvertibly(state, turn.ops)
        state = applied.state
        past.push({ ...rememberedOf({ ...commit, ops: turn.ops }, one), inverse: applied.inverse })
      }
    }
    this.#isChecking = false
    return state
  }

  // ---- liveness ------------------------------------------------------------------------------------------------------

  /** The faults stop; after 30 s everything must be in sync and at rest (rule Y7). @throws RuleBroken */
  async recover(): Promise<void> {
    await this.calmDown()
    await this.world.clock.advance(RECOVERY)
    await this.checkSafety()
    await this.checkViews()
    for (const device of this.devices) await this.#checkAtRest(device)
    for (const user of this.aliveUsers) this.#checkUserAtRest(user)
  }

  /** Ends all faults, and brings back what is dead; every device has a tab. */
  async calmDown(): Promise<void> {
    const { network, server } = this.world
    this.isCalm = true
    this.releasePauses()
    this.onFrame = () => 'deliver'
    this.truth.atAppend = () => undefined
    network.latency = () => 0
    server.latency = () => 0
    for (const device of this.devices) {
      device.disk.disarm()
      device.disk.latency = () => 0
      network.heal(device.name)
    }
    if (!server.isAlive) await server.restart()
    for (const device of this.devices) {
      if (!device.isAlive) await device.restart()
      else device.endUsurped()
      if (!this.aliveUsers.some((user) => user.device === device)) this.openUser(device)
    }
  }

  async #checkAtRest(device: Device): Promise<void> {
    for (const on of this.instances) {
      const ledger = await this.#ledger(device, on)
      const log = this.truth.log(on.system.name, on.id)
      const where = `${RECOVERY / 1000} s after the faults ${device.name} has ${on.system.name} ${on.id}`
      assertHolds('Y7', ledger !== undefined, () => `${where} not at all`)
      const { pending, head } = ledger as Ledger
      assertHolds('Y7', pending.length === 0, () => `${where} with ${pending.length} pending`)
      assertHolds('Y7', head === log?.head, () => `${where} at ${head}; the log's head is ${log?.head}`)
    }
  }

  #checkUserAtRest(user: User): void {
    const where = `${RECOVERY / 1000} s after the faults a tab of ${user.device.name}`
    const sync = user.home.sync.peek()
    assertHolds('Y7', sync.state === 'live' && sync.pending === 0, () => `${where} says ${encode(sync)}`)
    for (const view of user.views.values()) {
      const [shown, expected] = [encode(user.shown(view)), this.truth.log(view.on.system.name, view.on.id)?.states.at(-1)]
      assertHolds(
        'Y7',
        shown === expected,
        () => `${where} shows ${view.on.system.name} ${view.on.id} as ${shown}; the log makes it ${expected}`,
      )
    }
    for (const { id, action, told, confirmed } of user.calls) {
      const isSettled = told === 'failed' || (told === 'stored' && confirmed !== 'no')
      assertHolds(
        'Y7',
        isSettled,
        () => `${where} does not know what became of its call ${id} (${action}): told ${told}, confirmed ${confirmed}`,
      )
    }
    this.#throwBroken()
  }

  /** Frames without end while no time passes would hold up this process for ever: everything is taken down. */
  #assertNotBusy(): void {
    const now = this.world.clock.now()
    if (now !== this.#frames.at) this.#frames = { at: now, count: 0 }
    if (++this.#frames.count < BUSY) return
    this.#broken.push(new RuleBroken('Y7', `${BUSY} frames were sent while no time passed`))
    for (const device of this.devices) this.world.network.cut(device.name)
    this.world.server.kill()
  }

  #frame(frame: { readonly device: string; readonly toServer: boolean; readonly text: string }): 'deliver' | 'cut' {
    this.#assertNotBusy()
    const verdict = this.onFrame(frame)
    this.trace(`${frame.device} ${frame.toServer ? '>' : '<'} ${verdict} ${frame.text}`)
    return verdict
  }
}

function durableMarks({ confirmed, pending }: Ledger): Set<unknown> {
  return new Set([...((confirmed['marks'] as Set<string> | undefined) ?? []), ...pending.map(({ commit }) => commit.args?.[0])])
}

function keyOf(device: Device, on: InstanceUnderTest): string {
  return `${device.name} ${on.system.name} ${on.id}`
}
