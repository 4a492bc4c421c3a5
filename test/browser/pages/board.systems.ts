/** A small app for browser tests: tasks whose titles tests choose, and a counter. */
import { AgenticSystem, action, field } from 'homeroom'

export class Board extends AgenticSystem {
  @field tasks: { title: string }[] = []
  @field count = 0

  @action() add(title: string): void {
    this.tasks.push({ title })
  }

  @action() rename(at: number, title: string): void {
    this.tasks[at]!.title = title
  }

  @action() increment(): number {
    return ++this.count
  }
}
