/** `npm run bench`: installs what is missing, builds, and measures. The options stand in bench/README.md. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { root, runQuietly, setUp } from '../scripts/setup.mjs'

await setUp()
const args = process.argv.slice(2)
if (args.includes('--peers') && !existsSync(`${root}bench/node_modules`)) {
  console.log('Installing the peers into bench/node_modules (once) …')
  runQuietly('Installing the peers', 'npm', [
    'install',
    '--prefix',
    'bench',
    '--no-package-lock',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
  ])
}
runQuietly('Building', process.execPath, ['scripts/build.mjs'])
// The driver is TypeScript, which Node runs by itself from 22.18 on.
const node = process.features.typescript ? process.execPath : `${root}node_modules/.bin/node`
process.exitCode = spawnSync(node, ['--no-warnings', 'bench/run.ts', ...args], { cwd: root, stdio: 'inherit' }).status ?? 1
