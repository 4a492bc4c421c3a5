/**
 * The todo.txt format, as its primer defines it (github.com/todotxt/todo.txt): what a line says, and the line again.
 *
 *   x (A) 2026-02-03 2026-02-01 Call Mom +Family @phone due:2026-02-04
 *   │ │   │          │          └ text, with its +projects, @contexts and key:value pairs where they stand
 *   │ │   │          └ created
 *   │ │   └ completed (only after an x)
 *   │ └ priority
 *   └ done
 *
 * Whatever is not one of these at its place is text: no line is malformed, none is ever dropped or tidied, and
 * `serialiseLine(parseLine(line))` is `line`, character by character.
 */
export interface Todo {
  readonly done: boolean
  /** `A` to `Z`. */
  readonly priority?: string | undefined
  /** `YYYY-MM-DD`, a day that exists. */
  readonly completed?: string | undefined
  readonly created?: string | undefined
  readonly text: string
}

export interface Token {
  readonly kind: 'space' | 'word' | 'project' | 'context' | 'pair' | 'link'
  readonly text: string
}

/** What one line says. A part of the head counts only where something other than space follows it. */
export function parseLine(line: string): Todo {
  let rest = line
  const take = (pattern: RegExp): string | undefined => {
    const found = pattern.exec(rest)
    if (!found || rest.slice(found[0].length).trim() === '') return undefined
    rest = rest.slice(found[0].length)
    return found[1]
  }
  const takeDay = (): string | undefined => (isDay(rest.slice(0, 10)) ? take(/^(.{10}) /) : undefined)

  const done = take(/^(x) /) !== undefined
  const priority = take(/^\(([A-Z])\) /)
  const completed = done ? takeDay() : undefined
  const created = !done || completed !== undefined ? takeDay() : undefined
  return { done, priority, completed, created, text: rest }
}

export function serialiseLine({ done, priority, completed, created, text }: Todo): string {
  const head = [done ? 'x' : undefined, priority && `(${priority})`, completed, created]
  return [...head.filter((part) => part !== undefined), text].join(' ')
}

/** The text in pieces that, joined, are the text again. */
export function tokenise(text: string): Token[] {
  return text
    .split(/(\s+)/)
    .filter((piece) => piece !== '')
    .map((piece) => ({ kind: kindOf(piece), text: piece }))
}

export function projectsIn(text: string): string[] {
  return distinct(words(text).filter((word) => kindOf(word) === 'project'))
}

export function contextsIn(text: string): string[] {
  return distinct(words(text).filter((word) => kindOf(word) === 'context'))
}

/** The `key:value` pairs; of a key that occurs twice, the first counts. */
export function pairsIn(text: string): Map<string, string> {
  const pairs = new Map<string, string>()
  for (const word of words(text)) {
    const [, key, value] = PAIR.exec(word) ?? []
    if (key !== undefined && value !== undefined && !pairs.has(key)) pairs.set(key, value)
  }
  return pairs
}

/** Whether `day` is `YYYY-MM-DD` and in the calendar: 2024-02-29 is, 2026-13-45 is not. */
export function isDay(day: string): boolean {
  const found = /^(\d{4})-(\d{2})-(\d{2})$/.exec(day)
  if (!found) return false
  const [year, month, date] = found.slice(1).map(Number) as [number, number, number]
  return month >= 1 && month <= 12 && date >= 1 && date <= daysIn(year, month)
}

/**
 * Why a line is not quite what its writer may have meant, or `undefined`. It is kept as it stands either way: this is
 * for telling people, after an import, that such lines are there.
 */
export function oddityOf(line: string): string | undefined {
  const { done, text } = parseLine(line)
  if (/^[xX]\s*$/.test(line)) return 'a lone x, without a task'
  if (!done && text.startsWith('X ')) return 'a capital X does not complete a task'
  if (/^\([a-z]\) /.test(text)) return 'a priority is an upper-case letter'
  if (/^\([A-Za-z]\)($|\S)/.test(text)) return 'a priority is followed by a space'
  if (/^\d{4}-\d{1,2}-\d{1,2}(\s|$)/.test(text) && !isDay(text.slice(0, 10))) return 'this day is not in the calendar'
  return undefined
}

const PAIR = /^([^\s:]+):([^\s:]+)$/

function kindOf(piece: string): Token['kind'] {
  if (piece.trim() === '') return 'space'
  if (/^\+\S/.test(piece)) return 'project'
  if (/^@\S/.test(piece)) return 'context'
  if (/^https?:\/\/\S/.test(piece)) return 'link'
  return PAIR.test(piece) ? 'pair' : 'word'
}

function words(text: string): string[] {
  return text.split(/\s+/)
}

function distinct(items: string[]): string[] {
  return [...new Set(items)]
}

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28
  return [4, 6, 9, 11].includes(month) ? 30 : 31
}
