/** One tab as its user knows it: the calls made there, what became of them, and everything that it has ever shown. */
import { effect, type ReadonlySignal } from '@preact/signals-core'
import type { State } from '../../lib/protocol/ops.ts'
import { encode } from '../../lib/protocol/wire.ts'
import type { ActionCall, Home } from '../../lib/tab/types.ts'
import type { Device } from '../../testing/index.ts'
import { RuleBroken } from './failure.ts'
import type { SystemUnderTest } from './systems.ts'

export interface InstanceUnderTest {
  readonly system: SystemUnderTest
  readonly id: string
}

/** A call and what its user has been told. */
export interface MadeCall {
  readonly id: string
  readonly on: InstanceUnderTest
  readonly action: string
  readonly args: readonly unknown[]
  told: 'nothing' | 'stored' | 'failed'
  confirmed: 'no' | 'yes' | 'rejected'
  /** The result that counts, once confirmed. */
  value: unknown
  error: unknown
  /** It stands in the log, or its rejection was seen and put away: nothing more can become of it. */
  isOver: boolean
}

type Handle = Record<string, ReadonlySignal<unknown>> & {
  actions: Record<string, (...args: unknown[]) => ActionCall<unknown>>
  $ready: Promise<void>
  $status: ReadonlySignal<string>
  $close(): void
}

/** What one handle has shown. */
export interface View {
  readonly on: InstanceUnderTest
  readonly handle: Handle
  readonly fields: readonly string[]
  isReady: boolean
  /** Marks that were durable when they were seen. */
  readonly seen: Set<string>
  /** The highest total that a resolved call has answered. */
  floor: number
}

export interface UserOptions {
  readonly device: Device
  readonly instances: readonly InstanceUnderTest[]
  /** Told of each broken rule: nothing may be thrown into the code that shows it. */
  broken(error: RuleBroken): void
  trace(line: string): void
}

export class User {
  readonly device: Device
  readonly home: Home
  readonly calls: MadeCall[] = []
  readonly views = new Map<InstanceUnderTest, View>()
  isAlive = true
  readonly #options: UserOptions

  constructor(options: UserOptions) {
    this.#options = options
    this.device = options.device
    this.home = options.device.tab()
    for (const on of options.instances) this.#open(on)
  }

  /** Makes a call, and follows it. */
  call(on: InstanceUnderTest, action: string, args: readonly unknown[]): MadeCall {
    const view = this.views.get(on) as View
    const call = (view.handle.actions[action] as (...args: unknown[]) => ActionCall<unknown>)(...args)
    const made: MadeCall = {
      id: call.id,
      on,
      action,
      args,
      told: 'nothing',
      confirmed: 'no',
      value: undefined,
      error: undefined,
      isOver: false,
    }
    this.calls.push(made)
    call.then(
      (value) => this.#stored(made, view, value),
      (error: unknown) => {
        made.told = 'failed'
        made.error = error
        this.#options.trace(`${made.id} failed ${String(error)}`)
      },
    )
    call.confirmed.then(
      (value) => {
        made.confirmed = 'yes'
        made.value = value
        this.#options.trace(`${made.id} confirmed ${encode(value)}`)
      },
      (error: unknown) => {
        made.confirmed = 'rejected'
        made.error = error
      },
    )
    return made
  }

  /** What the tab shows of an instance. */
  shown({ handle, fields }: View): State {
    return Object.fromEntries(fields.map((field) => [field, handle[field]?.value]))
  }

  /** From now on what is seen here and durable must be seen for ever. */
  remember({ handle, seen }: View, durable: ReadonlySet<unknown>): void {
    const marks = (handle['marks'] as ReadonlySignal<unknown>).value as Set<string>
    for (const mark of marks) if (durable.has(mark)) seen.add(mark)
  }

  die(): void {
    this.isAlive = false
    this.device.killTab(this.home)
  }

  close(): void {
    this.isAlive = false
    this.home.close()
  }

  #open(on: InstanceUnderTest): void {
    const handle = this.home.system(on.system.name, { id: on.id }) as unknown as Handle
    const fields = (on.system.Class as unknown as { fields: readonly string[] }).fields
    const view: View = { on, handle, fields, isReady: false, seen: new Set(), floor: 0 }
    this.views.set(on, view)
    this.home.ready.then(
      () => effect(() => this.#look(view)),
      () => undefined,
    )
    handle.$ready.then(
      () => (view.isReady = true),
      () => undefined,
    )
  }

  /** Runs whenever something that the tab shows has changed. */
  #look(view: View): void {
    const state = this.shown(view)
    if (!this.isAlive) return
    const missing = view.fields.find((field) => state[field] === undefined)
    if (missing !== undefined) return this.#broken('F1', view, `it shows no field ${missing}`)
    const fault = view.on.system.faultOf(state)
    if (fault !== undefined) this.#broken('A2', view, fault)
    if (!view.isReady) return
    for (const mark of view.seen)
      if (!(state['marks'] as Set<string>).has(mark)) this.#broken('A5', view, `${mark} was there before and is gone`)
    if ((state['total'] as number) < view.floor)
      this.#broken('A5', view, `the total is ${String(state['total'])}, a call has answered ${view.floor}`)
  }

  #stored(made: MadeCall, view: View, value: unknown): void {
    made.told = 'stored'
    this.#options.trace(`${made.id} stored ${encode(value)}`)
    if (!this.device.disk.mentions(made.id))
      this.#broken('S1', view, `the call ${made.id} (${made.action}) was answered, but nothing of it is on the disk`)
    const state = this.shown(view)
    if (view.on.system.marks && !(state['marks'] as Set<string>).has(made.args[0] as string))
      this.#broken('A5', view, `the call ${made.id} (${made.action}) was answered, but the tab does not show it`)
    if (made.action === 'increment' || made.action === 'add') view.floor = Math.max(view.floor, value as number)
    if ((state['total'] as number) < view.floor)
      this.#broken('A5', view, `the total is ${String(state['total'])}, the call ${made.id} has answered ${view.floor}`)
  }

  #broken(rule: string, { on }: View, what: string): void {
    this.#options.broken(new RuleBroken(rule, `a tab of ${this.device.name}, ${on.system.name} ${on.id}: ${what}`))
  }
}
