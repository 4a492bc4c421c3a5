/** W4: a browser was just started, and a page is opened on what an earlier one has stored. */
import { median } from '../stage/statistics.ts'
import type { Workload } from './workload.ts'

const RECORDS = 1000

export const coldStart: Workload = {
  id: 'W4',
  rows: [{ key: 'first', label: 'cold start to 1,000 records shown', unit: 'ms', target: 1.2 }],
  async run(stage) {
    const seed = await stage.openBoard()
    await seed.evaluate((count) => window.bench.fill(count), RECORDS)
    await seed.evaluate(() => window.bench.burst('increment', 500, 1))
    await seed.close()
    const took: number[] = []
    for (let i = 0; i < (stage.isQuick ? 1 : 2); i++) {
      await stage.device.restart()
      const tab = await stage.device.openTab(stage.contender, stage.board)
      took.push((await tab.evaluate(() => window.bench.firstShown)) as number)
      await tab.close()
    }
    return { first: median(took) }
  },
}
