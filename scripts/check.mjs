/** `npm run check`: everything at once. Each step prints one line, and its output if it fails; the tests print theirs. */
import { spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { setUp } from './setup.mjs'

await setUp()
mkdirSync('.cache', { recursive: true })

const node = process.execPath
const tool = (name) => `node_modules/.bin/${name}`
const steps = [
  ['build', node, 'scripts/build.mjs'],
  ['format', tool('oxfmt'), '--check'],
  ['lint', tool('oxlint'), '--type-aware', '--deny-warnings'],
  ['imports', node, 'scripts/check-imports.mjs'],
  ['determinism', node, 'scripts/check-determinism.mjs'],
  ['types', tool('tsc'), '-p', 'tsconfig.json'],
  ['package: files and entries', tool('publint'), '--strict'],
  ['package: types', tool('attw'), '--pack', '.', '--profile', 'esm-only', '--format', 'ascii'],
  ['dead code', tool('knip')],
  ['size', node, 'scripts/size.mjs'],
]

const failed = steps.filter((step) => !passes(step)).map(([name]) => name)
const tests = spawnSync(node, ['scripts/test.mjs'], { stdio: 'inherit' })
if (tests.status !== 0) failed.push('tests')
console.log(failed.length === 0 ? '\nAll checks passed.' : `\nFailed: ${failed.join(', ')}.`)
process.exitCode = failed.length === 0 ? 0 : 1

function passes([name, command, ...args]) {
  const env = { ...process.env, npm_config_ignore_scripts: 'true' } // packing must not build once more
  const { status, stdout, stderr } = spawnSync(command, args, { env, encoding: 'utf8', maxBuffer: 1 << 26 })
  const output = `${stdout}${stderr}`.trimEnd()
  if (status !== 0) console.log(`✗ ${name}\n${output.replaceAll(/^/gm, '    ')}`)
  else console.log(name === 'size' ? `✓ ${name}\n${output}` : `✓ ${name}`)
  return status === 0
}
