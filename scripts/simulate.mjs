/**
 * `npm run simulate -- --seeds 1000 --from 1`: a long campaign of the simulation (test/simulation), one seed after the
 * other. `--steps` makes each longer, `--faults 'crash slow-disk'` says what goes wrong, `--story` tells what happened, `--until-failure` ends it at the first seed that
 * fails, `--scripts` runs the fixed scripts with their crash points instead, `--plant '{ "file", "find", "replace" }'` changes a source while it is loaded: a test of the tests.
 */
import { registerHooks } from 'node:module'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    steps: { type: 'string' },
    faults: { type: 'string' },
    story: { type: 'boolean', default: false },
    'until-failure': { type: 'boolean', default: false },
    scripts: { type: 'boolean', default: false },
    plant: { type: 'string' },
  },
})
if (values.plant !== undefined) plant(JSON.parse(values.plant))
const { live } = await import('../test/simulation/swarm.ts')
const { FAILURES, survives } = await import('../test/simulation/crash-points.ts')
const { SCRIPTS } = await import('../test/simulation/scripts.ts')

const from = Number(values.from)
const options = {
  ...(values.steps === undefined ? {} : { steps: Number(values.steps) }),
  ...(values.faults === undefined ? {} : { faults: values.faults.split(' ') }),
  ...(values.story ? { tell: (line) => console.log(line) } : {}),
}
if (values.scripts) await runScripts()
else await runSeeds()

/** All crash points of the fixed scripts, up to the first that breaks a rule. */
async function runScripts() {
  for (const script of SCRIPTS) {
    for (const [title, announce] of Object.entries(FAILURES)) {
      try {
        for (let k = 1; await survives(script, (stage) => announce(stage, k)); k++);
      } catch (error) {
        console.log(`Script ${script.title}, ${title}: ${error.message}`)
        process.exitCode = 1
        return
      }
    }
  }
}

async function runSeeds() {
  const failed = []
  let seeds = 0
  let commits = 0
  const start = performance.now()
  for (let seed = from; seed < from + Number(values.seeds); seed++) {
    seeds++
    try {
      commits += (await live(seed, options)).commits
    } catch (error) {
      failed.push(seed)
      console.log(error.message)
      if (values['until-failure']) break
    }
  }
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  console.log(`${seeds} seeds from ${from}: ${failed.length} failed, ${commits} commits, ${seconds} s`)
  if (failed.length > 0) console.log(`Failed: ${failed.join(' ')}`)
  process.exitCode = failed.length > 0 ? 1 : 0
}

/** Loads the file with `find`, which stands there once, replaced. */
function plant({ file, find, replace }) {
  const place = pathToFileURL(file).href
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      if (url !== place) return loaded
      const parts = new TextDecoder().decode(loaded.source).split(find)
      if (parts.length !== 2)
        throw new Error(
          `${JSON.stringify(find)} stands ${parts.length - 1} times in ${file}, so the bug cannot be planted there. Adapt it.`,
        )
      return { ...loaded, source: parts.join(replace) }
    },
  })
}
