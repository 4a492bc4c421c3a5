/** Footprints are sound: turns whose footprints are disjoint do not notice each other (the promise, rule Y1). */
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Footprint, isDisjoint, type Read, touchesRead, touchesWrite, type Write, WriteIndex } from '../../lib/protocol/footprint.ts'
import { applyOps, type Op, type State } from '../../lib/protocol/ops.ts'
import { type Path, startsWith } from '../../lib/protocol/path.ts'
import { equalValues } from '../../lib/protocol/value.ts'
import { encode } from '../../lib/protocol/wire.ts'
import { runTurn, type TurnOutcome } from '../../worker/run/turn.ts'
import { runOnce } from '../spec/run-once.ts'
import { programs, runs, states } from './arbitraries.ts'
import { machine, sameUpToOrder, type Step, stepNames } from './programs.ts'

type Run = (state: State, program: readonly Step[]) => Promise<TurnOutcome | undefined>

const run: Run = (state, program) => {
  const call = { method: 'run', args: [program], now: 0, seed: 'seed' }
  return runTurn(machine, 'id', state, call).catch(() => undefined)
}

/** What a pair of programs showed: nothing where one of them failed, or where their footprints meet. */
type Verdict = 'failed' | 'met' | 'sound' | 'unsound'

/**
 * Whether `second` does the same after `first` as without it, where footprints say so. `alter` plants a bug: it takes
 * something out of a footprint.
 */
async function judge(
  state: State,
  first: readonly Step[],
  second: readonly Step[],
  alter: (footprint: Footprint) => Footprint = (same) => same,
): Promise<Verdict> {
  const [a, b] = [await run(state, first), await run(state, second)]
  if (a === undefined || b === undefined) return 'failed'
  if (!isDisjoint(alter(a), alter(b))) return 'met'
  const afterA = applyOps(state, a.ops)
  const again = await run(afterA, second)
  const isSame = again !== undefined && equalValues(again.ops, b.ops) && equalValues(again.value, b.value)
  return isSame && endsAlike(state, a.ops, b.ops) ? 'sound' : 'unsound'
}

function endsAlike(state: State, a: readonly Op[], b: readonly Op[]): boolean {
  try {
    return sameUpToOrder(applyOps(applyOps(state, a), b), applyOps(applyOps(state, b), a))
  } catch {
    return false
  }
}

const anywhere = fc.tuple(states, programs(undefined, 3), programs(undefined, 3))
/** Two programs that work on the same one or two kinds of field, where footprints have to be fine to be disjoint. */
const nearby = fc
  .shuffledSubarray(['obj', 'rows', 'nums', 'grid', 'map', 'set', 'date', 'bytes', 'move'], { minLength: 1, maxLength: 2 })
  .map((groups) => stepNames.filter((name) => groups.includes(name.split('.')[0] as string)))
  .chain((names) => fc.tuple(states, programs(names, 2), programs(names, 2)))

describe('soundness', () => {
  for (const [where, pairs, times] of [
    ['anywhere', anywhere, 1500],
    ['on the same fields', nearby, 5000],
  ] as const) {
    test(`[Y1] a turn disjoint from an earlier one does the same after it, and their order does not show (${where})`, async () => {
      const seen: Record<Verdict, number> = { failed: 0, met: 0, sound: 0, unsound: 0 }
      await fc.assert(
        fc.asyncProperty(pairs, async ([state, first, second]) => {
          const verdict = await judge(state as unknown as State, first, second)
          seen[verdict]++
          expect(verdict).not.toBe('unsound')
        }),
        runs(times),
      )
      expect(seen.sound / (seen.sound + seen.met), JSON.stringify(seen)).toBeGreaterThan(0.2)
    })
  }
})

describe('the property sees a hole in a footprint', () => {
  const without = (kind: string) => (footprint: Footprint) => ({ ...footprint, reads: footprint.reads.filter(([read]) => read !== kind) })
  const planted: Record<string, (footprint: Footprint) => Footprint> = {
    'no reads of keys': without('keys'),
    'no reads of existence': without('has'),
    'no reads of nodes': without('node'),
    'no reads of whole values': without('value'),
    'added keys as replaced ones': (footprint) => ({
      ...footprint,
      writes: footprint.writes.map(([effect, path]) => [effect === 'add' ? 'replace' : effect, path]),
    }),
    'no removals': (footprint) => ({ ...footprint, writes: footprint.writes.filter(([effect]) => effect !== 'remove') }),
  }
  for (const [bug, alter] of Object.entries(planted)) {
    test(`[Y1] ${bug}`, async () => {
      const caught = await fc.check(
        fc.asyncProperty(
          nearby,
          async ([state, first, second]) => (await judge(state as unknown as State, first, second, alter)) !== 'unsound',
        ),
        { ...runs(6000), seed: 1, endOnFailure: true },
      )
      expect(caught.failed).toBe(true)
    })
  }
})

