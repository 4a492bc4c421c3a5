/**
 * Random lives (DESIGN 9.4): each seed draws devices, tabs, instances, limits and a subset of the faults, and checks every
 * rule after every step; then the faults stop, and within 30 s all must be in sync. `npm run simulate` runs more of them.
 */
import { expect, test } from 'vitest'
import { live } from './swarm.ts'

const SEEDS_PER_TEST = 25
const TESTS = 5

test('the same seed gives the same life, frame by frame and write by write', { timeout: 60_000 }, async () => {
  for (const seed of [2, 3, 5, 7]) expect((await live(seed)).traceHash).toBe((await live(seed)).traceHash)
  expect((await live(2)).traceHash).not.toBe((await live(3)).traceHash)
})

for (let i = 0; i < TESTS; i++) {
  const from = 1 + i * SEEDS_PER_TEST
  test(`seeds ${from} to ${from + SEEDS_PER_TEST - 1} keep all rules and come to rest`, { timeout: 120_000 }, async () => {
    let commits = 0
    for (let seed = from; seed < from + SEEDS_PER_TEST; seed++) commits += (await live(seed)).commits
    expect(commits).toBeGreaterThan(SEEDS_PER_TEST)
  })
}
