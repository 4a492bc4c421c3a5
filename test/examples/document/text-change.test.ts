import fc from 'fast-check'
import { expect, test } from 'vitest'
import { changeBetween, moveOffset } from '../../../examples/document/text-change.ts'

test.each([
  ['typing', 'helo', 'hello', 4, { at: 3, removed: 0, inserted: 'l' }],
  ['a letter typed before its like', 'hello', 'helllo', 3, { at: 2, removed: 0, inserted: 'l' }],
  ['the Delete key', 'hello', 'helo', 2, { at: 2, removed: 1, inserted: '' }],
  ['a selection overwritten', 'one two three', 'one 2 three', 5, { at: 4, removed: 3, inserted: '2' }],
  ['everything deleted', 'all', '', 0, { at: 0, removed: 3, inserted: '' }],
  ['one emoji instead of another that begins alike', 'a😀b', 'a😁b', 3, { at: 1, removed: 2, inserted: '😁' }],
  ['one emoji instead of another that ends alike', '\u{1F600}', '\u{1FA00}', 2, { at: 0, removed: 2, inserted: '\u{1FA00}' }],
])('finds %s', (_what, before, after, caret, change) => {
  expect(changeBetween(before, after, caret)).toEqual(change)
})

test('finds nothing where nothing changed', () => {
  expect(changeBetween('same', 'same')).toBeUndefined()
})

test('what it finds makes the one text from the other, whatever they are, and cuts no character in half', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '\n', '😀', '😁', '🪀', 'é') })
  fc.assert(
    fc.property(text, text, fc.nat(10), (before, after, caret) => {
      const change = changeBetween(before, after, caret)
      if (change === undefined) {
        expect(after).toBe(before)
        return
      }
      const { at, removed, inserted } = change
      expect(before.slice(0, at) + inserted + before.slice(at + removed)).toBe(after)
      for (const piece of [before.slice(0, at), before.slice(at, at + removed), inserted]) expect(piece).not.toMatch(/\p{Surrogate}/u)
    }),
  )
})

test('places stay with the letters around them', () => {
  const change = { at: 2, removed: 3, inserted: 'xy' }
  expect([0, 2, 3, 5, 6].map((offset) => moveOffset(offset, change))).toEqual([0, 2, 2, 4, 5])
})
