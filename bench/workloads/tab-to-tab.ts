/** W2: from a call in one tab to an effect in another. W3: how many updates a second another tab can follow. */
import type { Page } from 'playwright-core'
import { median, p95 } from '../stage/statistics.ts'
import type { Stage, Workload } from './workload.ts'

const RECORDS = 100
const WATCHED = 'item-000000'

export const latency: Workload = {
  id: 'W2',
  rows: [
    { key: 'median', label: 'update in tab A to effect in tab B, median', unit: 'ms', target: 1.2 },
    { key: 'p95', label: 'the same, 95th percentile', unit: 'ms' },
  ],
  async run(stage) {
    const { a, b, offset } = await openPair(stage)
    await b.evaluate((id) => window.bench.watch(id), WATCHED)
    const count = stage.isQuick ? 50 : 150
    const calls = await a.evaluate(([id, count]) => window.bench.renameSlowly(id, 'slowly', count, 10), [WATCHED, count] as const)
    await b.evaluate((title) => window.bench.untilSeen(title), `slowly ${count - 1}`)
    const seen = new Map(await b.evaluate(() => window.bench.seen))
    const took = calls.flatMap(([title, at]) => (seen.has(title) ? [(seen.get(title) as number) - offset - at] : []))
    await Promise.all([a.close(), b.close()])
    return { median: median(took), p95: p95(took) }
  },
}

export const rate: Workload = {
  id: 'W3',
  rows: [{ key: 'rate', label: 'updates a second that tab B follows', unit: '/s', target: 1 / 0.7 }],
  async run(stage) {
    const { a, b, offset } = await openPair(stage)
    const count = stage.isQuick ? 1000 : 5000
    const last = (count - 1) % RECORDS
    await b.evaluate((id) => window.bench.watch(id), `item-${String(last).padStart(6, '0')}`)
    const began = await a.evaluate(([count, records]) => window.bench.renameFast('fast', count, records), [count, RECORDS] as const)
    const ended = await b.evaluate((title) => window.bench.untilSeen(title), `fast ${count - 1}`)
    await Promise.all([a.close(), b.close()])
    return { rate: (count / (ended - offset - began)) * 1000 }
  },
}

/** Two tabs with the same records, and how far the clock of B is ahead. */
async function openPair(stage: Stage): Promise<{ a: Page; b: Page; offset: number }> {
  const a = await stage.openBoard()
  const b = await stage.openBoard()
  await a.evaluate((count) => window.bench.fill(count), RECORDS)
  await b.evaluate((count) => window.bench.untilItems(count), RECORDS)
  await b.evaluate(() => window.bench.answerPings('clock'))
  return { a, b, offset: await a.evaluate(() => window.bench.clockOffset('clock')) }
}
