/** What the page computes besides the text: stretches of its copy, people, words, and when a caret is reported. */
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { CursorReporter, type Places } from '../../../examples/document/cursor-reporter.ts'
import { cutIntoStretches, type RemoteCursor } from '../../../examples/document/mirror.ts'
import { initialsOf, newcomer, PALETTE, peopleOf } from '../../../examples/document/people.ts'
import { countWords } from '../../../examples/document/words.ts'

const cursor = (id: string, caret: number, anchor = caret): RemoteCursor => ({ id, name: id, colour: id, caret, anchor, key: '' })
const cut = (text: string, ...cursors: RemoteCursor[]) =>
  cutIntoStretches(text, cursors).map(({ text, colour, carets }) =>
    [...carets.map(({ id }) => `|${id}`), text, colour ?? ''].join(' ').trim(),
  )

test('the copy is the text, whole, with carets and selections in their places', () => {
  expect(cut('hello')).toEqual(['hello', ''])
  expect(cut('hello', cursor('a', 0), cursor('b', 5))).toEqual(['|a hello', '|b'])
  expect(cut('hello world', cursor('a', 5, 0), cursor('b', 3, 8))).toEqual(['hel a', '|b lo b', '|a  wo b', 'rld', ''])
  expect(cut('', cursor('a', 0))).toEqual(['|a'])
})

test('a caret beyond the text, as of letters that are still on their way, stands at its end', () => {
  expect(cut('ab', cursor('a', 9, 1))).toEqual(['a', 'b a', '|a'])
})

describe('people', () => {
  const visitor = (person: string, name = person) => ({ person, tab: '', name, colour: 'moss' })

  test('stand once each, whoever reads first, with all their connections', () => {
    expect(peopleOf({ c1: visitor('ann'), c2: visitor('bob'), c3: visitor('ann', 'Ann L') }, 'bob')).toEqual([
      { id: 'bob', name: 'bob', colour: 'moss', connections: ['c2'] },
      { id: 'ann', name: 'Ann L', colour: 'moss', connections: ['c1', 'c3'] },
    ])
  })

  test.each([
    ['Ada Lovelace', 'AL'],
    ['augusta ada king', 'AK'],
    ['grace', 'G'],
    ['😀 Smile', '😀S'],
    ['李 小龙', '李小'],
    ['  ', '?'],
  ])('%s has the initials %s', (name, initials) => {
    expect(initialsOf(name)).toBe(initials)
  })

  test('a newcomer has a name of two words and a colour of the palette', () => {
    for (const chance of [0, 0.5, 0.999_999]) {
      const { name, colour } = newcomer(() => chance)
      expect(name).toMatch(/^\w+ \w+$/)
      expect(PALETTE).toContain(colour)
    }
  })
})

test.each([
  ['', 0],
  ['  \n ', 0],
  ['one', 1],
  ["It's one – or two", 4],
  ['ends. Begins!', 2],
])('%j has %i words', (text, count) => {
  expect(countWords(text)).toBe(count)
})

describe('a caret', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())
  const at = (place: number): Places => ({ position: new Uint8Array([place]), anchor: new Uint8Array([place]) })

  test('that moves often is reported five times a second at most, and where it came to rest', () => {
    const sent: number[] = []
    const reporter = new CursorReporter(({ position }) => void sent.push(position[0]!))
    for (let place = 0; place < 100; place++) {
      reporter.move(at(place))
      vi.advanceTimersByTime(10)
    }
    vi.advanceTimersByTime(1_000)
    expect(sent.length).toBeLessThanOrEqual(6)
    expect(sent.at(-1)).toBe(99)
  })

  test('that stays among its letters is not reported again', () => {
    const sent: Places[] = []
    const reporter = new CursorReporter((places) => void sent.push(places))
    for (let i = 0; i < 10; i++) {
      reporter.move(at(7))
      vi.advanceTimersByTime(300)
    }
    expect(sent).toEqual([at(7)])
    reporter.move(at(8))
    reporter.stop()
    vi.advanceTimersByTime(300)
    expect(sent).toHaveLength(1)
  })
})
