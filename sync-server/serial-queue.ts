/** Runs jobs one at a time, in the order given. A job that fails does not keep the next from running. */

export class SerialQueue {
  #last: Promise<unknown> = Promise.resolve()
  #size = 0

  /** Jobs running or waiting. */
  get size(): number {
    return this.#size
  }

  run<T>(job: () => Promise<T>): Promise<T> {
    this.#size += 1
    const result = this.#last.then(job).finally(() => (this.#size -= 1))
    this.#last = result.catch(() => undefined)
    return result
  }
}
