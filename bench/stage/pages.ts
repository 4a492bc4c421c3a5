/** Bundles the contenders' pages as for production, and serves them over loopback. */
import { createServer } from 'node:http'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { alias } from '../../vite.config.ts'

const bench = fileURLToPath(new URL('..', import.meta.url))
const cache = fileURLToPath(new URL('../../.cache/bench/', import.meta.url))

/** Where the source of a contender is: ours and the limit in `contenders`, all others in `peers`. */
export function sourceOf(contender: string): string {
  const own = `${bench}contenders/${contender}/index.ts`
  return existsSync(own) ? own : `${bench}peers/${contender}.ts`
}

/** Builds a page for each contender into a folder, and answers that. `readable` keeps the names of functions, for profiles. */
export async function buildPages(contenders: readonly string[], readable: boolean): Promise<string> {
  const outDir = `${cache}pages`
  for (const contender of contenders) {
    const entry = writeEntry(contender)
    await build({
      configFile: false,
      logLevel: 'error',
      root: bench,
      base: '/',
      resolve: { alias },
      define: { 'process.env.NODE_ENV': '"production"', global: 'globalThis' },
      worker: { format: 'es' },
      build: {
        outDir: `${outDir}/${contender}`,
        emptyOutDir: true,
        minify: readable ? false : 'oxc',
        assetsDir: '',
        modulePreload: false,
        rolldownOptions: { input: entry, output: { entryFileNames: 'page.js' } },
      },
      experimental: { renderBuiltUrl: (file) => `/${contender}/${file}` },
    })
  }
  return outDir
}

function writeEntry(contender: string): string {
  mkdirSync(`${cache}entries`, { recursive: true })
  const entry = `${cache}entries/${contender}.ts`
  const [source, driver] = [sourceOf(contender), `${bench}page/driver.ts`].map((path) => JSON.stringify(path))
  writeFileSync(entry, `import { contender } from ${source}\nimport { Driver } from ${driver}\nglobalThis.bench = new Driver(contender)\n`)
  return entry
}

export interface Served {
  readonly origin: string
  close(): void
}

/** `/page/NAME` is a contender's page. The headers isolate it, which gives `performance.now()` steps of 5 µs. */
export async function servePages(folder: string): Promise<Served> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://localhost').pathname
    response.setHeader('Cross-Origin-Opener-Policy', 'same-origin')
    response.setHeader('Cross-Origin-Embedder-Policy', 'require-corp')
    response.setHeader('Cache-Control', 'max-age=600')
    const contender = /^\/page\/([\w-]+)$/.exec(path)?.[1]
    const script = /^\/[\w-]+\/[\w.-]+\.js$/.test(path) && existsSync(folder + path)
    if (contender !== undefined) response.setHeader('Content-Type', 'text/html').end(pageOf(contender))
    else if (script) response.setHeader('Content-Type', 'text/javascript').end(readFileSync(folder + path))
    else response.writeHead(path === '/favicon.ico' ? 204 : 404).end()
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const close = (): void => {
    server.close()
    server.closeAllConnections()
  }
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, close }
}

function pageOf(contender: string): string {
  return `<!doctype html><meta charset="utf-8"><title>${contender}</title><body><script type="module" src="/${contender}/page.js"></script>`
}
