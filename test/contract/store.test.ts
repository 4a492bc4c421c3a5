/** The store contract on the stores that run in Node. test/browser/store.test.ts runs the same cases on real IndexedDB. */
import { IDBFactory, IDBKeyRange } from 'fake-indexeddb'
import { describe, test } from 'vitest'
import { openDexieStore } from '../../worker/store/dexie-store.ts'
import { createMemoryDisk, openMemoryStore } from '../../worker/store/memory-store.ts'
import { storeCases, type StoreUnderTest } from './store-cases.ts'

const stores: Readonly<Record<string, () => StoreUnderTest>> = {
  'memory store': () => {
    const disk = createMemoryDisk(crypto.randomUUID())
    return { open: async () => openMemoryStore(disk), openOther: async () => openMemoryStore(createMemoryDisk(crypto.randomUUID())) }
  },
  'Dexie store over fake-indexeddb': () => {
    const indexedDB = new IDBFactory()
    const open = (name: string) => openDexieStore({ name, newDeviceId: () => crypto.randomUUID(), indexedDB, IDBKeyRange })
    return { open: () => open('one'), openOther: () => open('other'), unstorable: () => undefined }
  },
}

describe.each(Object.entries(stores))('%s', (_, create) => {
  test.each(Object.entries(storeCases))('%s', (_, run) => run(create()))
})
