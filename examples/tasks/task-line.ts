/** What the board does to a todo.txt line: pure, so that an action that runs again gives the same line again. */
import { parseLine, serialiseLine } from './todo-txt.ts'

/** The line for what a person typed: a todo.txt line, dated `today` where it has no date of its own. */
export function newLine(typed: string, today: string): string {
  const todo = parseLine(oneLine(typed))
  if (todo.done) return serialiseLine({ ...todo, completed: todo.completed ?? today })
  return serialiseLine({ ...todo, created: todo.created ?? today })
}

/** Done, the priority kept as `pri:A`, as the todo.txt primer advises: done lines sort together. */
export function completeLine(line: string, today: string): string {
  const { done, priority, created, text } = parseLine(line)
  if (done) return line
  return serialiseLine({ done: true, completed: today, created, text: priority ? `${text} pri:${priority}` : text })
}

/** Open again, with the priority that `completeLine` put away. */
export function reopenLine(line: string): string {
  const todo = parseLine(line)
  if (!todo.done) return line
  const [, before = todo.text, kept, after = ''] = /^([^]*\S[^]*) pri:([A-Z])(?=\s|$)([^]*)$/.exec(todo.text) ?? []
  const text = todo.priority ? todo.text : before + after
  let open = serialiseLine({ done: false, priority: todo.priority ?? kept, created: todo.created, text })
  while (parseLine(open).done) open = open.slice(2)
  return open
}

/** What the edit box shows: priority and text. The dates stay where they are. */
export function editableText(line: string): string {
  const { priority, text } = parseLine(line)
  return serialiseLine({ done: false, priority, text })
}

/** The line with what the edit box holds now; `x ` typed in front completes it. */
export function editLine(line: string, typed: string, today: string): string {
  const old = parseLine(line)
  const [, priority, text = oneLine(typed)] = /^\(([A-Z])\) ([^]+)$/.exec(oneLine(typed)) ?? []
  const edited = serialiseLine({ ...old, priority, text })
  return parseLine(edited).done && !old.done ? completeLine(edited.slice(2), today) : edited
}

export function prioritiseLine(line: string, priority: string | null): string {
  return serialiseLine({ ...parseLine(line), priority: priority ?? undefined })
}

/** The day at `time` (ms since 1970) where this device is, as `YYYY-MM-DD`. */
export function dayAt(time: number): string {
  const date = new Date(time)
  return [String(date.getFullYear()).padStart(4, '0'), pad(date.getMonth() + 1), pad(date.getDate())].join('-')
}

function pad(part: number): string {
  return String(part).padStart(2, '0')
}

/** A task is one line: pasted line breaks become spaces. */
function oneLine(typed: string): string {
  const line = typed.replace(/\s*[\r\n]+\s*/g, ' ').trim()
  if (line === '') throw new Error('A task needs some text. Nothing was changed.')
  return line
}
