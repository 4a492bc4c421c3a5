/** `npm test`: installs what is missing, builds, runs all tests, and ends with the line `N passed, M failed`. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { runQuietly, setUp } from './setup.mjs'

const results = '.cache/test-results'

await setUp()
// Until tests have run, what ends this process (no browser, no build) counts as one failure.
let [passed, failed, skipped] = [0, 1, 0]
process.on('exit', () => console.log(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`))

const { ensureBrowsers } = await import('./browsers.mjs')
ensureBrowsers()
rmSync(results, { recursive: true, force: true })
mkdirSync(results, { recursive: true })
runQuietly('Building', process.execPath, ['scripts/build.mjs'])

const counts = ['node', 'browser'].map(runProject)
const sum = (key) => counts.reduce((total, count) => total + count[key], 0)
;[passed, failed, skipped] = [sum('passed'), sum('failed'), sum('skipped')]
process.exitCode = failed > 0 || passed === 0 ? 1 : 0

function runProject(project) {
  const file = `${results}/${project}.json`
  const args = ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
  const { status } = spawnSync(process.execPath, ['node_modules/vitest/vitest.mjs', ...args], { stdio: ['ignore', 'inherit', 'inherit'] })
  return count(file, status)
}

/** A file that could not be loaded, and a run that failed otherwise (an unhandled error, no test at all), count as one failure. */
function count(file, status) {
  const report = readReport(file)
  const broken = report.testResults.filter(
    (result) => result.status === 'failed' && result.assertionResults.every((test) => test.status !== 'failed'),
  )
  const failed = report.numFailedTests + broken.length
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && status !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  }
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return { testResults: [], numPassedTests: 0, numFailedTests: 0, numPendingTests: 0, numTodoTests: 0 }
  }
}
