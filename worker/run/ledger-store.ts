/** A ledger as texts for the store: chunks of a snapshot, and the records after it. */
import { decode, encode } from '../../lib/protocol/wire.ts'
import type { StoredInstance } from '../store/store.ts'
import { createLedger, fold, type JournalRecord, type Ledger } from './ledger.ts'

const FIELD = 'field:'

/** Every field that differs from `stored` as a chunk of its own, and the rest of the ledger as one. */
export function ledgerToChunks(ledger: Ledger, stored: Ledger['confirmed']): { chunks: Map<string, string>; gone: string[] } {
  const { confirmed, ...rest } = ledger
  const chunks = new Map([['ledger', encode({ ...rest, fields: Object.keys(confirmed) })]])
  for (const [field, value] of Object.entries(confirmed)) {
    if (!Object.hasOwn(stored, field) || !Object.is(stored[field], value)) chunks.set(FIELD + field, encode(value))
  }
  return {
    chunks,
    gone: Object.keys(stored)
      .filter((field) => !Object.hasOwn(confirmed, field))
      .map((field) => FIELD + field),
  }
}

/** The ledger as stored, and the seq of the last entry that went into it. */
export function readLedger(stored: StoredInstance): { ledger: Ledger; seq: number; inChunks: Ledger['confirmed'] } {
  const ledger = readChunks(stored.chunks)
  const inChunks = ledger.confirmed
  let seq = stored.upTo
  for (const entry of stored.entries) {
    if (entry.seq <= stored.upTo) continue
    for (const record of decode(entry.text) as JournalRecord[]) fold(ledger, record)
    seq = entry.seq
  }
  return { ledger, seq, inChunks }
}

function readChunks(chunks: ReadonlyMap<string, string>): Ledger {
  const text = chunks.get('ledger')
  if (text === undefined) return createLedger()
  const { fields, ...rest } = decode(text) as Omit<Ledger, 'confirmed'> & { fields: string[] }
  return {
    ...createLedger(),
    ...rest,
    confirmed: Object.fromEntries(fields.map((field) => [field, decode(chunks.get(FIELD + field) as string)])),
  }
}
