/**
 * Real Chromium, one process tree per profile, so that a profile is a device. Each is spawned here and then driven over
 * the DevTools protocol: Playwright's own launcher hides the process, and a test must be able to kill it.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { onTestFinished } from 'vitest'
import { findChromium } from '../../../scripts/browsers.mjs'
import type { KeptDevice } from './tab.ts'

const flags = [
  '--headless',
  // A mouse, which a headless browser says it does not have: pages ask by `@media (hover: hover)`.
  '--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4',
  '--remote-debugging-port=0',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-dev-shm-usage',
  '--disable-extensions',
  '--disable-gpu',
  '--disable-quic',
  '--disable-search-engine-choice-screen',
  '--disable-sync',
  '--metrics-recording-only',
  '--mute-audio',
  '--no-default-browser-check',
  '--no-first-run',
  '--password-store=basic',
  '--use-mock-keychain',
  '--window-size=1280,900',
]

export interface Device extends KeptDevice {
  readonly context: BrowserContext
  /** Uncaught errors and console errors of its pages (not of its workers), in the order met. */
  readonly errors: string[]
  openTabs(url: string, count?: number): Promise<Page[]>
  /** Kills all SharedWorkers of the device, as the browser does when memory is short. Returns how many there were. */
  killSharedWorkers(): Promise<number>
  /** Closes the browser as a user does. */
  close(): Promise<void>
}

/** Starts a browser on a new profile. It ends, and its profile goes, with the running test. */
export async function startDevice(): Promise<Device> {
  const profile = mkdtempSync(`${tmpdir()}/homeroom-profile-`)
  const errors: string[] = []
  let running: Running | undefined

  const live = (): Running => {
    if (running === undefined) throw new Error('This device is not running: call start() first.')
    return running
  }
  const end = async (how: (running: Running) => Promise<unknown>) => {
    if (running === undefined) return
    const ending = running
    running = undefined
    await how(ending)
  }
  const device: Device = {
    profile,
    errors,
    get context() {
      return live().context
    },
    async openTabs(url, count = 1) {
      const tabs: Page[] = []
      for (let i = 0; i < count; i++) tabs.push(await openTab(live().context, url, errors))
      return tabs
    },
    killSharedWorkers: () => killSharedWorkers(live().browser),
    kill: () => end(killProcessTree),
    close: () => end(closeBrowser),
    async start() {
      if (running !== undefined) throw new Error('This device is running already.')
      running = await launch(profile)
    },
  }
  onTestFinished(async () => {
    await device.kill()
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  })
  await device.start()
  return device
}

/** Makes a tab one of a phone: narrow, and with fingers in place of a mouse. */
export async function becomePhone(page: Page): Promise<void> {
  await page.setViewportSize({ width: 390, height: 844 })
  const session = await page.context().newCDPSession(page)
  await session.send('Emulation.setTouchEmulationEnabled', { enabled: true, maxTouchPoints: 5 })
}

/** Writes `.cache/screenshots/NAME.png` and returns its path. */
export async function screenshot(page: Page, name: string): Promise<string> {
  const folder = fileURLToPath(new URL('../../../.cache/screenshots/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const path = `${folder}${name}.png`
  await page.screenshot({ path })
  return path
}

interface Running {
  readonly process: ChildProcess
  readonly browser: Browser
  readonly context: BrowserContext
}

async function launch(profile: string): Promise<Running> {
  const executable = findChromium()
  if (executable === undefined) throw new Error('No Chromium found: `npm test` installs it, or CHROMIUM names one.')
  // A process group of its own, so that one signal reaches the whole tree.
  const child = spawn(executable, [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const end = () => killGroup(child)
  process.once('exit', end)
  child.once('exit', () => process.off('exit', end))
  const browser = await chromium.connectOverCDP(await devToolsAddress(child))
  const context = browser.contexts()[0]
  if (context === undefined) throw new Error('Chromium came up without a default context.')
  return { process: child, browser, context }
}

/** Chromium prints it on stderr once it listens. */
function devToolsAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const address = /DevTools listening on (ws:\S+)/.exec(output)?.[1]
      if (address !== undefined) resolve(address)
    })
    child.once('exit', (code) => reject(new Error(`Chromium ended with code ${code}:\n${output}`)))
  })
}

async function openTab(context: BrowserContext, url: string, errors: string[]): Promise<Page> {
  const page = await context.newPage()
  page.on('pageerror', (error) => errors.push(String(error)))
  page.on('console', (message) => {
    const isFavicon = message.location().url.endsWith('/favicon.ico') // asked for by the browser itself
    if (message.type() === 'error' && !isFavicon) errors.push(message.text())
  })
  await page.goto(url)
  return page
}

async function killSharedWorkers(browser: Browser): Promise<number> {
  const session = await browser.newBrowserCDPSession()
  const { targetInfos } = await session.send('Target.getTargets')
  const workers = targetInfos.filter((target) => target.type === 'shared_worker')
  for (const { targetId } of workers) await session.send('Target.closeTarget', { targetId })
  await session.detach()
  return workers.length
}

async function killProcessTree({ process: child, browser }: Running): Promise<void> {
  const gone = hasExited(child) ? undefined : once(child, 'exit')
  killGroup(child)
  await gone
  await browser.close()
}

async function closeBrowser({ process: child, browser }: Running): Promise<void> {
  const gone = hasExited(child) ? undefined : once(child, 'exit')
  const session = await browser.newBrowserCDPSession()
  await session.send('Browser.close').catch(() => {})
  await gone
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid as number), 'SIGKILL')
  } catch {
    // Gone already.
  }
}

function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null
}
