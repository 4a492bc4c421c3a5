/**
 * Makes a fresh clone ready for a script: installs what package-lock.json names, and goes on under the Node that it
 * brings. Runs before anything is installed, on Node 20, so it imports nothing but Node's own modules.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('..', import.meta.url))
const installedNode = `${root}node_modules/.bin/node`

/** Installs the dependencies if any is missing or of another version than locked, then continues under a recent Node. */
export async function setUp() {
  process.chdir(root)
  if (!isInstalled()) install()
  if (!hasSqlite(process.versions.node)) await continueUnderInstalledNode()
}

/** Runs a command quietly; if it fails, shows what it printed and ends this process with its code. */
export function runQuietly(what, command, args) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' })
  if (status === 0) return
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}${error ? `${error.message}\n` : ''}`)
  console.error(`\n${what} failed: ${command} ${args.join(' ')}`)
  process.exit(status || 1)
}

/** Whether node_modules holds each locked package in its locked version (those for other platforms left out). */
function isInstalled() {
  const record = `${root}node_modules/.package-lock.json`
  if (!existsSync(record)) return false
  const locked = readPackages(`${root}package-lock.json`)
  const installed = readPackages(record)
  return Object.entries(locked).every(([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version)
}

function readPackages(lock) {
  return JSON.parse(readFileSync(lock, 'utf8')).packages
}

function install() {
  console.log('Installing dependencies (once) …')
  runQuietly('Installing dependencies', 'npm', ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'])
}

/** `node:sqlite` works without a flag from Node 22.13 on. */
function hasSqlite(version) {
  const [major, minor] = version.split('.').map(Number)
  return major > 22 || (major === 22 && minor >= 13)
}

/** Runs this script again under the Node in node_modules, hands on signals, and ends with its exit code. */
async function continueUnderInstalledNode() {
  if (!existsSync(installedNode)) {
    console.error(`This is Node ${process.versions.node}, too old, and the newer one that the package \`node\` brings did not install.`)
    console.error('Install Node 22.13 or later, or allow the install script of that package (see `npm help approve-scripts`).')
    process.exit(1)
  }
  const child = spawn(installedNode, process.argv.slice(1), { stdio: 'inherit' })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  const code = await new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? 128 + constants.signals[signal])))
  process.exit(code)
}
