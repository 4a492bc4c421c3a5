/**
 * The contract of a device's store: for each instance a journal of entries and the snapshot they stand on.
 *
 * 1. A call that resolves is stored: it survives the death of the process and of the browser. A call that rejects has
 *    stored nothing. One that never settles (the host died) has stored all of it or nothing.
 * 2. `write` and `compact` first read the epoch, in the same transaction, and reject with `store/fenced` if it is no
 *    longer the caller's: another host has taken over (rule H1).
 * 3. Entries come back in the order of `seq`; after `compact` only those above `upTo`.
 * 4. A full disk rejects with `storage/quota` and leaves the store as it was.
 *
 * Texts are opaque to stores.
 */
export interface Store {
  /** Random id of this store, made when it was: the device's name on the sync server. */
  readonly device: string
  /** Raises the epoch and answers it. From then on only its holder can write. */
  claim(): Promise<number>
  instances(): Promise<readonly InstanceName[]>
  load(instance: InstanceName): Promise<StoredInstance | undefined>
  write(epoch: number, batch: readonly StoreChange[]): Promise<void>
  /** A few small facts beside the instances, such as the sync address. */
  readFact(name: string): Promise<string | undefined>
  writeFact(epoch: number, name: string, text: string | undefined): Promise<void>
  close(): void
}

export interface InstanceName {
  readonly system: string
  readonly id: string
}

export type StoreChange = { readonly instance: InstanceName } & (
  | { readonly entry: { readonly seq: number; readonly text: string } }
  /** Puts the chunks, deletes those named, and all entries up to `upTo`. */
  | { readonly snapshot: { readonly upTo: number; readonly chunks: ReadonlyMap<string, string>; readonly gone: readonly string[] } }
)

export interface StoredInstance {
  /** `seq` of the last entry folded into the chunks; 0 where there is no snapshot. */
  readonly upTo: number
  readonly chunks: ReadonlyMap<string, string>
  readonly entries: readonly { readonly seq: number; readonly text: string }[]
}

/** One string per instance, for tables and maps: no two names share it. */
export function instanceKey({ system, id }: InstanceName): string {
  return JSON.stringify([system, id])
}
