/** A promise with its ends in hand. (`Promise.withResolvers` is missing in Node 20.) */
export interface Deferred<T> {
  readonly promise: Promise<T>
  resolve(value: T): void
  reject(reason: unknown): void
}

export function defer<T>(): Deferred<T> {
  let ends: Pick<Deferred<T>, 'resolve' | 'reject'> | undefined
  const promise = new Promise<T>((resolve, reject) => (ends = { resolve, reject }))
  return { promise, ...(ends as unknown as Pick<Deferred<T>, 'resolve' | 'reject'>) }
}
