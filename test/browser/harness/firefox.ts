/**
 * Real Firefox on a profile of its own, over WebDriver BiDi. It is spawned here, as Chromium is: Puppeteer's launcher
 * keeps moving files of the profile for a while after the browser has died, under the next one's feet.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { connect, type Browser } from 'puppeteer-core'
import { onTestFinished } from 'vitest'
import { findFirefox } from '../../../scripts/browsers.mjs'
import type { KeptDevice, Tab } from './tab.ts'

/** Beyond what Firefox sets by itself when it is driven. */
const preferences = {
  'browser.sessionstore.resume_from_crash': false,
  'browser.startup.page': 0,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.startup.max_resumed_crashes': -1, // else a browser that was killed often offers its safe mode
}

/** Starts Firefox on a new profile. It ends, and its profile goes, with the running test. */
export async function startFirefox(): Promise<KeptDevice> {
  const executable = findFirefox()
  if (executable === undefined) throw new Error('No Firefox found: `npm test` installs it, or FIREFOX names one.')
  const profile = mkdtempSync(`${tmpdir()}/homeroom-firefox-`)
  const lines = Object.entries(preferences).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
  writeFileSync(`${profile}/user.js`, lines.join(''))
  let running: { readonly process: ChildProcess; readonly browser: Browser } | undefined

  const device: KeptDevice = {
    profile,
    async start() {
      const child = spawn(executable, ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0', 'about:blank'], {
        detached: true, // a process group of its own, so that one signal reaches the whole tree
        stdio: ['ignore', 'ignore', 'pipe'],
      })
      const address = await biDiAddress(child)
      running = { process: child, browser: await connect({ browserWSEndpoint: `${address}/session`, protocol: 'webDriverBiDi' }) }
    },
    async openTabs(url, count = 1) {
      const tabs: Tab[] = []
      for (let i = 0; i < count; i++) {
        const page = await running!.browser.newPage()
        await page.goto(url)
        tabs.push(page)
      }
      return tabs
    },
    async kill() {
      if (running === undefined) return
      const { process: child } = running
      running = undefined
      const gone = child.exitCode !== null || child.signalCode !== null ? undefined : once(child, 'exit')
      killGroup(child)
      await gone
    },
  }
  onTestFinished(async () => {
    await device.kill()
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  })
  await device.start()
  return device
}

/** Firefox prints it on stderr once it listens. If this process ends, the browser does. */
function biDiAddress(child: ChildProcess): Promise<string> {
  const end = (): void => killGroup(child)
  process.once('exit', end)
  return new Promise((resolve, reject) => {
    let output = ''
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      output += text
      const address = /WebDriver BiDi listening on (ws:\S+)/.exec(output)?.[1]
      if (address !== undefined) resolve(address)
    })
    child.once('exit', (code) => {
      process.off('exit', end)
      reject(new Error(`Firefox ended with code ${code}:\n${output}`))
    })
  })
}

function killGroup(child: ChildProcess): void {
  try {
    process.kill(-(child.pid as number), 'SIGKILL')
  } catch {
    // Gone already.
  }
}
