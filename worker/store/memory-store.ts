/** A store in memory: for tests and simulations. The disk outlives the stores opened on it, as a real one does. */
import { HomeroomError } from '../../lib/protocol/errors.ts'
import { instanceKey, type InstanceName, type Store, type StoreChange, type StoredInstance } from './store.ts'

export interface MemoryDisk {
  readonly device: string
  epoch: number
  readonly facts: Map<string, string>
  readonly instances: Map<string, { name: InstanceName; upTo: number; chunks: Map<string, string>; entries: Map<number, string> }>
}

export function createMemoryDisk(device: string): MemoryDisk {
  return { device, epoch: 0, facts: new Map(), instances: new Map() }
}

/** Runs one effect on the disk, at once and whole, some time later. What it is given decides when, and whether at all. */
export type Perform = <T>(effect: () => T, what: string) => Promise<T>

/** @param perform by default each effect happens after a microtask */
export function openMemoryStore(disk: MemoryDisk, perform: Perform = async (effect) => effect()): Store {
  return {
    device: disk.device,
    claim: () => perform(() => ++disk.epoch, 'claim'),
    instances: () => perform(() => [...disk.instances.values()].map(({ name }) => name), 'instances'),
    load: (instance) => perform(() => load(disk, instance), 'load'),
    write: (epoch, batch) => perform(() => write(disk, epoch, batch), 'write'),
    readFact: (name) => perform(() => disk.facts.get(name), 'readFact'),
    writeFact: (epoch, name, text) => perform(() => writeFact(disk, epoch, name, text), 'writeFact'),
    close: () => undefined,
  }
}

function load(disk: MemoryDisk, name: InstanceName): StoredInstance | undefined {
  const stored = disk.instances.get(instanceKey(name))
  if (stored === undefined) return undefined
  const entries = [...stored.entries].map(([seq, text]) => ({ seq, text })).toSorted((a, b) => a.seq - b.seq)
  return { upTo: stored.upTo, chunks: new Map(stored.chunks), entries }
}

function write(disk: MemoryDisk, epoch: number, batch: readonly StoreChange[]): void {
  assertEpoch(disk, epoch)
  for (const change of batch) {
    const key = instanceKey(change.instance)
    let stored = disk.instances.get(key)
    if (stored === undefined) disk.instances.set(key, (stored = { name: change.instance, upTo: 0, chunks: new Map(), entries: new Map() }))
    if ('entry' in change) stored.entries.set(change.entry.seq, change.entry.text)
    else {
      const { upTo, chunks, gone } = change.snapshot
      stored.upTo = upTo
      for (const [name, text] of chunks) stored.chunks.set(name, text)
      for (const name of gone) stored.chunks.delete(name)
      for (const seq of stored.entries.keys()) if (seq <= upTo) stored.entries.delete(seq)
    }
  }
}

function writeFact(disk: MemoryDisk, epoch: number, name: string, text: string | undefined): void {
  assertEpoch(disk, epoch)
  if (text === undefined) disk.facts.delete(name)
  else disk.facts.set(name, text)
}

function assertEpoch(disk: MemoryDisk, epoch: number): void {
  if (disk.epoch !== epoch) throw fenced(epoch, disk.epoch)
}

/** What a host gets that another one has replaced. */
export function fenced(mine: number, now: number): HomeroomError {
  return new HomeroomError(
    'store/fenced',
    `This host's epoch is ${mine}, but the store is at ${now}: another host has taken over. Nothing was written; this host must stop.`,
  )
}
