import { createRxDatabase, type RxCollection, type RxDocument } from 'rxdb/plugins/core'
import { getRxStorageDexie } from 'rxdb/plugins/storage-dexie'
import type { Contender, Item } from '../contender.ts'

interface Counter {
  readonly id: string
  value: number
}

const id = { type: 'string', maxLength: 40 } as const
const itemProperties = { id, title: { type: 'string' }, isDone: { type: 'boolean' }, at: { type: 'number' } } as const

export const contender: Contender = {
  title: 'RxDB, Dexie storage',
  durability: 'an IndexedDB transaction per action or batch of them, relaxed; the promise resolves when that has completed',
  lacks: { W6: 'replication needs endpoints that one writes oneself' },
  async open(name) {
    const db = await createRxDatabase({ name, storage: getRxStorageDexie(), multiInstance: true, eventReduce: true })
    const { items, counters } = await db.addCollections<{ items: RxCollection<Item>; counters: RxCollection<Counter> }>({
      items: { schema: { version: 0, primaryKey: 'id', type: 'object', properties: itemProperties, required: ['id', 'title'] } },
      counters: {
        schema: { version: 0, primaryKey: 'id', type: 'object', properties: { id, value: { type: 'number' } }, required: ['id'] },
      },
    })
    const counter = async (): Promise<RxDocument<Counter>> =>
      (await counters.findOne('count').exec()) ?? (await counters.insertIfNotExists({ id: 'count', value: 0 }))
    const known = new Map<string, Promise<RxDocument<Item> | null>>()
    const find = (id: string): Promise<RxDocument<Item> | null> => {
      let found = known.get(id)
      if (found === undefined) known.set(id, (found = items.findOne(id).exec()))
      return found
    }
    const one = await counter()
    return {
      increment: () => one.incrementalModify((data) => ({ ...data, value: data.value + 1 })),
      rename: async (id, title) => (await find(id))?.incrementalPatch({ title }),
      fill: (all) => items.bulkUpsert([...all]),
      durable: () => db.requestIdlePromise(),
      shown: async () => ({ count: (await counter()).value, items: await items.count().exec() }),
      watch: (id, seen) => void items.findOne(id).$.subscribe((item) => item !== null && seen(item.title)),
    }
  },
}
