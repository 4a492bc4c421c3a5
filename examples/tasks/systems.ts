/**
 * The state of a board and everything that can happen to it. A task *is* its todo.txt line: what it says (done,
 * priority, dates, tags) is read off the line, so a line nobody touches leaves the board exactly as it came in.
 *
 * Actions name tasks by id, never by place: when another device's changes come first they run again on a list that
 * may look different. What cannot be done any more throws, and the page shows it among the rejected calls.
 */
import { AgenticSystem, action, field } from 'homeroom'
import { completeLine, dayAt, editLine, newLine, prioritiseLine, reopenLine } from './task-line.ts'
import { splitLines } from './todo-file.ts'
import { parseLine } from './todo-txt.ts'

export interface Task {
  id: string
  /** One line of todo.txt. */
  line: string
}

/** A task taken off the board, and the task it stood before (`null`: it was the last), for `restore`. */
export interface Removed {
  readonly task: Task
  readonly beforeId: string | null
}

export interface Imported {
  /** Names these tasks together, for `takeBackImport`. */
  readonly batch: string
  readonly added: number
}

export class TaskBoard extends AgenticSystem {
  @field tasks: Task[] = []
  /** Stretches of focused work that anyone on this board has counted. */
  @field rounds = 0

  @action() addTask(text: string): void {
    this.tasks.unshift({ id: this.turn.uuid(), line: newLine(text, this.today()) })
  }

  /** `text` as the edit box holds it: a priority, if any, and the text. */
  @action() edit(id: string, text: string): void {
    const task = this.find(id, 'edited')
    task.line = editLine(task.line, text, this.today())
  }

  @action() complete(id: string, done = true): void {
    const task = this.find(id, done ? 'completed' : 'reopened')
    task.line = done ? completeLine(task.line, this.today()) : reopenLine(task.line)
  }

  @action() setPriority(id: string, priority: string | null): void {
    const task = this.find(id, 'given a priority')
    task.line = prioritiseLine(task.line, priority)
  }

  /** Puts a task before another, or last with `null`; if that other one is gone by then, after `afterId`. */
  @action() move(id: string, beforeId: string | null, afterId?: string | null): void {
    this.find(id, 'moved')
    const others = this.tasks.map((task) => task.id).filter((other) => other !== id)
    const to = placeBetween(others, beforeId, afterId)
    if (to === undefined) return
    const from = this.tasks.findIndex((task) => task.id === id)
    const [task] = this.tasks.splice(from, 1)
    this.tasks.splice(to, 0, task!)
  }

  /** Answers what `restore` needs, or `null` if the task is gone already, which is what was wanted. */
  @action() remove(id: string): Removed | null {
    const at = this.tasks.findIndex((task) => task.id === id)
    if (at < 0) return null
    const beforeId = this.tasks[at + 1]?.id ?? null
    const [task] = this.tasks.splice(at, 1)
    return { task: { ...task! }, beforeId }
  }

  @action() clearDone(): Removed[] {
    return this.removeWhere((task) => parseLine(task.line).done)
  }

  /** Puts removed tasks back before the task each stood before, or last if that one is gone. */
  @action() restore(removed: readonly Removed[]): void {
    const present = new Set(this.tasks.map((task) => task.id))
    const waiting = new Map<string | null, Task[]>()
    for (const { task, beforeId } of removed) {
      if (present.has(task.id)) continue
      const place = beforeId !== null && present.has(beforeId) ? beforeId : null
      const queue = waiting.get(place) ?? []
      queue.push(task)
      waiting.set(place, queue)
    }
    const back = (place: string | null) => waiting.get(place) ?? []
    if (waiting.size > 0) this.tasks = [...this.tasks.flatMap((task) => [...back(task.id), task]), ...back(null)]
  }

  /** Adds each line of a todo.txt file that is not blank, as it is, below the tasks that are there. */
  @action() importTodo(text: string): Imported {
    const batch = this.turn.uuid().slice(0, 8)
    const tasks = splitLines(text).map((line, n) => ({ id: `${batch}.${n.toString(36)}`, line }))
    this.tasks.push(...tasks)
    return { batch, added: tasks.length }
  }

  /** Undoes imports: removes what came with them and is still there. */
  @action() takeBackImport(batches: readonly string[]): void {
    this.removeWhere((task) => batches.includes(task.id.split('.')[0]!))
  }

  @action() countRound(by = 1): void {
    this.rounds += by
  }

  private find(id: string, what: string): Task {
    const task = this.tasks.find((other) => other.id === id)
    if (!task) throw new Error(`The task could not be ${what}: it was deleted in the meantime, here or on another device.`)
    return task
  }

  private removeWhere(test: (task: Task) => boolean): Removed[] {
    const removed: Removed[] = []
    const kept: Task[] = []
    let beforeId: string | null = null
    for (const task of this.tasks.toReversed()) {
      if (test(task)) removed.push({ task: { id: task.id, line: task.line }, beforeId })
      else {
        kept.push(task)
        beforeId = task.id
      }
    }
    if (removed.length > 0) this.tasks = kept.toReversed()
    return removed.toReversed()
  }

  private today(): string {
    return dayAt(this.turn.now())
  }
}

/** Where among `ids` something goes that is to stand before one and after the other; the first that is there decides. */
function placeBetween(ids: readonly string[], beforeId: string | null, afterId: string | null = null): number | undefined {
  if (beforeId === null) return ids.length
  if (ids.includes(beforeId)) return ids.indexOf(beforeId)
  return afterId !== null && ids.includes(afterId) ? ids.indexOf(afterId) + 1 : undefined
}
