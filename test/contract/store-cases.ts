/**
 * The contract of a device's store (worker/store/store.ts) as plain functions that throw: one suite for the memory store,
 * for Dexie over fake-indexeddb, and, in a page, for the IndexedDB of real browsers.
 */
import { equalValues } from '../../lib/protocol/value.ts'
import type { InstanceName, Store, StoreChange, StoredInstance } from '../../worker/store/store.ts'

export interface StoreUnderTest {
  /** Opens a store on the one disk of this test, as another host would. */
  open(): Promise<Store>
  /** A store on a disk of its own. */
  openOther(): Promise<Store>
  /** In place of a text: what makes a write fail halfway. Absent where nothing does. */
  readonly unstorable?: unknown
}

export type StoreCase = (under: StoreUnderTest) => Promise<void>

const A: InstanceName = { system: 'Board', id: 'a' }
const B: InstanceName = { system: 'Board', id: 'b' }

export const storeCases: Readonly<Record<string, StoreCase>> = {
  '[S1] what nobody wrote is not there': async ({ open }) => {
    const store = await open()
    same(await store.load(A), undefined)
    same(await store.instances(), [])
    same(await store.readFact('sync'), undefined)
  },

  '[S1] what a write resolved on is there when the store is opened again': async ({ open }) => {
    const store = await open()
    const epoch = await store.claim()
    await store.write(epoch, [entry(A, 1, 'one')])
    await store.write(epoch, [entry(A, 2, 'two'), entry(B, 1, 'other')])
    store.close()
    const again = await open()
    same(await again.load(A), holding(0, {}, [1, 'one'], [2, 'two']))
    same(await again.load(B), holding(0, {}, [1, 'other']))
    same(sorted(await again.instances()), [A, B])
  },

  '[S1] writes that were not awaited are all stored, each whole': async ({ open }) => {
    const store = await open()
    const epoch = await store.claim()
    await Promise.all(Array.from({ length: 30 }, (_, i) => store.write(epoch, [entry(A, i + 1, `a${i}`), entry(B, i + 1, `b${i}`)])))
    same((await store.load(A))?.entries.length, 30)
    same((await store.load(B))?.entries.at(-1), { seq: 30, text: 'b29' })
  },

  '[S2] entries come back in the order of seq, as numbers': async ({ open }) => {
    const store = await open()
    const epoch = await store.claim()
    await store.write(
      epoch,
      [100, 9, 10, 1, 2, 1000].map((seq) => entry(A, seq, `${seq}`)),
    )
    same(
      (await store.load(A))?.entries.map(({ seq }) => seq),
      [1, 2, 9, 10, 100, 1000],
    )
  },

  '[S2] a snapshot takes the place of the entries up to it; later ones stay and come on top': async ({ open }) => {
    const store = await open()
    const epoch = await store.claim()
    await store.write(
      epoch,
      [1, 2, 3, 4].map((seq) => entry(A, seq, `${seq}`)),
    )
    await store.write(epoch, [snapshot(A, 3, { state: 'at 3' }), entry(B, 3, 'another instance')])
    same(await store.load(A), holding(3, { state: 'at 3' }, [4, '4']))
    await store.write(epoch, [entry(A, 5, '5')])
    same(await (await open()).load(A), holding(3, { state: 'at 3' }, [4, '4'], [5, '5']))
    same(await store.load(B), holding(0, {}, [3, 'another instance']))
  },

  '[S2] a snapshot writes the chunks that it names, drops those gone, and leaves the others': async ({ open }) => {
    const store = await open()
    const epoch = await store.claim()
    await store.write(epoch, [snapshot(A, 1, { one: '1', two: '2', three: '3' })])
    await store.write(epoch, [snapshot(A, 2, { two: 'II', four: '4' }, ['three', 'never there'])])
    same(await store.load(A), holding(2, { one: '1', two: 'II', four: '4' }))
  },

  '[S2] an entry for an instance that this store has not loaded leaves its snapshot as it is': async ({ open }) => {
    const store = await open()
    await store.write(await store.claim(), [snapshot(A, 7, { state: 'at 7' })])
    const next = await open()
    await next.write(await next.claim(), [entry(A, 8, '8')])
    same(await next.load(A), holding(7, { state: 'at 7' }, [8, '8']))
  },

  '[S2] a batch may hold entries of an instance that is new and its snapshot': async ({ open }) => {
    const store = await open()
    await store.write(await store.claim(), [entry(A, 1, '1'), entry(A, 2, '2'), snapshot(A, 1, { state: 'at 1' }), entry(A, 3, '3')])
    same(await (await open()).load(A), holding(1, { state: 'at 1' }, [2, '2'], [3, '3']))
  },

  '[H1] each claim is higher than all before it, whoever claims': async ({ open }) => {
    const [one, two] = [await open(), await open()]
    const claims = [await one.claim(), await two.claim(), await one.claim(), await (await open()).claim()]
    same(
      claims.toSorted((a, b) => a - b),
      claims,
    )
    same(new Set(claims).size, claims.length)
  },

  '[H1] what an old epoch writes is refused and writes nothing: entries, snapshots, facts': async ({ open }) => {
    const old = await open()
    const before = await old.claim()
    await old.write(before, [entry(A, 1, 'kept')])
    const next = await open()
    const now = await next.claim()
    same(await codeOf(old.write(before, [entry(A, 2, 'late')])), 'store/fenced')
    same(await codeOf(old.write(before, [snapshot(A, 1, { state: 'late' })])), 'store/fenced')
    same(await codeOf(old.write(before, [entry(B, 1, 'late')])), 'store/fenced')
    same(await codeOf(old.writeFact(before, 'sync', 'late')), 'store/fenced')
    same(await next.load(A), holding(0, {}, [1, 'kept']))
    same(await next.load(B), undefined)
    same(await next.instances(), [A])
    same(await next.readFact('sync'), undefined)
    await next.write(now, [entry(A, 2, 'new')])
    same(await old.load(A), holding(0, {}, [1, 'kept'], [2, 'new']))
  },

  '[H1] an epoch that nobody has claimed writes nothing': async ({ open }) => {
    const store = await open()
    const epoch = await store.claim()
    same(await codeOf(store.write(epoch + 1, [entry(A, 1, 'early')])), 'store/fenced')
    same(await store.load(A), undefined)
  },

  '[H1] [S1] a write that meets a claim is stored whole and resolves, or not at all and rejects': async ({ open }) => {
    const [old, next] = [await open(), await open()]
    const epoch = await old.claim()
    const writes = Array.from({ length: 10 }, (_, i) => codeOf(old.write(epoch, [entry(A, i + 1, 'a'), entry(B, i + 1, 'b')])))
    const claimed = next.claim()
    const more = Array.from({ length: 10 }, (_, i) => codeOf(old.write(epoch, [entry(A, i + 11, 'a'), entry(B, i + 11, 'b')])))
    const codes = await Promise.all([...writes, ...more])
    await claimed
    const stored = codes.flatMap((code, i) => (code === undefined ? [i + 1] : []))
    same(
      codes.filter((code) => code !== undefined && code !== 'store/fenced'),
      [],
    )
    same(
      ((await next.load(A))?.entries ?? []).map(({ seq }) => seq),
      stored,
    )
    same(
      ((await next.load(B))?.entries ?? []).map(({ seq }) => seq),
      stored,
    )
    same(await codeOf(old.write(epoch, [entry(A, 99, 'late')])), 'store/fenced')
  },

  '[S1] a batch with a change that cannot be stored stores nothing of it, and the store goes on': async ({ open, unstorable }) => {
    if (unstorable === undefined) return
    const store = await open()
    const epoch = await store.claim()
    await store.write(epoch, [entry(A, 1, 'before'), snapshot(B, 4, { state: 'before' })])
    const bad = unstorable as string
    same(
      await codeOf(
        store.write(epoch, [entry(A, 2, 'lost'), snapshot(B, 5, { state: 'lost' }, ['state']), entry({ ...A, id: 'c' }, 1, bad)]),
      ),
      'storage/failed',
    )
    same(await codeOf(store.write(epoch, [entry(A, 2, bad), entry(B, 5, 'lost')])), 'storage/failed')
    same(await codeOf(store.write(epoch, [entry(A, 2, 'lost'), snapshot(B, 5, { other: bad }, ['state'])])), 'storage/failed')
    same(await store.load(A), holding(0, {}, [1, 'before']))
    same(await store.load(B), holding(4, { state: 'before' }))
    same(sorted(await store.instances()), [A, B])
    await store.write(epoch, [entry(A, 2, 'after'), entry({ ...A, id: 'c' }, 1, 'after')])
    same(await (await open()).load(A), holding(0, {}, [1, 'before'], [2, 'after']))
    same(sorted(await store.instances()), [A, B, { ...A, id: 'c' }])
  },

  'facts are kept, changed and taken away, and are no instances': async ({ open }) => {
    const store = await open()
    const epoch = await store.claim()
    await store.writeFact(epoch, 'sync', 'wss://one.example')
    await store.writeFact(epoch, 'sync', 'wss://two.example')
    await store.writeFact(epoch, 'epoch', 'a name that the store may use itself')
    await store.writeFact(epoch, 'device', '')
    const again = await open()
    same(await again.readFact('sync'), 'wss://two.example')
    same(await again.readFact('epoch'), 'a name that the store may use itself')
    same(await again.readFact('device'), '')
    await again.writeFact(epoch, 'sync', undefined)
    same(await store.readFact('sync'), undefined)
    same(await store.instances(), [])
    await store.write(epoch, [entry(A, 1, 'the epoch is as it was')])
  },

  'a store has its id for ever, and no two have one': async ({ open, openOther }) => {
    const { device } = await open()
    same(device.length > 0, true)
    same((await open()).device, device)
    same((await openOther()).device === device, false)
  },

  'instances whose names are alike stay apart': async ({ open }) => {
    const ids = ['', ' ', 'a', 'a\u0000', 'a"', 'a,b', '["a"]', 'ä', 'a\u0308', '\ud800', '\uffff', '任务', 'a'.repeat(2000)]
    const names = ids.flatMap((id) => [
      { system: 'Board', id },
      { system: 'Board\u0000', id },
    ])
    const store = await open()
    const epoch = await store.claim()
    await store.write(
      epoch,
      names.map((name, i) => entry(name, 1, `${i}`)),
    )
    const again = await open()
    for (const [i, name] of names.entries()) same(await again.load(name), holding(0, {}, [1, `${i}`]))
    same(sorted(await again.instances()), sorted(names))
  },

  'texts come back as they were, however long and whatever is in them': async ({ open }) => {
    const texts = ['', '\u0000', '\u2028\u2029', '\ud83d', '\ude00\ud83d', '\ufeffx', '日本語', 'x'.repeat(2_000_000)]
    const store = await open()
    const epoch = await store.claim()
    await store.write(
      epoch,
      texts.map((text, i) => entry(A, i + 1, text)),
    )
    await store.write(epoch, [snapshot(B, 1, Object.fromEntries(texts.map((text, i) => [`${i}${text.slice(0, 3)}`, text])))])
    const again = await open()
    same(
      (await again.load(A))?.entries.map(({ text }) => text),
      texts,
    )
    same([...((await again.load(B))?.chunks.values() ?? [])].toSorted(), texts.toSorted())
  },
}

