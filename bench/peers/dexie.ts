import { Dexie, liveQuery, type Table } from 'dexie'
import type { Contender, Item } from '../contender.ts'

export const contender: Contender = {
  title: 'Dexie with liveQuery',
  durability: 'one IndexedDB transaction per action, relaxed; its promise resolves when that has completed',
  lacks: { W6: 'it has no server that one could run oneself' },
  async open(name) {
    const db = new Dexie(name)
    db.version(1).stores({ items: 'id', counters: 'id' })
    const items: Table<Item, string> = db.table('items')
    const counters: Table<{ id: string; value: number }, string> = db.table('counters')
    const readCount = async (): Promise<number> => (await counters.get('count'))?.value ?? 0
    return {
      increment: () => db.transaction('rw', counters, async () => counters.put({ id: 'count', value: (await readCount()) + 1 })),
      rename: (id, title) => items.update(id, { title }),
      fill: (all) => items.bulkPut(all),
      durable: async () => undefined,
      shown: async () => ({ count: await readCount(), items: await items.count() }),
      watch: (id, seen) => void liveQuery(() => items.get(id)).subscribe((item) => item !== undefined && seen(item.title)),
    }
  },
}
