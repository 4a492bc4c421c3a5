/**
 * Takes the README's picture of the example: `npm start` in one terminal, then `node scripts/screenshot.mjs` in another.
 * The page's address may be given (http://localhost:5173/), and where the picture goes (docs/screenshot.png).
 */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { chromium } from 'playwright-core'
import { findChromium } from './browsers.mjs'
import { root } from './setup.mjs'

const [url = 'http://localhost:5173/', file = `${root}docs/screenshot.png`] = process.argv.slice(2)
const browser = await chromium.launch({ executablePath: findChromium(), args: process.getuid?.() === 0 ? ['--no-sandbox'] : [] })
const context = await browser.newContext({ viewport: { width: 1200, height: 760 }, deviceScaleFactor: 2, colorScheme: 'light' })
const page = await context.newPage()
await page.goto(url)
await page.getByRole('button', { name: 'Try with sample tasks' }).click({ timeout: 10_000 })
await page.waitForTimeout(1_500) // until rows have come to rest
mkdirSync(dirname(file), { recursive: true })
await page.screenshot({ path: file })
await browser.close()
console.log(`Wrote ${file}`)