export function entry(instance: InstanceName, seq: number, text: string): StoreChange {
  return { instance, entry: { seq, text } }
}

function snapshot(instance: InstanceName, upTo: number, chunks: Record<string, string>, gone: readonly string[] = []): StoreChange {
  return { instance, snapshot: { upTo, chunks: new Map(Object.entries(chunks)), gone } }
}

function holding(upTo: number, chunks: Record<string, string>, ...entries: [number, string][]): StoredInstance {
  return { upTo, chunks: new Map(Object.entries(chunks)), entries: entries.map(([seq, text]) => ({ seq, text })) }
}

function sorted(names: readonly InstanceName[]): InstanceName[] {
  const key = (name: InstanceName): string => JSON.stringify([name.system, name.id])
  return names.map(({ system, id }) => ({ system, id })).toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
}

/** The code that a promise rejects with; `undefined` if it resolves. */
async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work
    return undefined
  } catch (error) {
    return (error as { code?: string }).code ?? String(error)
  }
}

function same(actual: unknown, expected: unknown): void {
  if (!equalValues(plain(actual), plain(expected))) throw new Error(`Expected ${show(expected)}, but it is ${show(actual)}.`)
}

/** Of a loaded instance only what the contract names: rows may carry their key. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  if ('seq' in value && 'text' in value) return { seq: value.seq, text: value.text }
  if ('system' in value && 'id' in value) return { system: value.system, id: value.id }
  if (value instanceof Map) return [...value].toSorted(([a], [b]) => (String(a) < String(b) ? -1 : 1))
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(members.map(([key, member]) => [key, plain(member)]))
}

function show(value: unknown): string {
  const text = JSON.stringify(plain(value)) ?? String(value)
  return text.length > 500 ? `${text.slice(0, 500)}…` : text
}
