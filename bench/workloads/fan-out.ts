/** Fan-out: one update, and when the last of many tabs has it. */
import type { Page } from 'playwright-core'
import { median } from '../stage/statistics.ts'
import type { Stage, Workload } from './workload.ts'

const WATCHED = 'item-000000'
const UPDATES = 25

interface Watcher {
  readonly tab: Page
  readonly offset: number
}

export const fanOut: Workload = {
  id: 'fan-out',
  rows: [1, 5, 20].map((tabs) => ({
    key: String(tabs),
    label: `one update to ${tabs === 1 ? 'one other tab' : `the last of ${tabs} other tabs`}`,
    unit: 'ms' as const,
    target: 1.2,
  })),
  async run(stage) {
    const caller = await stage.openBoard()
    await caller.evaluate(() => window.bench.fill(10))
    const watchers: Watcher[] = []
    const results: Record<string, number> = {}
    for (const tabs of stage.isQuick ? [1, 5] : [1, 5, 20]) {
      while (watchers.length < tabs) watchers.push(await openWatcher(stage, caller, watchers.length))
      results[tabs] = await measure(caller, watchers)
    }
    await Promise.all([caller, ...watchers.map(({ tab }) => tab)].map((tab) => tab.close()))
    return results
  },
}

async function openWatcher(stage: Stage, caller: Page, number: number): Promise<Watcher> {
  const tab = await stage.openBoard()
  await tab.evaluate(() => window.bench.untilItems(10))
  await tab.evaluate((id) => window.bench.watch(id), WATCHED)
  const channel = `clock ${number}`
  await tab.evaluate((channel) => window.bench.answerPings(channel), channel)
  return { tab, offset: await caller.evaluate((channel) => window.bench.clockOffset(channel), channel) }
}

async function measure(caller: Page, watchers: readonly Watcher[]): Promise<number> {
  const prefix = `to ${watchers.length}`
  const calls = await caller.evaluate(([id, prefix, count]) => window.bench.renameSlowly(id, prefix, count, 30), [
    WATCHED,
    prefix,
    UPDATES,
  ] as const)
  const arrivals = await Promise.all(
    watchers.map(async ({ tab, offset }) => {
      await tab.evaluate((title) => window.bench.untilSeen(title), `${prefix} ${UPDATES - 1}`)
      return new Map((await tab.evaluate(() => window.bench.seen)).map(([title, at]) => [title, at - offset]))
    }),
  )
  const took = calls.map(([title, at]) => Math.max(...arrivals.map((seen) => (seen.get(title) ?? NaN) - at)))
  return median(took.filter((ms) => !Number.isNaN(ms)))
}
