/** One headless Chromium on a profile of its own, on a real disk: a device. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'
import { type BrowserContext, chromium, type Page } from 'playwright-core'
import { findChromium } from '../../scripts/browsers.mjs'

/** After a start the browser is busy with itself for a moment. */
const SETTLING_MS = 600
/** What takes longer counts as failed. */
const LONGEST_MS = 60_000

/** Told when a browser has started, and before it or a tab of it is closed. */
export interface DeviceWatch {
  readonly args: readonly string[]
  started(profile: string): Promise<void>
  closing(): Promise<void>
}

export class Device {
  readonly #origin: string
  readonly #profile = mkdtempSync(`${tmpdir()}/homeroom-bench-profile-`)
  readonly #watch: DeviceWatch | undefined
  #context: BrowserContext | undefined

  constructor(origin: string, watch?: DeviceWatch) {
    this.#origin = origin
    this.#watch = watch
  }

  async start(): Promise<void> {
    this.#context = await chromium.launchPersistentContext(this.#profile, {
      executablePath: findChromium() as string,
      headless: true,
      args: [
        ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
        '--disable-gpu',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
        ...(this.#watch?.args ?? []),
      ],
    })
    this.#context.setDefaultTimeout(LONGEST_MS)
    await this.#watch?.started(this.#profile)
    await sleep(SETTLING_MS)
  }

  get version(): string {
    return this.#context?.browser()?.version() ?? ''
  }

  /** Closes the browser and starts it again on the same profile: no worker outlives this. */
  async restart(): Promise<void> {
    await this.#close()
    await this.start()
  }

  /** A tab on a contender's page. `open` names a board to be opened as soon as the script runs. */
  async openTab(contender: string, open?: string): Promise<Page> {
    if (this.#context === undefined) await this.start()
    const page = await (this.#context as BrowserContext).newPage()
    page.on('pageerror', (error) => console.error(`    ${contender}: ${String(error)}`))
    page.on('console', (message) => {
      if (message.type() === 'error') console.error(`    ${contender}: ${message.text().slice(0, 300)}`)
    })
    await page.goto(`${this.#origin}/page/${contender}${open === undefined ? '' : `?open=${open}`}`)
    await page.waitForFunction('globalThis.bench')
    return this.#watch === undefined ? page : announceClosing(page, this.#watch)
  }

  async end(): Promise<void> {
    await this.#close()
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  }

  async #close(): Promise<void> {
    if (this.#context === undefined) return
    await this.#watch?.closing()
    await this.#context.close()
    this.#context = undefined
  }
}

function announceClosing(page: Page, watch: DeviceWatch): Page {
  const close = page.close.bind(page)
  page.close = async () => {
    await watch.closing()
    await close()
  }
  return page
}
