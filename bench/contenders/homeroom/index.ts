/** Ours. */
import { effect } from '@preact/signals-core'
import { connect, type Home } from 'homeroom'
import type { Contender } from '../../contender.ts'
import type { Tally } from './systems.ts'

export const contender: Contender = {
  title: 'homeroom',
  durability: 'a call resolves after its IndexedDB transaction has completed (relaxed); the server confirms after fsync',
  async open(name, server) {
    const home = connect(() => new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'homeroom' }))
    if (server !== undefined) home.connectSync(server)
    const tally = home.system<Tally>('Tally', { id: name })
    await tally.$ready
    if (server !== undefined) await untilLive(home)
    return {
      increment: () => tally.increment(),
      rename: (id, title) => tally.rename(id, title),
      fill: (items) => tally.fill(items),
      durable: async () => undefined,
      shown: () => ({ count: tally.count.value, items: Object.keys(tally.items.value).length }),
      watch(id, seen) {
        effect(() => {
          const title = tally.items.value[id]?.title
          if (title !== undefined) seen(title)
        })
      },
    }
  },
}

async function untilLive(home: Home): Promise<void> {
  let stop = (): void => undefined
  await new Promise<void>((resolve) => {
    stop = effect(() => {
      if (home.sync.value.state === 'live') resolve()
    })
  })
  stop()
}
