/** Real Firefox on a profile of its own, over WebDriver BiDi. */
import { once } from 'node:events'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { launch, type Browser } from 'puppeteer-core'
import { onTestFinished } from 'vitest'
import { findFirefox } from '../../../scripts/browsers.mjs'
import type { KeptDevice, Tab } from './tab.ts'

/** Starts Firefox on a new profile. It ends, and its profile goes, with the running test. */
export async function startFirefox(): Promise<KeptDevice> {
  const executablePath = findFirefox()
  if (executablePath === undefined) throw new Error('No Firefox found: `npm test` installs it, or FIREFOX names one.')
  const profile = mkdtempSync(`${tmpdir()}/homeroom-firefox-`)
  let browser: Browser | undefined

  const device: KeptDevice = {
    profile,
    async start() {
      // Puppeteer copies the preferences of a profile that was used, and a browser killed early has not written any.
      writeFileSync(`${profile}/prefs.js`, '', { flag: 'a' })
      browser = await launch({ browser: 'firefox', executablePath, headless: true, userDataDir: profile })
    },
    async openTabs(url, count = 1) {
      const tabs: Tab[] = []
      for (let i = 0; i < count; i++) {
        const page = await (browser as Browser).newPage()
        await page.goto(url)
        tabs.push(page)
      }
      return tabs
    },
    async kill() {
      const child = browser?.process()
      if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
      const gone = once(child, 'exit')
      process.kill(-child.pid, 'SIGKILL') // Puppeteer starts it as the leader of a process group
      await gone
      await browser?.close().catch(() => {}) // Puppeteer puts the profile's files back in order: not while the next one starts
    },
  }
  onTestFinished(async () => {
    await device.kill()
    await rm(profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  })
  await device.start()
  return device
}
