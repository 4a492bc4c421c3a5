/** W1: actions until they are stored, in bursts and one by one. */
import type { Operation } from '../contender.ts'
import { median } from '../stage/statistics.ts'
import type { Stage, Workload } from './workload.ts'

const FEW = 100
const MANY = 1000

export const bursts: Workload = {
  id: 'W1',
  rows: [
    { key: 'increment 1k', label: '1,000 increments in a burst', unit: 'ms', target: 1.5 },
    { key: 'increment 10k', label: '10,000 increments in a burst', unit: 'ms', target: 1.5 },
    { key: 'rename 1k', label: '1,000 updates of 100 records in a burst', unit: 'ms', target: 1.5 },
    { key: 'rename 10k', label: '10,000 updates of 100 records in a burst', unit: 'ms', target: 1.5 },
    { key: 'rename among many', label: '1,000 updates of 1,000 records in a burst', unit: 'ms', target: 1.5 },
    { key: 'increment awaited', label: 'one increment, awaited', unit: 'ms', target: 1.2 },
    { key: 'rename awaited', label: 'one update, awaited', unit: 'ms', target: 1.2 },
  ],
  async run(stage) {
    const sizes = stage.isQuick ? [1000] : [1000, 10_000]
    const results: Record<string, number> = {}
    const tab = await stage.openBoard()
    await tab.evaluate((count) => window.bench.fill(count), FEW)
    for (const operation of ['increment', 'rename'] as const) {
      for (const count of sizes) {
        results[`${operation} ${count / 1000}k`] = await tab.evaluate(
          ([operation, count, records]) => window.bench.burst(operation, count, records),
          [operation, count, FEW] as [Operation, number, number],
        )
      }
      const took = await tab.evaluate(([operation, records]) => window.bench.awaited(operation, 150, records), [operation, FEW] as [
        Operation,
        number,
      ])
      results[`${operation} awaited`] = median(took)
    }
    await tab.evaluate((count) => window.bench.fill(count), MANY)
    results['rename among many'] = await tab.evaluate((records) => window.bench.burst('rename', records, records), MANY)
    await tab.close()
    await assertStored(
      stage,
      sizes.reduce((sum, size) => sum + size, 150),
    )
    return results
  },
}

/** What was acknowledged must be there when the browser is started again: else the figures mean nothing. */
async function assertStored(stage: Stage, count: number): Promise<void> {
  await stage.device.restart()
  const tab = await stage.openBoard()
  const shown = await tab.evaluate(() => window.bench.shown())
  await tab.close()
  if (shown.count !== count || shown.items !== MANY)
    throw new Error(`${shown.count} of ${count} increments and ${shown.items} of ${MANY} records are there after a restart.`)
}
