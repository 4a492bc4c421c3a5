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

export class Device {
  readonly #origin: string
  readonly #profile = mkdtempSync(`${tmpdir()}/homeroom-bench-profile-`)
  readonly #args: readonly string[]
  #context: BrowserContext | undefined

  constructor(origin: string, args: readonly string[] = []) {
    this.#origin = origin
    this.#args = args
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
        ...this.#args,
      ],
    })
    this.#context.setDefaultTimeout(LONGEST_MS)
    await sleep(SETTLING_MS)
  }

  get profile(): string {
    return this.#profile
  }

  get version(): string {
    return this.#context?.browser()?.version() ?? ''
  }

  /** Closes the browser and starts it again on the same profile: no worker outlives this. */
  async restart(): Promise<void> {
    await this.#context?.close()
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
    return page
  }

  async end(): Promise<void> {
    await this.#context?.close()
    this.#context = undefined
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  }
}
