/** Undo leads back, redo leads forth again, and what is moved past others means the same after them. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isDisjoint } from '../../lib/protocol/footprint.ts'
import { applyOps, type Op, type State } from '../../lib/protocol/ops.ts'
import { copyValue, isPlainObject } from '../../lib/protocol/value.ts'
import { decode, encode } from '../../lib/protocol/wire.ts'
import type { Commit } from '../../lib/protocol/commit.ts'
import { rememberedOf, UNDO, type Undoable } from '../../worker/run/history.ts'
import { applyInvertibly, footprintOf, inverse } from '../../worker/run/inverse.ts'
import { isClash, moveOver } from '../../worker/run/transform.ts'
import { runTurn, type TurnOutcome } from '../../worker/run/turn.ts'
import { runUndo } from '../../worker/run/undo.ts'
import { programs, runs, states } from './arbitraries.ts'
import { type Fields, machine, sameUpToOrder, type Step } from './programs.ts'

const asState = (fields: Fields): State => copyValue(fields) as unknown as State

async function opsOf(state: State, program: readonly Step[]): Promise<readonly Op[]> {
  return runTurn(machine, 'id', state, { method: 'run', args: [program], now: 0, seed: 'seed' }).then(
    ({ ops }) => ops,
    () => [],
  )
}

function expectSame(a: State, b: State): void {
  if (!sameUpToOrder(a, b)) expect(a).toEqual(b)
  expect(sameUpToOrder(a, b)).toBe(true)
}

/** With the items of arrays in an order of their own. */
function unordered<T>(value: T): T {
  if (Array.isArray(value))
    return value
      .map((item) => [encode(unordered(item)), item] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([, item]) => unordered(item)) as T
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [key, unordered(item)])) as T
  return isPlainObject(value)
    ? (Object.fromEntries(
        Object.entries(value)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, item]) => [key, unordered(item)]),
      ) as T)
    : value
}

/** A log as an instance keeps it: what is called, and what is undone. */
class Log {
  state: State
  readonly history: Undoable[] = []
  #count = 0
  constructor(state: State) {
    this.state = state
  }

  async run(program: readonly Step[]): Promise<string> {
    return this.#append('run', [], await opsOf(this.state, program))
  }

  /** The id of the undo; `undefined` where there is a conflict. */
  undo(...calls: string[]): string | undefined {
    const outcome = this.attempt(calls)
    return outcome === undefined ? undefined : this.#append(UNDO, calls, outcome.ops)
  }

  attempt(calls: readonly string[]): TurnOutcome | undefined {
    try {
      return runUndo(machine, this.state, this.history, calls)
    } catch (error) {
      expect(error).toMatchObject({ code: 'undo/conflict' })
      return undefined
    }
  }

  #append(action: string, args: readonly string[], ops: readonly Op[]): string {
    const call = `t.${++this.#count}`
    const { state, inverse: back } = applyInvertibly(this.state, ops)
    this.state = state
    this.history.push(decode(encode({ ...rememberedOf({ call, action, args, ops } as unknown as Commit), inverse: back })) as Undoable)
    return call
  }
}

const short = programs(undefined, 3)

describe('inverse', () => {
  test('[undo] operations and their inverse lead back, also over the wire; the inverse of that leads forth again', async () => {
    await fc.assert(
      fc.asyncProperty(states, programs(undefined, 8), async (fields, program) => {
        const before = asState(fields)
        const text = encode(before)
        const ops = await opsOf(before, program)
        const { state: after, inverse: back } = applyInvertibly(before, ops)
        expect(encode(after)).toBe(encode(applyOps(before, ops)))
        const stored = decode(encode(back)) as Op[]
        expectSame(applyOps(after, stored), before)
        expectSame(applyOps(applyOps(after, stored), inverse(after, stored)), after)
        expect(encode(before)).toBe(text)
      }),
      runs(1500),
    )
  })

  test('[undo] operations that no turn makes yet have an inverse too', () => {
    const state: State = { n: 1, f: 0.1, minus: -0, text: 'ab', list: [1, 2], set: new Set(['a']) }
    const ops: Op[] = [
      ['increment', ['n'], 2],
      ['increment', ['f'], 0.2],
      ['increment', ['minus'], 1],
      ['append', ['text'], 'cd'],
      ['append', ['list'], [3, 4]],
      ['insert', ['list'], 0, []],
      ['remove', ['list'], 1, 0],
      ['set-add', ['set'], ['a', 'b']],
      ['set-delete', ['set'], ['a', 'c']],
      ['delete', ['none']],
    ]
    const { state: after, inverse: back } = applyInvertibly(state, ops)
    expect(after).toEqual({ n: 3, f: 0.1 + 0.2, minus: 1, text: 'abcd', list: [1, 2, 3, 4], set: new Set(['b']) })
    expectSame(applyOps(after, back), state)
    expect(back).toContainEqual(['increment', ['n'], -2])
    expect(footprintOf(state, ops).writes).toContainEqual(['remove', ['none']])
  })
})

describe('operations moved past others', () => {
  test('[undo] either way round leads to the same state', async () => {
    let moved = 0
    await fc.assert(
      fc.asyncProperty(states, short, short, async (fields, one, other) => {
        const state = asState(fields)
        const [a, b] = [await opsOf(state, one), await opsOf(state, other)]
        const outcome = moveOver(a, b)
        if (isClash(outcome)) return
        if (a.length > 0 && b.length > 0) moved++
        expectSame(applyOps(applyOps(state, b), outcome.ops), applyOps(applyOps(state, a), outcome.past))
      }),
      runs(3000),
    )
    expect(moved).toBeGreaterThan(300)
  })
})

