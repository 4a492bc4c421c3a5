/** The systems that the pages of the suite show. */
import { action, AgenticSystem, field, stream, type Stream } from 'homeroom'

export class Board extends AgenticSystem {
  @field tasks: { id: number; title: string }[] = []
  @field title = 'untitled'
  @field count = 0

  @action() addTask(title: string) {
    this.tasks.push({ id: this.tasks.length, title })
  }
  @action() rename(id: number, title: string) {
    this.tasks[id]!.title = title
  }
  @action() setTitle(title: string) {
    this.title = title
  }
  @action() increment() {
    return ++this.count
  }
  @action() addCounted(title: string) {
    this.addTask(title)
    this.count++
    this.title = title
  }
}

/** Has members with the names of the connection's. */
export class Review extends AgenticSystem {
  @field status = 'draft'
  @field error = 'none'

  @action() publish() {
    this.status = 'public'
  }
}

/** Writes as slowly as a test lets it. */
export class Writer extends AgenticSystem {
  static gate = Promise.resolve()
  @field summary = stream<string>('')
  @field sources: { name: string; notes: Stream<string> }[] = []

  @action() async summarize(...chunks: string[]) {
    this.summary.reset()
    for (const chunk of chunks) {
      this.summary.append(chunk)
      await Writer.gate
    }
    this.summary.complete()
  }
  @action() addSource(name: string) {
    this.sources.push({ name, notes: stream<string>('') })
  }
  @action() async note(source: number, ...chunks: string[]) {
    for (const chunk of chunks) {
      this.sources[source]!.notes.append(chunk)
      await Writer.gate
    }
    this.sources[source]!.notes.complete()
  }
  @action() fail() {
    this.summary.fail(new Error('no words'))
  }
}
