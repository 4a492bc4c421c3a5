import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { realLookingLines } from '../../../examples/tasks/fixtures/real-looking-lines.ts'
import { contextsIn, isDay, oddityOf, pairsIn, parseLine, projectsIn, serialiseLine, tokenise } from '../../../examples/tasks/todo-txt.ts'

const open = { done: false, priority: undefined, completed: undefined, created: undefined }
const done = { ...open, done: true }

describe('a line', () => {
  test.each([
    ['Buy milk', { ...open, text: 'Buy milk' }],
    ['(A) Call Mom', { ...open, priority: 'A', text: 'Call Mom' }],
    ['(Z) 2011-03-02 Call Mom', { ...open, priority: 'Z', created: '2011-03-02', text: 'Call Mom' }],
    ['2011-03-02 Document +TodoTxt task format', { ...open, created: '2011-03-02', text: 'Document +TodoTxt task format' }],
    ['(A) Call Mom 2011-03-02', { ...open, priority: 'A', text: 'Call Mom 2011-03-02' }],
    ['x 2011-03-03 Call Mom', { ...done, completed: '2011-03-03', text: 'Call Mom' }],
    [
      'x 2011-03-02 2011-03-01 Review Tim’s pull request',
      { ...done, completed: '2011-03-02', created: '2011-03-01', text: 'Review Tim’s pull request' },
    ],
    [
      'x (A) 2016-05-20 2016-04-30 measure space',
      { ...done, priority: 'A', completed: '2016-05-20', created: '2016-04-30', text: 'measure space' },
    ],
    ['x Call Mom', { ...done, text: 'Call Mom' }],
    ['x 2011-03-03 (A) Call Mom', { ...done, completed: '2011-03-03', text: '(A) Call Mom' }],
  ])('says what the format says it does: %s', (line, todo) => {
    expect(parseLine(line)).toEqual(todo)
  })

  test.each([
    'Really gotta call Mom (A) @phone @someday',
    '(b) Get back to the boss',
    '(B)->Submit TPS report',
    '(AA) two letters',
    ' (A) a space before',
    'xylophone lesson',
    'X 2012-01-01 Make resolutions',
    'x',
    'x ',
    '(A)',
    '(A) ',
    '2026-13-45 no such month',
    '2026-02-30 no such day',
    '2026-2-3 short',
    '2026-02-03',
    '2026-02-03T10:00 a time',
  ])('with nothing in its proper place is kept as text: %j', (line) => {
    expect(parseLine(line)).toEqual({ ...open, text: line })
  })

  test('keeps a part of the head as text where nothing follows it', () => {
    expect(parseLine('x 2026-01-01 ')).toEqual({ ...done, text: '2026-01-01 ' })
    expect(parseLine('(A) 2026-01-01')).toEqual({ ...open, priority: 'A', text: '2026-01-01' })
  })

  test('of any characters comes back as it was', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (line) => serialiseLine(parseLine(line)) === line))
  })

  test('of the format’s own pieces in any order comes back as it was, and its tokens are its text', () => {
    const piece = fc.constantFrom(
      'x',
      'X',
      '(A)',
      '(a)',
      '(B)x',
      '2026-01-02',
      '2026-13-45',
      '+p',
      '@c',
      'k:v',
      'a:b:c',
      'word',
      '',
      ' ',
      '\t',
      '\u2028',
      '\u00a0',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const line = pieces.join(' ')
        const todo = parseLine(line)
        expect(serialiseLine(todo)).toBe(line)
        expect(parseLine(serialiseLine(todo))).toEqual(todo)
        expect(
          tokenise(todo.text)
            .map((token) => token.text)
            .join(''),
        ).toBe(todo.text)
      }),
      { numRuns: 2000 },
    )
  })
})

describe('the text', () => {
  test('names projects and contexts only at the start of a word', () => {
    const text = '@GroceryStore Eskimo pies +GarageSale +p+q soandso@example.com 2+2 + @ +GarageSale'
    expect(projectsIn(text)).toEqual(['+GarageSale', '+p+q'])
    expect(contextsIn(text)).toEqual(['@GroceryStore'])
  })

  test('holds key:value pairs with one colon and something on both sides', () => {
    const pairs = pairsIn('due:2026-01-02 a: :b a:b:c at 10:30 https://example.com due:2027-01-01')
    expect([...pairs]).toEqual([
      ['due', '2026-01-02'],
      ['10', '30'],
      ['https', '//example.com'],
    ])
  })

  test('shows an address as a link, though the format calls it a pair', () => {
    expect(tokenise('see https://example.com').map((token) => token.kind)).toEqual(['word', 'space', 'link'])
  })
})

test.each([
  ['2024-02-29', true],
  ['2023-02-29', false],
  ['2000-02-29', true],
  ['1900-02-29', false],
  ['2026-04-31', false],
  ['2026-12-31', true],
  ['2026-00-01', false],
  ['2026-01-00', false],
  ['26-01-01', false],
])('%s in the calendar: %s', (day, exists) => {
  expect(isDay(day)).toBe(exists)
})

test.each([
  ['x', 'a lone x'],
  ['X 2012-01-01 Make resolutions', 'capital X'],
  ['(a) Call', 'upper-case'],
  ['(B)->Submit', 'followed by a space'],
  ['x 2026-13-45 Call', 'calendar'],
  ['(A) 2026-2-3 Call', 'calendar'],
])('an import tells of %s: %s', (line, why) => {
  expect(oddityOf(line)).toContain(why)
})

test('an import tells of nothing where lines are in order', () => {
  const lines = ['x 2011-03-03 Call Mom', '(A) 2026-01-02 Call', 'xylophone lesson', '2026-01-02']
  expect(lines.map(oddityOf)).toEqual([undefined, undefined, undefined, undefined])
})

describe('files as they are', () => {
  const sample = readFileSync(new URL('../../../examples/tasks/sample.todo.txt', import.meta.url), 'utf8')
    .trimEnd()
    .split('\n')

  test('the sample reads as a list with done lines, priorities and due days', () => {
    const todos = sample.map(parseLine)
    expect(todos.filter((todo) => todo.done)).toHaveLength(2)
    expect(todos.filter((todo) => todo.priority)).toHaveLength(4)
    expect(todos.filter((todo) => pairsIn(todo.text).has('due'))).toHaveLength(3)
    expect(sample.filter(oddityOf)).toEqual(['(a) lines that are not quite todo.txt stay as they are'])
  })

  test('5,000 real-looking lines come back as they were', () => {
    const lines = realLookingLines(5000)
    expect(lines.map((line) => serialiseLine(parseLine(line)))).toEqual(lines)
  })

  test('the real-looking lines are the same for the same seed, and varied', () => {
    expect(realLookingLines(100, 7)).toEqual(realLookingLines(100, 7))
    expect(realLookingLines(100, 7)).not.toEqual(realLookingLines(100, 8))
    const todos = realLookingLines(5000).map(parseLine)
    expect(todos.filter((todo) => todo.done).length).toBeGreaterThan(200)
    expect(todos.filter((todo) => todo.priority).length).toBeGreaterThan(800)
  })
})
