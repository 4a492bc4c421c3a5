/** What a person can do on the page: the board's actions, each with what the page says to it and how it is undone. */
import type { SystemHandle } from 'homeroom'
import { nameOf, type TaskView } from './board-view.ts'
import type { TaskBoard } from './systems.ts'
import { inParts, joinLines, readTodoFile, splitLines } from './todo-file.ts'
import { oddityOf } from './todo-txt.ts'
import type { Feedback } from '../shared/use-feedback.ts'

export type BoardActions = SystemHandle<TaskBoard>['actions']

export interface Commands {
  add(text: string): Promise<boolean>
  /** `vanishes`: the view hides what is done or open now, so the page says where it went. */
  complete(task: TaskView, done: boolean, vanishes: boolean): Promise<boolean>
  edit(task: TaskView, text: string): void
  setPriority(task: TaskView, priority: string | null): void
  /** Between two tasks of the view; the view may hide others there. Answers whether it went well. */
  move(task: TaskView, place: Place): Promise<boolean>
  remove(task: TaskView): void
  clearDone(): Promise<void>
  importText(text: string, from: string): Promise<void>
  importFiles(files: readonly File[]): Promise<void>
  exportFile(): void
  countRound(by: 1 | -1): void
}

export interface Place {
  readonly after: string | undefined
  readonly before: string | undefined
  /** For the announcement: the row's new place in the view and how many there are. */
  readonly position: number
  readonly of: number
}

export function createCommands(
  tasks: readonly TaskView[],
  actions: BoardActions,
  feedback: Feedback,
  focusTask: (id: string) => void,
): Commands {
  const { attempt, notify, announce, remember, report } = feedback
  const next = (id: string) => tasks[tasks.findIndex((task) => task.id === id) + 1]?.id ?? null

  return {
    add: (text) => attempt('The task was not added', actions.addTask(text)),

    complete(task, done, vanishes) {
      const what = done ? 'Completed' : 'Reopened'
      const undo = () => actions.complete(task.id, !done)
      const completed = attempt(`“${nameOf(task)}” was not changed`, actions.complete(task.id, done))
      if (vanishes) notify(`${what} “${nameOf(task)}”`, undo)
      else {
        remember(undo)
        announce(`${what} “${nameOf(task)}”`)
      }
      return completed
    },

    edit(task, text) {
      void attempt(`“${nameOf(task)}” was not changed`, actions.edit(task.id, text))
    },

    setPriority(task, priority) {
      remember(() => actions.setPriority(task.id, task.priority ?? null))
      void attempt(`“${nameOf(task)}” was not changed`, actions.setPriority(task.id, priority))
    },

    async move(task, { after, before, position, of }) {
      const old = next(task.id)
      const following = after === undefined ? null : next(after)
      const beforeId = before ?? (following === task.id ? old : following)
      const moved = await attempt(`“${nameOf(task)}” was not moved`, actions.move(task.id, beforeId, after ?? null))
      if (!moved) return false
      remember(() => actions.move(task.id, old))
      announce(`Moved “${nameOf(task)}” to ${position} of ${of}`)
      return true
    },

    remove(task) {
      const call = actions.remove(task.id)
      void attempt(`“${nameOf(task)}” was not deleted`, call)
      notify(`Deleted “${nameOf(task)}”`, async () => {
        const removed = await call
        if (removed) await actions.restore([removed])
        focusTask(task.id)
      })
    },

    async clearDone() {
      const call = actions.clearDone()
      if (!(await attempt('The done tasks were not cleared', call))) return
      const removed = await call
      notify(`Cleared ${countOf(removed.length, 'done task')}`, () => restoreInParts(removed, actions))
    },

    async importText(text, from) {
      const batches: string[] = []
      const isImported = await attempt(`${from} was not imported completely`, importInParts(text, actions, batches))
      if (batches.length === 0) return
      const lines = splitLines(text)
      const odd = lines.filter((line) => oddityOf(line) !== undefined).length
      const kept = odd === 0 ? '' : `, ${countOf(odd, 'unusual line')} kept as text`
      notify(isImported ? `Imported ${countOf(lines.length, 'task')}${kept}` : 'Imported a part', () => actions.takeBackImport(batches))
    },

    async importFiles(files) {
      for (const file of files) {
        try {
          await this.importText(await readTodoFile(file), `“${file.name}”`)
        } catch (error) {
          report(`“${file.name}” was not imported`, error instanceof Error ? error.message : String(error))
        }
      }
    },

    exportFile() {
      download('todo.txt', joinLines(tasks.map((task) => task.line)))
      announce(`Exported ${countOf(tasks.length, 'task')} as todo.txt`)
    },

    countRound(by) {
      void attempt('The round was not counted', actions.countRound(by))
    },
  }
}

export function countOf(count: number, what: string): string {
  return `${count.toLocaleString()} ${what}${count === 1 ? '' : 's'}`
}

async function importInParts(text: string, actions: BoardActions, batches: string[]): Promise<void> {
  for (const part of inParts(text)) {
    const { batch } = await actions.importTodo(part)
    batches.push(batch)
  }
}

/** Some thousands at a time, so that each call stays well below what travels in one frame. */
async function restoreInParts(removed: Awaited<ReturnType<BoardActions['clearDone']>>, actions: BoardActions): Promise<void> {
  const PART = 2000
  for (let from = 0; from < removed.length; from += PART) await actions.restore(removed.slice(from, from + PART))
}

function download(name: string, text: string): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type: 'text/plain;charset=utf-8' }))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000)
}
