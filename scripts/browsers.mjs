/** Finds the browsers that tests drive, and installs those that are missing where Debian's packages can be had. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { chromium } from 'playwright-core'

/** A Chromium to drive: $CHROMIUM, the system's, else the one in Playwright's cache. */
export function findChromium() {
  return [process.env.CHROMIUM, '/usr/bin/chromium', chromium.executablePath()].find((path) => path && answers(path))
}

export function findFirefox() {
  return [process.env.FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => path && existsSync(path))
}

/** WebKitGTK's driver and the browser that it starts; it needs a display, which Xvfb gives. */
export function findWebKit() {
  const driver = '/usr/bin/WebKitWebDriver'
  const browser = libraryFolders('webkit2gtk-4.')
    .map((folder) => `${folder}/MiniBrowser`)
    .find(existsSync)
  return existsSync(driver) && browser && existsSync('/usr/bin/Xvfb') ? { driver, browser } : undefined
}

const needed = [
  { name: 'Chromium', packages: ['chromium'], find: findChromium },
  { name: 'Firefox', packages: ['firefox-esr'], find: findFirefox },
  { name: 'WebKit', packages: ['webkit2gtk-driver', 'xvfb'], find: findWebKit },
]

/** Installs the browsers that are missing. Ends the process with a clear message if one cannot be had: no test is skipped for it. */
export function ensureBrowsers() {
  const missing = needed.filter(({ find }) => !find())
  if (missing.length === 0) return
  const packages = missing.flatMap((browser) => browser.packages)
  console.log(`Installing ${packages.join(' ')} (once) …`)
  const failure = installPackages(packages)
  const names = missing.filter(({ find }) => !find()).map(({ name }) => name)
  if (names.length === 0) return
  console.error(`${failure}\n\nThe tests need ${names.join(' and ')}, which could not be installed. Either run as root (or with sudo) on`)
  console.error(`Debian or Ubuntu, or install it by hand: apt-get install ${packages.join(' ')}. CHROMIUM and FIREFOX may name a binary.`)
  process.exit(1)
}

/** Returns what apt said if it failed. */
function installPackages(packages) {
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '--non-interactive']
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', ...packages]]) {
    const [command, ...rest] = [...asRoot, 'apt-get', ...args]
    const { status, stdout, stderr, error } = spawnSync(command, rest, { env, encoding: 'utf8', maxBuffer: 1 << 26 })
    if (status !== 0) return `${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`
  }
  return ''
}

/** Folders such as /usr/lib/x86_64-linux-gnu/NAME…, whatever the machine. */
function libraryFolders(name) {
  const list = (folder) => (existsSync(folder) ? readdirSync(folder).map((entry) => `${folder}/${entry}`) : [])
  const machines = list('/usr/lib').filter((folder) => folder.endsWith('-linux-gnu'))
  return machines.flatMap(list).filter((folder) => folder.slice(folder.lastIndexOf('/') + 1).startsWith(name))
}

function answers(path) {
  return spawnSync(path, ['--version'], { stdio: 'ignore' }).status === 0
}
