/**
 * Group commit: all records that came while the last transaction ran go into the next one, one value per instance. The
 * cost of IndexedDB is per request, hardly per byte, so the more there is to do, the cheaper each call.
 *
 * Invariants
 * 1. `append` resolves only when its records are stored (rule S1), in the order of the calls of `append`.
 * 2. One transaction runs at a time; the next starts when it is done.
 * 3. After a failure nothing of that instance is stored until it is registered anew, from what is stored.
 */
import { errorToData, HomeroomError } from '../../lib/protocol/errors.ts'
import { encode } from '../../lib/protocol/wire.ts'
import { DEFAULT_HOST_LIMITS, type HostLimits } from '../limits.ts'
import type { InstanceName, Store, StoreChange, StoredInstance } from './store.ts'
import { instanceKey } from './store.ts'

/** What the journal asks of an instance when its entries have grown long: all of it, as of now. */
export interface SnapshotSource {
  readonly instance: InstanceName
  /** The chunks that changed since the last snapshot, the names of those that are gone, and whom to tell once it is stored. */
  takeSnapshot(): { chunks: ReadonlyMap<string, string>; gone: readonly string[]; stored: () => void }
}

interface Line {
  readonly source: SnapshotSource
  seq: number
  /** Entries and characters stored since the last snapshot. */
  entries: number
  size: number
  /** Characters of the last snapshot: rewriting it is worth it when as much has come on top. */
  snapshotSize: number
  /** Something was not stored: nothing that came after it may be, until the instance is back at what is. */
  failure: unknown
}

interface Waiting {
  readonly line: Line
  readonly records: readonly unknown[]
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** One instance's part of a transaction, and who waits for it. */
interface Write {
  readonly change: StoreChange
  readonly stored: () => void
  readonly waiting: readonly Waiting[]
}

export class Journal {
  readonly #store: Store
  readonly #epoch: number
  readonly #limits: HostLimits
  readonly #yieldToLoop: () => Promise<void>
  readonly #lines = new Map<string, Line>()
  #waiting: Waiting[] = []
  #running: Promise<void> | undefined

  /** @param yieldToLoop resolves when what waits already has been done */
  constructor(
    store: Store,
    epoch: number,
    limits: HostLimits = DEFAULT_HOST_LIMITS,
    yieldToLoop: () => Promise<void> = () => Promise.resolve(),
  ) {
    this.#store = store
    this.#epoch = epoch
    this.#limits = limits
    this.#yieldToLoop = yieldToLoop
  }

  /** @param seq of the last entry `stored` for the instance */
  register(source: SnapshotSource, seq: number, stored: StoredInstance | undefined): void {
    const { entries = [], chunks } = stored ?? {}
    const size = sizeOf(entries.map(({ text }) => text))
    this.#lines.set(instanceKey(source.instance), {
      source,
      seq,
      entries: entries.length,
      size,
      snapshotSize: sizeOf(chunks?.values() ?? []),
      failure: undefined,
    })
  }

  hasFailed(instance: InstanceName): boolean {
    return this.#lines.get(instanceKey(instance))?.failure !== undefined
  }

  forget(instance: InstanceName): void {
    this.#lines.delete(instanceKey(instance))
  }

  append(instance: InstanceName, records: readonly unknown[]): Promise<void> {
    const line = this.#lines.get(instanceKey(instance))
    if (line?.failure !== undefined) return Promise.reject(line.failure)
    if (line === undefined)
      return Promise.reject(
        new HomeroomError('storage/closed', `The instance ${instanceKey(instance)} is not open, so nothing was stored.`),
      )
    return new Promise((resolve, reject) => {
      this.#waiting.push({ line, records, resolve, reject })
      this.#running ??= this.#run()
    })
  }

  /** Resolves when everything appended so far is stored or has failed. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running
  }

  async #run(): Promise<void> {
    // The calls of one message are run one by one: all of them join the first transaction. Tabs are told before it starts.
    await this.#yieldToLoop()
    while (this.#waiting.length > 0) {
      const group = this.#waiting
      this.#waiting = []
      await this.#flush(group)
    }
    this.#running = undefined
  }

  async #flush(all: readonly Waiting[]): Promise<void> {
    const group = all.filter(({ line }) => line.failure === undefined)
    for (const { line, reject } of all) if (line.failure !== undefined) reject(line.failure)
    if (group.length === 0) return
    const byLine = new Map<Line, Waiting[]>()
    for (const waiting of group) {
      const same = byLine.get(waiting.line)
      if (same === undefined) byLine.set(waiting.line, [waiting])
      else same.push(waiting)
    }
    await this.#write([...byLine].map(([line, waiting]) => ({ ...writeOf(line, waiting, this.#limits), waiting })))
  }

  async #write(writes: readonly Write[]): Promise<void> {
    const waiting = writes.flatMap((write) => write.waiting)
    try {
      await this.#store.write(
        this.#epoch,
        writes.map(({ change }) => change),
      )
    } catch (error) {
      // One instance that does not fit must not fail the others: each is tried by itself (rule S4). What is written stays
      // what it was: a snapshot taken only now would hold records that are to come in the next entry as well.
      if (writes.length > 1 && errorToData(error).code !== 'store/fenced') for (const write of writes) await this.#write([write])
      else for (const one of waiting) fail(one, error)
      return
    }
    for (const { stored } of writes) stored()
    for (const { resolve } of waiting) resolve()
  }
}

function fail({ line, reject }: Waiting, error: unknown): void {
  line.failure = error
  reject(error)
}

/** An entry, or a snapshot in its place where the entries have grown long: the records are part of that by now. */
function writeOf(line: Line, waiting: readonly Waiting[], { journalEntries, journalChars }: HostLimits): Omit<Write, 'waiting'> {
  const { instance } = line.source
  line.seq++
  if (line.entries < journalEntries && line.size <= Math.max(journalChars, line.snapshotSize)) {
    const text = encode(waiting.flatMap(({ records }) => records))
    line.entries++
    line.size += text.length
    return { change: { instance, entry: { seq: line.seq, text } }, stored: () => undefined }
  }
  const { stored, chunks, gone } = line.source.takeSnapshot()
  line.snapshotSize = Math.max(line.snapshotSize, sizeOf(chunks.values()))
  line.entries = line.size = 0
  return { change: { instance, snapshot: { upTo: line.seq, chunks, gone } }, stored }
}

function sizeOf(texts: Iterable<string>): number {
  let size = 0
  for (const text of texts) size += text.length
  return size
}
