import { IndexeddbPersistence } from 'y-indexeddb'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import type { Contender } from '../contender.ts'

export const contender: Contender = {
  title: 'Yjs with y-indexeddb and y-websocket',
  durability: 'actions are done before they are stored: one put per transaction, relaxed; a later read says when that is over',
  async open(name, server) {
    const doc = new Y.Doc()
    const counters = doc.getMap<number>('counters')
    const items = doc.getMap<Y.Map<unknown>>('items')
    const persistence = new IndexeddbPersistence(name, doc)
    await persistence.whenSynced
    const isRemote = server !== undefined
    const provider = new WebsocketProvider((server ?? 'ws://localhost:1/').slice(0, -1), name, doc, {
      connect: isRemote,
      disableBc: isRemote,
    })
    if (isRemote) await new Promise<void>((resolve) => provider.once('sync', () => resolve()))
    else provider.connectBc()
    return {
      increment: () => void counters.set('count', (counters.get('count') ?? 0) + 1),
      rename: (id, title) => void items.get(id)?.set('title', title),
      fill: async (all) => doc.transact(() => all.forEach((item) => items.set(item.id, new Y.Map(Object.entries(item))))),
      durable: () =>
        new Promise((resolve, reject) => {
          const request = (persistence.db as IDBDatabase).transaction('updates').objectStore('updates').count()
          request.onsuccess = resolve
          request.onerror = reject
        }),
      shown: () => ({ count: counters.get('count') ?? 0, items: items.size }),
      watch(id, seen) {
        const show = (): void => {
          const title = items.get(id)?.get('title')
          if (title !== undefined) seen(title as string)
        }
        show()
        items.observeDeep((events) => {
          if (events.some((event) => event.path[0] === id || event.keys.has(id))) show()
        })
      },
    }
  },
}
