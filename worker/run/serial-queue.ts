/** Runs tasks one at a time, in the order they came, awaits included (rule Q1). */
export class SerialQueue {
  readonly #tasks: (() => Promise<void>)[] = []
  #running: Promise<void> | undefined

  get isIdle(): boolean {
    return this.#running === undefined
  }

  /** Resolves or rejects with the task; a task that fails does not stop the queue. */
  push<T>(task: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#tasks.push(() => task().then(resolve, reject))
      this.#running ??= this.#run()
    })
  }

  async #run(): Promise<void> {
    for (let task = this.#tasks.shift(); task !== undefined; task = this.#tasks.shift()) await task()
    this.#running = undefined
  }
}