describe('what a footprint says', () => {
  test('[Y1] every operation is covered by a recorded write', async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(states, programs(undefined, 6)), async ([state, program]) => {
        const outcome = await run(state as unknown as State, program)
        for (const op of outcome?.ops ?? []) expect([op, isCovered(op, outcome?.writes ?? [])]).toEqual([op, true])
      }),
      runs(1000),
    )
  })

  test('[Y1] what a turn answers and changes depends only on what it says that it reads', async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(states, states, programs(undefined, 3)), async ([state, other, program]) => {
        const outcome = await run(state as unknown as State, program)
        if (outcome === undefined) return
        // Fields that the footprint does not mention may hold anything.
        const mentioned = new Set([...outcome.reads, ...outcome.writes].map(([, path]) => path[0]))
        const mixed = Object.fromEntries(
          Object.entries(state).map(([name, value]) => [name, mentioned.has(name) ? value : other[name as 'obj']]),
        )
        const again = await run(mixed, program)
        expect(
          equalValues([again?.ops, again?.value, again?.reads, again?.writes], [outcome.ops, outcome.value, outcome.reads, outcome.writes]),
        ).toBe(true)
      }),
      runs(600),
    )
  })
})

/** Splices move what follows, so they need the whole array; members of a Set are written one by one. */
function isCovered(op: Op, writes: readonly Write[]): boolean {
  const [kind, path] = op
  const isAt = (target: Path) => writes.some(([, at]) => startsWith(target, at))
  if (kind === 'insert' || kind === 'remove')
    return writes.some(([effect, at]) => !['increment', 'append'].includes(effect) && startsWith(path, at))
  if (kind === 'set-add' || kind === 'set-delete') return op[2].every((member) => isAt([...path, member]))
  return isAt(path)
}

const paths = fc.array(fc.constantFrom<string | number>('a', 'b', 1, '1'), { maxLength: 4 })
const reads: fc.Arbitrary<Read> = fc.tuple(fc.constantFrom('value' as const, 'node' as const, 'keys' as const, 'has' as const), paths)
const writes: fc.Arbitrary<Write> = fc.tuple(
  fc.constantFrom('add' as const, 'remove' as const, 'replace' as const, 'increment' as const, 'append' as const),
  paths,
)

describe('the index of writes', () => {
  test('[Y1] answers as a look at each write by itself does', () => {
    fc.assert(
      fc.property(fc.array(writes, { maxLength: 8 }), reads, writes, (written, read, write) => {
        const index = new WriteIndex(written)
        expect(index.touchesRead(read)).toBe(written.some((earlier) => touchesRead(earlier, read)))
        expect(index.touchesWrite(write)).toBe(written.some((earlier) => touchesWrite(earlier, write)))
      }),
      runs(5000),
    )
  })

  test('[Y1] a write that touches a write touches a read of the whole value there', () => {
    fc.assert(
      fc.property(writes, writes, (earlier, later) => {
        if (touchesWrite(earlier, later)) expect(touchesRead(earlier, ['value', later[1]])).toBe(true)
      }),
      runs(2000),
    )
  })
})

describe('bounds', () => {
  const wide = (count: number): State => ({
    ...Object.fromEntries(machine.fields.map((name) => [name, machine.initial[name]])),
    obj: Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, { a: { b: i, c: i }, d: i }])),
  })
  const act = async (count: number, method: 'readAll' | 'writeAll') => {
    const system = { ...machine, Class: Wide as unknown as typeof machine.Class }
    return runTurn(system, 'id', wide(count), { method, args: [], now: 0, seed: '' })
  }
  class Wide extends (machine.Class as unknown as new () => { obj: Record<string, { a: { b: number; c: number }; d: number }> }) {
    readAll(): number {
      let sum = 0
      for (let i = 0; `k${i}` in this.obj; i++) sum += (this.obj[`k${i}`] as { a: { b: number } }).a.b
      return sum
    }
    writeAll(): void {
      for (const item of Object.values(this.obj)) item.a = { b: 0, c: item.d }
    }
  }

  test('[Y1] many children read or written become one read or write of their container', async () => {
    const read = await act(1000, 'readAll')
    expect(read.reads).toEqual([['value', ['obj']]])
    const written = await act(1000, 'writeAll')
    expect(written.writes).toEqual([['replace', ['obj']]])
    expect(written.ops).toHaveLength(999)
    expect(encode(written.reads).length).toBeLessThan(100)
  })

  test('[Y1] so do many reads or writes below a few children, but never those of different fields', async () => {
    const cells = () => Array.from({ length: 40 }, () => Array.from({ length: 40 }, () => ({ n: 1 })))
    const { reads: read, writes: written } = await runOnce({ grid: cells(), other: cells(), third: 0 }, (self) => {
      let sum = 0
      for (const line of self.grid) for (const cell of line) sum += cell.n++
      for (const line of self.other.slice(0, 5)) for (const cell of line) cell.n = 0
      self.third = sum
    })
    expect(read).toContainEqual(['value', ['grid']])
    expect(written).toContainEqual(['replace', ['grid']])
    expect(written).toContainEqual(['replace', ['third']])
    expect(written).toHaveLength(2 + 5 * 40)
    expect(read.length).toBeLessThan(300)
  })

  test('[Y1] few children keep their own reads and writes', async () => {
    const { reads: few, writes: fewWrites } = await act(3, 'writeAll')
    expect(fewWrites).toEqual([0, 1, 2].map((i) => ['replace', ['obj', `k${i}`, 'a']]))
    expect(few).toContainEqual(['keys', ['obj']])
  })
})
