import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { landingPlace, layOut, rowAt, rowsBetween } from '../../../examples/tasks/ui/row-layout.ts'

const ids = ['a', 'b', 'c']
const layout = layOut(ids, new Map([['b', 30]]), 10)

describe('rows', () => {
  test('stand one below the other, those not measured yet at the guessed height', () => {
    expect([...layout.tops]).toEqual([0, 10, 40, 50])
    expect(layout.total).toBe(50)
  })

  test.each([
    [-5, 0],
    [0, 0],
    [9, 0],
    [10, 1],
    [39, 1],
    [40, 2],
    [500, 2],
  ])('at %i px is row %i', (y, row) => {
    expect(rowAt(layout, y)).toBe(row)
  })

  test.each([
    [-100, 5, [0, 1]],
    [5, 15, [0, 2]],
    [-100, 500, [0, 3]],
    [-100, -50, [0, 0]],
    [60, 90, [0, 0]],
  ])('from %i to %i px are %j', (top, bottom, rows) => {
    expect(rowsBetween(layout, top, bottom)).toEqual(rows)
  })

  test('of an empty list are none', () => {
    expect(rowsBetween(layOut([], new Map(), 10), 0, 100)).toEqual([0, 0])
    expect(landingPlace(layOut([], new Map(), 10), 40)).toBe(0)
  })

  test('in a window are exactly those that touch it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 1, max: 100 }),
        (sizes, top, height) => {
          const names = sizes.map((_, i) => String(i))
          const rows = layOut(names, new Map(sizes.map((size, i) => [String(i), size])), 1)
          const [from, to] = rowsBetween(rows, top, top + height)
          names.forEach((_, i) => {
            const touches = rows.tops[i + 1]! > top && rows.tops[i]! <= top + height
            if (touches) expect(i >= from && i < to).toBe(true)
          })
        },
      ),
    )
  })
})

test.each([
  [-20, 0],
  [4, 0],
  [6, 1],
  [24, 1],
  [26, 2],
  [44, 2],
  [46, 3],
  [900, 3],
])('a row held at %i px lands in gap %i, the nearest', (top, place) => {
  expect(landingPlace(layout, top)).toBe(place)
})
