/** Bundles pages with Vite as for production (minified, workers apart) and serves them over loopback. */
import { mkdtempSync, readdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { build, preview, type InlineConfig } from 'vite'
import { alias } from '../../../vite.config.ts'

export interface Served {
  /** `http://localhost:PORT/`. Not 127.0.0.1: browsers call both secure, and people know the first. */
  readonly url: string
  close(): Promise<void>
}

const root = fileURLToPath(new URL('../../../', import.meta.url))
const pages = fileURLToPath(new URL('../pages/', import.meta.url))

/** test/browser/pages/*.html. */
export function servePages(): Promise<Served> {
  const input = readdirSync(pages).filter((name) => name.endsWith('.html'))
  return serve({
    configFile: false,
    root: pages,
    resolve: { alias },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    worker: { format: 'es' },
    build: { rolldownOptions: { input: input.map((name) => pages + name) } },
  })
}

/** The example, as `npm start` serves it. For `beforeAll` of a test of examples/tasks; the caller closes it. */
export function serveExample(): Promise<Served> {
  return serve({ configFile: `${root}vite.config.ts` })
}

/** A folder of JavaScript with an index.html: what a test has had compiled. */
export function serveFolder(folder: string): Promise<Served> {
  return serve({ configFile: false, root: folder, resolve: { alias }, worker: { format: 'es' } })
}

/** A folder with an app of its own, in TypeScript and with Preact. */
export function serveApp(folder: string): Promise<Served> {
  return serve({
    configFile: false,
    root: folder,
    resolve: { alias },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    worker: { format: 'es' },
  })
}

/** Each bundle has a folder of its own, so that test runs side by side do not meet. */
async function serve({ build: options, ...config }: InlineConfig): Promise<Served> {
  const outDir = mkdtempSync(`${tmpdir()}/homeroom-bundle-`)
  const whole: InlineConfig = { ...config, logLevel: 'warn', build: { ...options, outDir, emptyOutDir: true } }
  await build(whole)
  const server = await preview({ ...whole, preview: { host: '127.0.0.1', port: 46_000, strictPort: false } })
  const at = server.httpServer.address()
  if (typeof at !== 'object' || at === null) throw new Error(`The pages are served at ${at}, not at a port.`)
  const close = async () => {
    await server.close()
    await rm(outDir, { recursive: true, force: true })
  }
  return { url: `http://localhost:${at.port}/`, close }
}
