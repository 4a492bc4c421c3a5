/**
 * `npm run simulate -- --seeds 1000 --from 1`: a long campaign of the simulation (test/simulation), one seed after the
 * other. `--steps` makes each longer, `--story` tells what happened. Ends with the seeds that failed.
 */
import { parseArgs } from 'node:util'
import { live } from '../test/simulation/swarm.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string' },
    story: { type: 'boolean', default: false },
  },
})
const from = Number(values.from)
const options = {
  ...(values.steps === undefined ? {} : { steps: Number(values.steps) }),
  ...(values.story ? { tell: (line) => console.log(line) } : {}),
}

const failed = []
let commits = 0
const start = performance.now()
for (let seed = from; seed < from + Number(values.seeds); seed++) {
  try {
    commits += (await live(seed, options)).commits
  } catch (error) {
    failed.push(seed)
    console.log(error.message)
  }
}
const seconds = ((performance.now() - start) / 1000).toFixed(1)
console.log(`${values.seeds} seeds from ${from}: ${failed.length} failed, ${commits} commits, ${seconds} s`)
if (failed.length > 0) console.log(`Failed: ${failed.join(' ')}`)
process.exitCode = failed.length > 0 ? 1 : 0
