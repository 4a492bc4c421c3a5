/** A contender: the same small app (a counter, and records under their ids), built on one library. It runs in a page. */

export interface Item {
  readonly id: string
  readonly title: string
  readonly isDone: boolean
  readonly at: number
}

/** The two actions that are measured. `rename` changes one field of one record. */
export type Operation = 'increment' | 'rename'

export interface Contender {
  readonly title: string
  /** What it means when an action's promise has resolved, and when `durable` has. */
  readonly durability: string
  /** Workloads that it cannot do, with the reason. */
  readonly lacks?: Readonly<Record<string, string>>
  /**
   * Opens a board in this tab and resolves once it shows what is stored.
   * @param server address of its own server; resolves once the first exchange with that is over
   */
  open(name: string, server?: string): Promise<Board>
}

export interface Board {
  /** Where it answers a promise, that resolves when the library says that the action is done. */
  increment(): Promise<unknown> | void
  rename(id: string, title: string): Promise<unknown> | void
  /** Puts many records at once. */
  fill(items: readonly Item[]): Promise<unknown>
  /** Resolves when everything done so far is in IndexedDB. */
  durable(): Promise<unknown>
  shown(): Shown | Promise<Shown>
  /** Calls `seen` with the record's title, now or soon, and after each change in any tab or device. */
  watch(id: string, seen: (title: string) => void): void
}

export interface Shown {
  readonly count: number
  readonly items: number
}
