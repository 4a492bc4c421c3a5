/**
 * The server's logs as they came to be: every commit that was ever appended, the state at every offset, and whether each
 * commit keeps the promise (rules Y1, Y5, Q2). Compaction forgets commits; this does not.
 */
import { type Commit, commitKey } from '../../lib/protocol/commit.ts'
import type { State } from '../../lib/protocol/ops.ts'
import { decode, encode } from '../../lib/protocol/wire.ts'
import { type DescribedSystem, describeSystem } from '../../lib/system/describe-system.ts'
import type { Batch, Engine, InstanceName } from '../../sync-server/engine.ts'
import { createMemoryEngine } from '../../sync-server/engines/memory.ts'
import { createCommit } from '../../worker/run/derived.ts'
import { rememberedOf, UNDO, type Undoable } from '../../worker/run/history.ts'
import { applyInvertibly } from '../../worker/run/inverse.ts'
import { runTurn } from '../../worker/run/turn.ts'
import { runUndo } from '../../worker/run/undo.ts'
import { assertHolds } from './failure.ts'
import type { SystemUnderTest } from './systems.ts'

const CREATE = 'create'

/** One instance's log. */
export class TrueLog {
  readonly id: string
  readonly system: string
  readonly instance: string
  readonly commits: Commit[] = []
  /** The encoded state at each offset, from 0. */
  readonly states: string[] = [encode({})]
  state: State = {}
  /** Offset and result of each call. */
  readonly calls = new Map<string, { readonly offset: number; readonly value: unknown }>()
  /** How to undo each commit. */
  readonly history: Undoable[] = []
  readonly #keys = new Set<string>()
  /** The last call of each tab. */
  readonly #counts = new Map<string, number>()

  constructor({ log, system, id }: Batch) {
    this.id = log
    this.system = system
    this.instance = id
  }

  get head(): number {
    return this.commits.length
  }

  /** How many commits have been checked. */
  get checked(): number {
    return this.states.length - 1
  }

  /** Runs the next commit alone on the state before it. */
  async checkNext(system: DescribedSystem, under: SystemUnderTest): Promise<void> {
    const offset = this.states.length
    const commit = this.commits[offset - 1] as Commit
    const where = `${this.system} ${this.instance} at ${offset}: ${commit.action ?? commitKey(commit)}(${encode(commit.args ?? []).slice(1, -1)}), call ${commit.call}`
    this.#checkOnce(commit, where)
    this.#checkOrder(commit, where)
    const { ops, value } = await this.#runAlone(system, commit, where)
    assertHolds(
      'Y1',
      encode(ops) === encode(commit.ops),
      () => `${where}: run alone it does ${encode(ops)}, the log has ${encode(commit.ops)}`,
    )
    const { state, inverse } = applyInvertibly(this.state, commit.ops)
    this.state = state
    this.history.push({ ...rememberedOf(commit), inverse })
    const fault = under.faultOf(this.state)
    assertHolds('Y1', fault === undefined, () => `${where}: after it ${fault}`)
    this.states.push(encode(this.state))
    this.calls.set(commit.call, { offset, value })
  }

  #checkOnce(commit: Commit, where: string): void {
    const key = commitKey(commit)
    assertHolds('Y5', !this.#keys.has(key), () => `${where}: the key ${key} stands in the log already`)
    assertHolds(
      'Y5',
      !this.calls.has(commit.call),
      () => `${where}: the call stands in the log already, at ${this.calls.get(commit.call)?.offset}`,
    )
    this.#keys.add(key)
  }

  #checkOrder({ call }: Commit, where: string): void {
    const dot = call.lastIndexOf('.')
    if (dot < 0) return
    const [tab, count] = [call.slice(0, dot), Number(call.slice(dot + 1))]
    const last = this.#counts.get(tab) ?? 0
    assertHolds('Q2', count > last, () => `${where}: the tab made it before its call ${last}, which stands before it in the log`)
    this.#counts.set(tab, count)
  }

  async #runAlone(system: DescribedSystem, commit: Commit, where: string) {
    if (commit.boot === CREATE)
      return (await createCommit(system, this.instance, { now: () => commit.at, setTimeout: () => () => undefined })).commit as {
        ops: unknown
        value?: unknown
      }
    const call = { method: commit.action as string, args: commit.args ?? [], now: commit.at, seed: commit.call }
    try {
      if (commit.action === UNDO) return runUndo(system, this.state, this.history, commit.args as string[])
      return await runTurn(system, this.instance, this.state, call)
    } catch (error) {
      throw assertHolds('Y1', false, () => `${where}: run alone it throws ${String(error)}`)
    }
  }
}

export class Truth {
  readonly engine: Engine
  readonly logs = new Map<string, TrueLog>()
  /** Called right before and after each append takes effect. One that the server does not live to make does not happen. */
  atAppend: (when: 'before' | 'after') => 'die' | void = () => undefined
  readonly #systems: ReadonlyMap<string, { readonly under: SystemUnderTest; readonly described: DescribedSystem }>

  constructor(systems: readonly SystemUnderTest[]) {
    this.#systems = new Map(systems.map((under) => [under.name, { under, described: describeSystem(under.name, under.Class) }]))
    this.engine = this.#recording(createMemoryEngine())
  }

  described(system: string): DescribedSystem {
    return (this.#systems.get(system) as { described: DescribedSystem }).described
  }

  log(system: string, instance: string): TrueLog | undefined {
    return [...this.logs.values()].find((log) => log.system === system && log.instance === instance)
  }

  /** Checks what was appended since the last time. */
  async check(): Promise<void> {
    for (const log of this.logs.values()) {
      const { under, described } = this.#systems.get(log.system) as { under: SystemUnderTest; described: DescribedSystem }
      while (log.checked < log.head) await log.checkNext(described, under)
    }
  }

  #recording(engine: Engine): Engine {
    const append = async (name: InstanceName, batch: Batch): Promise<boolean> => {
      if (this.atAppend('before') === 'die') return new Promise(() => undefined)
      const isAppended = await engine.append(name, batch)
      if (!isAppended) return false
      const key = `${name.namespace} ${name.hash}`
      const log = this.logs.get(key) ?? new TrueLog(batch)
      this.logs.set(key, log)
      log.commits.push(...batch.commits.map(({ text }) => decode(text) as Commit))
      this.atAppend('after')
      return true
    }
    const { head, read, find, readSnapshot, writeSnapshot, trim, close } = engine
    const bound = { head, read, find, readSnapshot, writeSnapshot, trim, close }
    return { ...(Object.fromEntries(Object.entries(bound).map(([name, call]) => [name, call.bind(engine)])) as typeof bound), append }
  }
}
