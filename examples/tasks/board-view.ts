/** What a page shows of a board, worked out from its tasks: pure, and remembered per task, since tasks never change in place. */
import type { Task } from './systems.ts'
import { contextsIn, isDay, pairsIn, parseLine, projectsIn, tokenise, type Todo, type Token } from './todo-txt.ts'

export interface TaskView extends Todo {
  readonly id: string
  readonly line: string
  /** Its text to show, without the pairs that are shown in another way. */
  readonly tokens: readonly Token[]
  readonly tags: readonly string[]
  /** From `due:`, where it is a day. */
  readonly due?: string
}

export type Show = 'all' | 'open' | 'done'
export type Sort = 'manual' | 'priority' | 'due'

export interface Filter {
  readonly show: Show
  /** A `+project` or `@context`, or the empty string for any. */
  readonly tag: string
  readonly query: string
  readonly sort: Sort
}

export const NO_FILTER: Filter = { show: 'all', tag: '', query: '', sort: 'manual' }

export interface Counts {
  readonly all: number
  readonly open: number
  readonly done: number
  /** Open tasks by tag, in alphabetical order. */
  readonly projects: readonly TagCount[]
  readonly contexts: readonly TagCount[]
}
export interface TagCount {
  readonly tag: string
  readonly open: number
}

export function viewOf(task: Readonly<Task>): TaskView {
  const known = views.get(task)
  if (known) return known
  const view = readTask(task)
  views.set(task, view)
  return view
}

/** The tasks that `filter` lets through, in its order. */
export function selectTasks(tasks: readonly TaskView[], filter: Filter): readonly TaskView[] {
  const wanted = filter.query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const selected = tasks.filter(
    (task) =>
      (filter.show === 'all' || task.done === (filter.show === 'done')) &&
      (filter.tag === '' || task.tags.includes(filter.tag)) &&
      (wanted.length === 0 || hasWords(task, wanted)),
  )
  if (filter.sort === 'manual') return selected
  const key = filter.sort === 'priority' ? priorityKey : dueKey
  return selected.toSorted((a, b) => compare(key(a), key(b)))
}

export function countTasks(tasks: readonly TaskView[]): Counts {
  const open = tasks.filter((task) => !task.done)
  const tags = new Map<string, number>()
  for (const task of tasks) for (const tag of task.tags) tags.set(tag, (tags.get(tag) ?? 0) + (task.done ? 0 : 1))
  const counted = [...tags].map(([tag, count]) => ({ tag, open: count })).toSorted((a, b) => a.tag.localeCompare(b.tag))
  return {
    all: tasks.length,
    open: open.length,
    done: tasks.length - open.length,
    projects: counted.filter(({ tag }) => tag.startsWith('+')),
    contexts: counted.filter(({ tag }) => tag.startsWith('@')),
  }
}

/** A task's text, short enough to be named in a sentence. */
export function nameOf(task: TaskView): string {
  const name = task.text.trim()
  return name.length > 60 ? `${name.slice(0, 57).trimEnd()}…` : name
}

/** The day `due` as one says it on `today`, both `YYYY-MM-DD`, and whether it has passed or is near. */
export function describeDue(due: string, today: string): { readonly text: string; readonly tone: 'late' | 'soon' | 'later' } {
  const days = Math.round((Date.parse(due) - Date.parse(today)) / 86_400_000)
  if (days === -1) return { text: 'Yesterday', tone: 'late' }
  if (days === 0) return { text: 'Today', tone: 'soon' }
  if (days === 1) return { text: 'Tomorrow', tone: 'soon' }
  return { text: formatDay(due, today), tone: days < 0 ? 'late' : 'later' }
}

function formatDay(day: string, today: string): string {
  const format = day.slice(0, 4) === today.slice(0, 4) ? dayOfThisYear : dayOfAnyYear
  return format.format(new Date(`${day}T12:00`))
}

// Made once: making one takes longer than rendering a row.
const dayOfThisYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' })
const dayOfAnyYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' })

const views = new WeakMap<Readonly<Task>, TaskView>()

function readTask(task: Readonly<Task>): TaskView {
  const todo = parseLine(task.line)
  const due = pairsIn(todo.text).get('due')
  return {
    ...todo,
    id: task.id,
    line: task.line,
    tokens: shownTokens(todo, due !== undefined && isDay(due) ? `due:${due}` : undefined),
    tags: [...projectsIn(todo.text), ...contextsIn(todo.text)],
    ...(due !== undefined && isDay(due) ? { due } : {}),
  }
}

/** Without `due:` and, once done, `pri:`, each with the space before it. */
function shownTokens({ done, text }: Todo, due: string | undefined): Token[] {
  const tokens = tokenise(text)
  const isShown = (token: Token) => (done ? !/^pri:[A-Z]$/.test(token.text) : token.text !== due)
  const shown = tokens.filter((token, i) => isShown(token) && !(token.kind === 'space' && tokens[i + 1] && !isShown(tokens[i + 1]!)))
  return shown.length > 0 ? shown : tokens
}

function hasWords(task: TaskView, words: readonly string[]): boolean {
  const line = task.line.toLowerCase()
  return words.every((word) => line.includes(word))
}

/** Done tasks last, then what has no priority or day. */
function priorityKey(task: TaskView): string {
  return `${task.done ? 1 : 0}${task.priority ?? '~'}${task.due ?? '~'}`
}

function dueKey(task: TaskView): string {
  return `${task.done ? 1 : 0}${task.due ?? '~'}${task.priority ?? '~'}`
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
