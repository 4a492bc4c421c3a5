import { createCollection, createIndexedDB, indexedDBCollectionOptions } from '@tanstack/db'
import type { Contender, Item } from '../contender.ts'

interface Counter {
  readonly id: string
  value: number
}

export const contender: Contender = {
  title: 'TanStack DB, IndexedDB collections',
  durability: 'one IndexedDB transaction per action, relaxed; `isPersisted` resolves when that has completed',
  lacks: { W6: 'it has no server of its own' },
  async open(name) {
    const db = await createIndexedDB({ name, version: 1, stores: ['items', 'counters'] })
    const items = createCollection(indexedDBCollectionOptions<Item>({ db, name: 'items', getKey: (item: Item) => item.id }))
    const counters = createCollection(indexedDBCollectionOptions<Counter>({ db, name: 'counters', getKey: (one: Counter) => one.id }))
    await Promise.all([items.preload(), counters.preload()])
    const increment = (): Promise<unknown> => {
      if (counters.get('count') === undefined) return counters.insert({ id: 'count', value: 1 }).isPersisted.promise
      return counters.update('count', (draft: Counter) => void draft.value++).isPersisted.promise
    }
    return {
      increment,
      rename: (id, title) => items.update(id, (draft: { title: string }) => void (draft.title = title)).isPersisted.promise,
      fill: async (all) => {
        const fresh = all.filter(({ id }) => items.get(id) === undefined)
        if (fresh.length > 0) await items.insert(fresh).isPersisted.promise
      },
      durable: async () => undefined,
      shown: () => ({ count: counters.get('count')?.value ?? 0, items: items.size }),
      watch(id, seen) {
        const item = items.get(id)
        if (item !== undefined) seen(item.title)
        items.subscribeChanges((changes) => {
          for (const { key, value } of changes) if (key === id) seen((value as Item).title)
        })
      },
    }
  },
}
