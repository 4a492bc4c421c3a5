import { describe, expect, test } from 'vitest'
import { countTasks, describeDue, nameOf, NO_FILTER, selectTasks, viewOf } from '../../../examples/tasks/board-view.ts'
import { filterFromHash, filterToHash } from '../../../examples/tasks/ui/use-filter.ts'

const views = ['(B) b +p', 'x 2026-01-02 c +p @q', 'a @q due:2026-03-01', '(A) d due:2026-02-30'].map((line, i) =>
  viewOf({ id: String(i), line }),
)
const select = (filter: Partial<typeof NO_FILTER>) => selectTasks(views, { ...NO_FILTER, ...filter }).map((task) => task.id)

describe('a view of the board', () => {
  test('remembers what it read of a task', () => {
    const task = { id: '1', line: 'a' }
    expect(viewOf(task)).toBe(viewOf(task))
  })

  test('shows the due day once, and a day that does not exist as text', () => {
    expect(views[2]!.due).toBe('2026-03-01')
    expect(views[2]!.tokens.map((token) => token.text).join('')).toBe('a @q')
    expect(views[3]!.due).toBeUndefined()
    expect(views[3]!.tokens.map((token) => token.text).join('')).toBe('d due:2026-02-30')
  })

  test.each([
    [{}, ['0', '1', '2', '3']],
    [{ show: 'open' as const }, ['0', '2', '3']],
    [{ show: 'done' as const }, ['1']],
    [{ tag: '+p' }, ['0', '1']],
    [{ tag: '+p', show: 'open' as const }, ['0']],
    [{ query: ' DUE a ' }, ['2', '3']],
    [{ sort: 'priority' as const }, ['3', '0', '2', '1']],
    [{ sort: 'due' as const }, ['2', '3', '0', '1']],
  ])('with %j', (filter, ids) => {
    expect(select(filter)).toEqual(ids)
  })

  test('counts open tasks by tag, and names tags that only done tasks have', () => {
    expect(countTasks(views)).toEqual({ all: 4, open: 3, done: 1, projects: [{ tag: '+p', open: 1 }], contexts: [{ tag: '@q', open: 1 }] })
  })

  test('survives a reload in the address', () => {
    const filter = { show: 'open', sort: 'due', tag: '+Garden & more', query: 'a #b ü' } as const
    expect(filterFromHash(filterToHash(filter))).toEqual(filter)
    expect(filterToHash(NO_FILTER)).toBe('')
    expect(filterFromHash('#show=nonsense')).toEqual(NO_FILTER)
  })
})

test.each([
  ['2026-01-10', 'Today', 'soon'],
  ['2026-01-11', 'Tomorrow', 'soon'],
  ['2026-01-09', 'Yesterday', 'late'],
  ['2025-01-10', '2025', 'late'],
  ['2026-01-12', '12', 'later'],
])('%s, said on 2026-01-10, is %s', (due, text, tone) => {
  const described = describeDue(due, '2026-01-10')
  expect(described.text).toContain(text)
  expect(described.tone).toBe(tone)
})

test('a long task is named by its beginning', () => {
  expect(nameOf(viewOf({ id: '1', line: `(A) ${'word '.repeat(50)}` })).length).toBeLessThanOrEqual(58)
})
