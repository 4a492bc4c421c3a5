import { expect, test } from 'vitest'
import { isBoardFull, isColumnFull, placesOf, sideOfMove, winningPlaces } from '../../../examples/game/four.ts'

test('discs come to lie on each other', () => {
  expect(placesOf([3, 3, 0])).toEqual([
    { column: 3, row: 0 },
    { column: 3, row: 1 },
    { column: 0, row: 0 },
  ])
})

test('red begins the first game, yellow the second', () => {
  expect([sideOfMove(1, 0), sideOfMove(1, 1), sideOfMove(2, 0), sideOfMove(2, 1)]).toEqual(['red', 'yellow', 'yellow', 'red'])
})

test.each([
  ['across', [0, 0, 1, 1, 2, 2, 3]],
  ['down', [0, 1, 0, 1, 0, 1, 0]],
  ['rising', [0, 1, 1, 2, 2, 3, 2, 3, 3, 6, 3]],
  ['falling', [6, 5, 5, 4, 4, 3, 4, 3, 3, 0, 3]],
  ['closing a gap', [0, 0, 1, 1, 3, 3, 2]],
])('four %s win', (_, moves) => {
  expect(winningPlaces(moves)).toHaveLength(4)
  expect(winningPlaces(moves.slice(0, -1))).toEqual([])
})

test('three are not enough, and nor are four that touch the edge from both sides', () => {
  expect(winningPlaces([0, 0, 1, 1, 2])).toEqual([])
  expect(winningPlaces([5, 0, 6, 0, 4, 1, 0, 1, 1])).toEqual([])
})

test('one disc may close two lines', () => {
  const moves = [0, 0, 1, 0, 0, 1, 1, 6, 2, 6, 2, 5, 3]
  expect(winningPlaces(moves)).toHaveLength(7)
  expect(winningPlaces(moves.slice(0, -2))).toEqual([])
})

test('a column holds six discs, the board forty-two', () => {
  expect(isColumnFull([0, 0, 0, 0, 0], 0)).toBe(false)
  expect(isColumnFull([0, 0, 0, 0, 0, 0], 0)).toBe(true)
  expect(isBoardFull(Array.from({ length: 42 }, (_, i) => i % 7))).toBe(true)
})