describe('undo', () => {
  test('[undo] a stack of calls is undone to each state before, and redone to each state after', async () => {
    await fc.assert(
      fc.asyncProperty(states, fc.array(programs(undefined, 4), { minLength: 1, maxLength: 5 }), async (fields, list) => {
        const log = new Log(asState(fields))
        const seen = [log.state]
        const calls: string[] = []
        for (const program of list) {
          calls.push(await log.run(program))
          seen.push(log.state)
        }
        for (let round = 0; round < 2; round++) {
          for (let i = list.length - 1; i >= 0; i--) {
            const undo = log.undo(calls[i] as string)
            expect(undo).toBeDefined()
            calls[i] = undo as string
            expectSame(log.state, seen[i] as State)
          }
          for (let i = 0; i < list.length; i++) {
            const redo = log.undo(calls[i] as string)
            expect(redo).toBeDefined()
            calls[i] = redo as string
            expectSame(log.state, seen[i + 1] as State)
          }
        }
      }),
      runs(400),
    )
  })

  test('[undo] several calls undone at once lead back to before the first', async () => {
    await fc.assert(
      fc.asyncProperty(states, fc.array(short, { minLength: 1, maxLength: 5 }), async (fields, list) => {
        const log = new Log(asState(fields))
        const before = log.state
        const calls: string[] = []
        for (const program of list) calls.push(await log.run(program))
        const after = log.state
        const undo = log.undo(...calls)
        expectSame(log.state, before)
        log.undo(undo as string)
        expectSame(log.state, after)
        log.undo(...calls)
        expectSame(log.state, before)
      }),
      runs(400),
    )
  })

  test('[undo] of any call in any order: what goes is what it did, and undoing all that is left leads back to the beginning', async () => {
    let kept = 0
    const step = fc.oneof({ weight: 3, arbitrary: short }, { weight: 2, arbitrary: fc.nat(20) })
    await fc.assert(
      fc.asyncProperty(states, fc.array(step, { minLength: 2, maxLength: 12 }), async (fields, list) => {
        const log = new Log(asState(fields))
        const before = log.state
        const all: string[] = []
        for (const one of list) {
          if (typeof one !== 'number') all.push(await log.run(one))
          else if (all.length > 0) {
            const undo = log.undo(all[one % all.length] as string)
            if (undo === undefined) continue
            all.push(undo)
            kept++
          }
        }
        // An undo that counts is undone first, then the calls: the last first.
        for (const call of all.toReversed()) {
          const isCall = log.history.find((entry) => entry.call === call)?.undoes === undefined
          if (isCall) log.undo(call)
        }
        // Where neighbours have come and gone in between, an item comes back beside others than it had.
        expectSame(unordered(log.state), unordered(before))
      }),
      runs(800),
    )
    expect(kept).toBeGreaterThan(200)
  })

  test('[undo] a history with undos that name themselves, each other or nothing known leads to an answer all the same', () => {
    const entry = (call: string, ...undoes: string[]): Undoable => ({
      call,
      action: UNDO,
      hasChanged: true,
      undoes,
      inverse: [['set', ['n'], 0]],
    })
    const history = [
      entry('a', 'a'),
      entry('b', 'c'),
      entry('c', 'b'),
      entry('a', 'b'),
      entry('d', 'nothing'),
      entry('e', 'd'),
      entry('f', 'e', 'e'),
    ]
    for (const { call } of history) {
      try {
        expect(runUndo(machine, { n: 1 }, history, [call, call]).ops.length).toBeLessThan(2)
      } catch (error) {
        expect(error).toMatchObject({ code: 'undo/conflict' })
      }
    }
  })

  test('[Y1] what another commit in between would change about an undo touches its footprint', async () => {
    let disjoint = 0
    await fc.assert(
      fc.asyncProperty(
        states,
        fc.array(short, { minLength: 1, maxLength: 4 }),
        fc.oneof(short, fc.nat(4)),
        fc.nat(4),
        fc.boolean(),
        async (fields, list, other, which, twice) => {
          const build = async (): Promise<[Log, string[]]> => {
            const log = new Log(asState(fields))
            const calls: string[] = []
            for (const program of list) calls.push(await log.run(program))
            if (twice) calls.push(log.undo(calls[which % calls.length] as string) ?? (calls[0] as string))
            return [log, calls]
          }
          const [alone, calls] = await build()
          const target = [calls[which % calls.length] as string]
          const mine = alone.attempt(target)
          if (mine === undefined) return
          const [log] = await build()
          const foreign =
            typeof other === 'number'
              ? log.attempt([calls[other % calls.length] as string])
              : await runTurn(machine, 'id', log.state, { method: 'run', args: [other], now: 0, seed: 's' }).catch(() => undefined)
          if (foreign === undefined || !isDisjoint(foreign, mine)) return
          if (typeof other === 'number') log.undo(calls[other % calls.length] as string)
          else await log.run(other)
          const then = log.attempt(target)
          disjoint++
          expect(encode(then?.ops)).toBe(encode(mine.ops))
        },
      ),
      runs(1500),
    )
    expect(disjoint).toBeGreaterThan(100)
  })
})
