/** Lives like those of `seeds.test.ts`, of users who often undo and redo. */
import { expect, test } from 'vitest'
import { live } from './swarm.ts'
import { SYSTEMS_WITH_UNDO } from './systems.ts'

test('[undo] seeds 1 to 40 keep all rules and come to rest', { timeout: 120_000 }, async () => {
  let commits = 0
  for (let seed = 1; seed <= 40; seed++) commits += (await live(seed, { systems: SYSTEMS_WITH_UNDO })).commits
  expect(commits).toBeGreaterThan(40)
})
