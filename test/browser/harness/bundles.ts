/** Bundles pages with Vite as for production (minified, workers apart) and serves them over loopback. */
import { readdirSync } from 'node:fs'
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
    build: { outDir: `${root}.cache/pages`, emptyOutDir: true, rolldownOptions: { input: input.map((name) => pages + name) } },
  })
}

/** The example, as `npm start` serves it. For `beforeAll` of a test of examples/tasks; the caller closes it. */
export function serveExample(): Promise<Served> {
  return serve({ configFile: `${root}vite.config.ts`, build: { outDir: `${root}.cache/example-under-test`, emptyOutDir: true } })
}

async function serve(config: InlineConfig): Promise<Served> {
  await build({ ...config, logLevel: 'warn' })
  const server = await preview({ ...config, logLevel: 'warn', preview: { host: '127.0.0.1', port: 46_000, strictPort: false } })
  const at = server.httpServer.address()
  if (typeof at !== 'object' || at === null) throw new Error(`The pages are served at ${at}, not at a port.`)
  return { url: `http://localhost:${at.port}/`, close: () => server.close() }
}
