import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { realLookingLines } from '../../../examples/tasks/fixtures/real-looking-lines.ts'
import { completeLine, dayAt, editableText, editLine, newLine, prioritiseLine, reopenLine } from '../../../examples/tasks/task-line.ts'
import { parseLine } from '../../../examples/tasks/todo-txt.ts'

const TODAY = '2026-05-06'

describe('a new task', () => {
  test.each([
    ['Buy milk', '2026-05-06 Buy milk'],
    ['  Buy milk ', '2026-05-06 Buy milk'],
    ['(A) Buy milk', '(A) 2026-05-06 Buy milk'],
    ['2026-01-01 Buy milk', '2026-01-01 Buy milk'],
    ['x Buy milk', 'x 2026-05-06 Buy milk'],
    ['Buy milk\r\n and oats', '2026-05-06 Buy milk and oats'],
    ['(a) Buy milk', '2026-05-06 (a) Buy milk'],
  ])('is what was typed, dated: %j', (typed, line) => {
    expect(newLine(typed, TODAY)).toBe(line)
  })

  test('needs text', () => {
    expect(() => newLine(' \n ', TODAY)).toThrow('A task needs some text')
  })
})

describe('completing', () => {
  test.each([
    ['Call Mom', 'x 2026-05-06 Call Mom'],
    ['2026-01-01 Call Mom', 'x 2026-05-06 2026-01-01 Call Mom'],
    ['(A) 2026-01-01 Call Mom +Family', 'x 2026-05-06 2026-01-01 Call Mom +Family pri:A'],
    ['x 2026-01-02 Call Mom', 'x 2026-01-02 Call Mom'],
  ])('puts x and the day in front and keeps the priority: %s', (line, completed) => {
    expect(completeLine(line, TODAY)).toBe(completed)
  })

  test.each([
    ['x (B) 2026-01-02 2026-01-01 Call Mom', '(B) 2026-01-01 Call Mom'],
    ['x 2026-01-02 Call pri:A Mom', '(A) Call Mom'],
    ['x x x Call', 'Call'],
    ['x pri:A', 'pri:A'],
  ])('is taken back: %s', (line, reopened) => {
    expect(reopenLine(line)).toBe(reopened)
  })

  test('and reopening gives the line as it was', () => {
    for (const line of realLookingLines(2000)) {
      if (!parseLine(line).done) expect(reopenLine(completeLine(line, TODAY))).toBe(line)
    }
  })

  test('always ends done, and reopening open, whatever the line', () => {
    fc.assert(
      fc.property(anyLine(), (line) => {
        expect(parseLine(completeLine(line, TODAY)).done).toBe(true)
        expect(parseLine(reopenLine(completeLine(line, TODAY))).done).toBe(false)
        expect(parseLine(reopenLine(line)).done).toBe(false)
      }),
    )
  })
})

describe('editing', () => {
  test.each([
    ['2026-01-01 Call Mom', 'Call Dad', '2026-01-01 Call Dad'],
    ['(A) 2026-01-01 Call Mom', '(B) Call Mom', '(B) 2026-01-01 Call Mom'],
    ['(A) 2026-01-01 Call Mom', 'Call Mom', '2026-01-01 Call Mom'],
    ['x 2026-05-05 2026-01-01 Call Mom', 'Call Dad', 'x 2026-05-05 2026-01-01 Call Dad'],
    ['Call Mom', 'x Call Mom', 'x 2026-05-06 Call Mom'],
    ['Call Mom', '2026-01-01 Call Mom', '2026-01-01 Call Mom'],
  ])('changes priority and text, never the dates: %s', (line, typed, edited) => {
    expect(editLine(line, typed, TODAY)).toBe(edited)
  })

  test('with the text as it was shown changes nothing', () => {
    for (const line of realLookingLines(2000)) expect(editLine(line, editableText(line), TODAY)).toBe(line)
  })
})

test.each([
  ['Call Mom', 'B', '(B) Call Mom'],
  ['(A) 2026-01-01 Call Mom', 'B', '(B) 2026-01-01 Call Mom'],
  ['(A) 2026-01-01 Call Mom', null, '2026-01-01 Call Mom'],
])('the priority of %j set to %s', (line, priority, after) => {
  expect(prioritiseLine(line, priority)).toBe(after)
})

test('the day is that of the place where the device is', () => {
  expect(dayAt(new Date(2026, 0, 2, 23, 59).getTime())).toBe('2026-01-02')
  expect(dayAt(new Date(2026, 11, 31, 0, 0).getTime())).toBe('2026-12-31')
})

function anyLine(): fc.Arbitrary<string> {
  const piece = fc.constantFrom('x', '(A)', '(b)', '2026-01-02', '+p', '@c', 'pri:A', 'pri:Q', 'word')
  return fc.array(piece, { minLength: 1, maxLength: 8 }).map((pieces) => pieces.join(' '))
}
