/** The page test/browser/pages/board.html as tests use it, in any browser. */
import { inject } from 'vitest'
import type { Tab } from './tab.ts'

interface Opens<T extends Tab> {
  openTabs(url: string, count?: number): Promise<T[]>
}

/** Opens `count` tabs on the board, each with the board's state there. `sync` is the address of a server or proxy. */
export async function openBoards<T extends Tab>(
  device: Opens<T>,
  { count = 1, sync }: { count?: number; sync?: string } = {},
): Promise<T[]> {
  const tabs = await device.openTabs(`${inject('pagesUrl')}board.html${sync === undefined ? '' : `?sync=${sync}board`}`, count)
  for (const tab of tabs) await tab.evaluate(() => window.opened)
  return tabs
}

export async function openBoard<T extends Tab>(device: Opens<T>, options: { sync?: string } = {}): Promise<T> {
  const [tab] = await openBoards(device, options)
  return tab!
}

export function titlesIn(tab: Tab): Promise<string[]> {
  return tab.evaluate(() => window.titles())
}

export function countIn(tab: Tab): Promise<number> {
  return tab.evaluate(() => window.board.count.value)
}

/** Waits until the tab shows so many tasks and counts. */
export function untilShows(tab: Tab, tasks: number, count: number): Promise<void> {
  return tab.evaluate(
    ([tasks, count]) => window.until(() => window.board.tasks.value.length === tasks && window.board.count.value === count),
    [tasks, count] as const,
  )
}

/** Waits until the device has nothing left to confirm. */
export function untilConfirmed(tab: Tab): Promise<void> {
  return tab.evaluate(() => window.until(() => window.home.sync.value.state === 'live' && window.home.sync.value.pending === 0))
}

/** The same numbers in [0, 1) for the same seed (mulberry32): for moments that look random, and come again. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
