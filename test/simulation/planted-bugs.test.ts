/** The tests are tested: each planted bug must be found within so many seeds, in a process of its own. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { PLANTED_BUGS, type PlantedBug } from './planted-bugs.ts'

const MAX_SEEDS = 300

test.each(PLANTED_BUGS)('found: $name', { timeout: 180_000 }, async (bug) => {
  expect(await hunt(bug)).toMatch(/^(Seed|Script) .*: (\[|Error: Invariant)/m)
})

/** What `scripts/simulate.mjs` prints, up to the first seed that fails. */
async function hunt(bug: PlantedBug): Promise<string> {
  const args = [
    'scripts/simulate.mjs',
    '--plant',
    JSON.stringify(bug),
    '--seeds',
    String(MAX_SEEDS),
    '--until-failure',
    ...(bug.byScripts === true ? ['--scripts'] : []),
  ]
  const output = await promisify(execFile)(process.execPath, args, { maxBuffer: 1 << 26 }).catch(
    (failed: { stdout: string; stderr: string }) => failed,
  )
  return output.stdout + output.stderr
}
