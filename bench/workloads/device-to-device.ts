/** W6: two browsers and a server between them. */
import { median, p95 } from '../stage/statistics.ts'
import type { Workload } from './workload.ts'

/** Those that are renamed fast; two more go to and fro. */
const RECORDS = 100
const [THERE, BACK] = ['item-000100', 'item-000101']

export const deviceToDevice: Workload = {
  id: 'W6',
  rows: [
    { key: 'latency', label: 'device to server to device, median', unit: 'ms' },
    { key: 'p95', label: 'the same, 95th percentile', unit: 'ms' },
    { key: 'rate', label: 'updates a second that device B follows', unit: '/s' },
  ],
  async run(stage) {
    const url = await stage.startServer()
    const [deviceA, deviceB] = await Promise.all([stage.startDevice(), stage.startDevice()])
    const [a, b] = [await deviceA.openTab(stage.contender), await deviceB.openTab(stage.contender)]
    const board = [stage.board, url] as const
    await a.evaluate(([name, server]) => window.bench.open(name, server), board)
    await a.evaluate((count) => window.bench.fill(count), RECORDS + 2)
    await b.evaluate(([name, server]) => window.bench.open(name, server), board)
    await b.evaluate((count) => window.bench.untilItems(count), RECORDS + 2)

    await b.evaluate(([there, back]) => window.bench.echo(there, back), [THERE, BACK] as const)
    const rounds = stage.isQuick ? 30 : 80
    const took = await a.evaluate(([there, back, rounds]) => window.bench.roundTrips(there, back, rounds, 10), [
      THERE,
      BACK,
      rounds,
    ] as const)

    const count = stage.isQuick ? 1000 : 3000
    await b.evaluate((id) => window.bench.watch(id), `item-${String((count - 1) % RECORDS).padStart(6, '0')}`)
    const began = performance.now()
    const arrived = b.evaluate((title) => window.bench.untilSeen(title), `fast ${count - 1}`)
    await a.evaluate(([count, records]) => window.bench.renameFast('fast', count, records), [count, RECORDS] as const)
    await arrived
    const rate = (count / (performance.now() - began)) * 1000
    return { latency: median(took) / 2, p95: p95(took) / 2, rate }
  },
}
