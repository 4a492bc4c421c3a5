/** Operations are as few as what changed, and found fast. */
/* oxlint-disable unicorn/no-array-sort -- that arrays change in place is what is tested */
import { describe, expect, test } from 'vitest'
import { encode } from '../../lib/protocol/wire.ts'
import { runOnce } from './run-once.ts'

interface Row {
  id: string
  title: string
  done: boolean
  tags: string[]
}

const rowOf = (i: number): Row => ({ id: `t${i}`, title: `title ${i}`, done: false, tags: ['a', 'b'] })
const rowsOf = (count: number) => ({ rows: Array.from({ length: count }, (_, i) => rowOf(i)) })

describe('arrays leave as splices', () => {
  const cases: Record<string, [act: (self: { rows: Row[] }) => unknown, ops: unknown[]]> = {
    'toggling a row': [(self) => void (self.rows[500]!.done = true), [['set', ['rows', 500, 'done'], true]]],
    'changing a nested array': [(self) => void self.rows[500]!.tags.push('c'), [['insert', ['rows', 500, 'tags'], 2, ['c']]]],
    push: [(self) => void self.rows.push(rowOf(-1)), [['insert', ['rows'], 1000, [rowOf(-1)]]]],
    pop: [(self) => void self.rows.pop(), [['remove', ['rows'], 999, 1]]],
    shift: [(self) => void self.rows.shift(), [['remove', ['rows'], 0, 1]]],
    unshift: [(self) => void self.rows.unshift(rowOf(-1)), [['insert', ['rows'], 0, [rowOf(-1)]]]],
    'taking out and putting in': [
      (self) => void self.rows.splice(500, 2, rowOf(-1)),
      [
        ['remove', ['rows'], 500, 2],
        ['insert', ['rows'], 500, [rowOf(-1)]],
      ],
    ],
    'a filter that is assigned': [
      (self) => void (self.rows = self.rows.filter((row) => row.id !== 't500')),
      [['remove', ['rows'], 500, 1]],
    ],
    'a map that is assigned': [
      (self) => void (self.rows = self.rows.map((row) => (row.id === 't500' ? { ...row, done: true } : row))),
      [['set', ['rows', 500, 'done'], true]],
    ],
    'a spread that is assigned': [(self) => void (self.rows = [...self.rows, rowOf(-1)]), [['insert', ['rows'], 1000, [rowOf(-1)]]]],
    'the same rows in a new array': [(self) => void (self.rows = [...self.rows]), []],
    'moving a row': [
      (self) => void self.rows.splice(900, 0, ...self.rows.splice(100, 1)),
      [
        ['remove', ['rows'], 100, 1],
        ['insert', ['rows'], 900, [rowOf(100)]],
      ],
    ],
    'moving a row and changing it': [
      (self) => {
        const [row] = self.rows.splice(100, 1) as [Row]
        self.rows.push(row)
        row.done = true
      },
      [
        ['remove', ['rows'], 100, 1],
        ['insert', ['rows'], 999, [{ ...rowOf(100), done: true }]],
      ],
    ],
    'changing a row and taking out one before it': [
      (self) => {
        self.rows[500]!.done = true
        self.rows.shift()
      },
      [
        ['remove', ['rows'], 0, 1],
        ['set', ['rows', 499, 'done'], true],
      ],
    ],
    'putting another row in a place': [(self) => void (self.rows[500] = rowOf(-1)), [['set', ['rows', 500], rowOf(-1)]]],
    clearing: [(self) => void (self.rows.length = 0), [['remove', ['rows'], 0, 1000]]],
  }
  for (const [what, [act, expected]] of Object.entries(cases))
    test(`[Y1] ${what}`, async () => {
      const { ops } = await runOnce(rowsOf(1000), act)
      expect(ops).toEqual(expected)
    })

  test('[Y1] a few moves among many rows stay moves', async () => {
    const { ops } = await runOnce(rowsOf(1000), (self) => {
      const [a, b, c] = [self.rows[10]!, self.rows[20]!, self.rows[30]!]
      self.rows = [c, ...self.rows.filter((row) => row !== a && row !== b && row !== c), a, b]
    })
    expect(ops).toHaveLength(5)
  })

  test('[Y1] shuffled rows are written whole, once', async () => {
    const { ops, after } = await runOnce(rowsOf(5000), (self) => void self.rows.sort((a, b) => (hash(a.id) < hash(b.id) ? -1 : 1)))
    expect(ops.map(([kind, path]) => [kind, path])).toEqual([['set', ['rows']]])
    expect(after.rows).toEqual(rowsOf(5000).rows.sort((a, b) => (hash(a.id) < hash(b.id) ? -1 : 1)))
  })

  test('[Y1] other containers change by key and by member', async () => {
    const state = {
      obj: { a: 1, b: { c: 1 } } as Record<string, unknown>,
      map: new Map([['k', { n: 1, m: 1 }]]),
      set: new Set(['a', 'b']),
      date: new Date(0),
      bytes: new Uint8Array(2),
    }
    const { ops } = await runOnce(state, (self) => {
      delete self.obj['a']
      self.obj['b'] = { c: 2 }
      self.map.get('k')!.n++
      self.map = new Map([...self.map, ['l', { n: 0, m: 0 }]])
      self.set.delete('a')
      self.set.add('c')
      self.date.setTime(1)
      self.bytes[1] = 7
    })
    expect(ops).toEqual([
      ['delete', ['obj', 'a']],
      ['set', ['obj', 'b', 'c'], 2],
      ['set', ['map', 'k', 'n'], 2],
      ['set', ['map', 'l'], { n: 0, m: 0 }],
      ['set-delete', ['set'], ['a']],
      ['set-add', ['set'], ['c']],
      ['set', ['date'], new Date(1)],
      ['set', ['bytes'], new Uint8Array([0, 7])],
    ])
  })
})

describe('speed', () => {
  const measured: Record<string, [count: number, act: (self: { rows: Row[] }) => unknown]> = {
    'push 5,000 rows': [0, (self) => { for (let i = 0; i < 5000; i++) self.rows.push(rowOf(i)) }], // prettier-ignore
    'find and toggle in 10,000 rows': [10_000, (self) => void (self.rows.find((row) => row.id === 't9990')!.done = true)],
    'toggle by index in 10,000 rows': [10_000, (self) => void (self.rows[9990]!.done = true)],
    'toggle each of 1,000 rows': [1000, (self) => { for (const row of self.rows) row.done = true }], // prettier-ignore
    'filter 10,000 rows': [10_000, (self) => void (self.rows = self.rows.filter((row) => row.id !== 't500'))],
    'shift of 10,000 rows': [10_000, (self) => void self.rows.shift()],
    'sort 5,000 rows': [5000, (self) => void self.rows.sort((a, b) => (hash(a.id) < hash(b.id) ? -1 : 1))],
  }
  for (const [what, [count, act]] of Object.entries(measured))
    test(`[A3] ${what}`, async () => {
      const state = rowsOf(count)
      const times: number[] = []
      let size = 0
      for (let run = 0; run < 5; run++) {
        const start = performance.now()
        const { ops, reads, writes } = await runOnce(state, act)
        times.push(performance.now() - start)
        size = ops.length
        expect(encode([reads, writes]).length).toBeLessThan(1000)
      }
      const [median] = times.toSorted((a, b) => a - b).slice(2)
      console.log(`${what}: ${median!.toFixed(1)} ms, ${size} operation${size === 1 ? '' : 's'}`)
    })
})

function hash(text: string): number {
  let h = 0
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x9e3779b1)
  return h
}
