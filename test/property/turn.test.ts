/** An action on the state does what the same code does on plain objects, and nothing else. */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { applyOps, type State } from '../../lib/protocol/ops.ts'
import { copyValue, equalValues, isPlainObject } from '../../lib/protocol/value.ts'
import { decode, encode } from '../../lib/protocol/wire.ts'
import { runTurn, type TurnOutcome } from '../../worker/run/turn.ts'
import { programs, runs, states } from './arbitraries.ts'
import { type Fields, machine, runProgram, sameUpToOrder, type Step } from './programs.ts'

interface Expected {
  readonly state: Fields
  readonly value: unknown
}

/** What plain JavaScript makes of the program; `undefined` where it throws or ends in a state that rule A3 refuses. */
function runPlainly(state: Fields, program: readonly Step[]): Expected | undefined {
  const clone = copyValue(state)
  try {
    const value = runProgram(clone, program)
    return { state: copyValue(clone), value }
  } catch {
    return undefined
  }
}

async function runAsTurn(state: Fields, program: readonly Step[]): Promise<TurnOutcome | undefined> {
  const call = { method: 'run', args: [program], now: 0, seed: 'seed' }
  return runTurn(machine, 'id', state as unknown as State, call).catch(() => undefined)
}

const cases = fc.tuple(states, programs(undefined, 8))

describe('a turn against plain JavaScript', () => {
  test('[A3] the state after the operations, and the result, are those of plain JavaScript; refused where its state is none', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ([state, program]) => {
        const expected = runPlainly(state, program)
        const outcome = await runAsTurn(state, program)
        if (expected === undefined || outcome === undefined) {
          expect([expected, outcome]).toEqual([undefined, undefined])
          return
        }
        const after = applyOps(state as unknown as State, outcome.ops)
        if (!sameUpToOrder(after, expected.state)) expect(after).toEqual(expected.state)
        expect(sameUpToOrder(after, expected.state)).toBe(true)
        expect(equalValues(outcome.value, expected.value) || [outcome.value, expected.value]).toBe(true)
      }),
      runs(2500),
    )
  })

  test('[Y6] operations that went over the wire lead to the same state, order included', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ([state, program]) => {
        const outcome = await runAsTurn(state, program)
        if (outcome === undefined) return
        const elsewhere = applyOps(decode(encode(state)) as State, decode(encode(outcome.ops)) as TurnOutcome['ops'])
        expect(encode(elsewhere)).toBe(encode(applyOps(state as unknown as State, outcome.ops)))
        expect(decode(encode({ reads: outcome.reads, writes: outcome.writes }))).toEqual({ reads: outcome.reads, writes: outcome.writes })
      }),
      runs(600),
    )
  })

  test('[A2] the state before a turn is untouched, and what did not change keeps its identity', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ([state, program]) => {
        const before = encode(state)
        const outcome = await runAsTurn(state, program)
        expect(encode(state)).toBe(before)
        if (outcome === undefined) return
        const after = applyOps(state as unknown as State, outcome.ops)
        expect(encode(state)).toBe(before)
        expectSharing(state, after)
      }),
      runs(800),
    )
  })
})

/** Where no part of an object changed, the object is the same one. */
function expectSharing(before: unknown, after: unknown): void {
  if (typeof before !== 'object' || before === null || before === after) return
  if (before instanceof Date || before instanceof Uint8Array || before instanceof Map || before instanceof Set || Array.isArray(before))
    return
  if (!isPlainObject(before) || !isPlainObject(after)) return
  for (const key of Object.keys(before)) {
    if (!Object.hasOwn(after, key)) continue
    expect(
      before[key] === after[key] || !equalValues(before[key], after[key]) || typeof before[key] !== 'object',
      `${key} changed its identity only`,
    ).toBe(true)
    expectSharing(before[key], after[key])
  }
}
