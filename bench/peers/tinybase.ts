import { createMergeableStore } from 'tinybase/mergeable-store'
import { createIndexedDbPersister } from 'tinybase/persisters/persister-indexed-db'
import { createBroadcastChannelSynchronizer } from 'tinybase/synchronizers/synchronizer-broadcast-channel'
import { createWsSynchronizer } from 'tinybase/synchronizers/synchronizer-ws-client'
import type { Contender } from '../contender.ts'

/** `Status.Idle` of a persister. */
const IDLE = 0

export const contender: Contender = {
  title: 'TinyBase',
  durability: 'actions are done before they are stored; auto-save writes the whole store as one value',
  async open(name, server) {
    const store = createMergeableStore()
    const persister = createIndexedDbPersister(store, name)
    await persister.load()
    await persister.startAutoSave()
    const synchronizer =
      server === undefined
        ? createBroadcastChannelSynchronizer(store, name)
        : await createWsSynchronizer(store, new WebSocket(`${server}${name}`))
    await synchronizer.startSync()
    const titleOf = (id: string): string => store.getCell('items', id, 'title') as string
    return {
      increment: () => void store.setValue('count', ((store.getValue('count') as number | undefined) ?? 0) + 1),
      rename: (id, title) => void store.setCell('items', id, 'title', title),
      fill: async (all) => store.transaction(() => all.forEach(({ id, ...item }) => store.setRow('items', id, item))),
      async durable() {
        do await new Promise((resolve) => setTimeout(resolve))
        while ((persister.getStatus() as number) !== IDLE)
      },
      shown: () => ({ count: (store.getValue('count') as number | undefined) ?? 0, items: store.getRowIds('items').length }),
      watch(id, seen) {
        if (store.hasRow('items', id)) seen(titleOf(id))
        store.addRowListener('items', id, () => seen(titleOf(id)))
      },
    }
  },
}
