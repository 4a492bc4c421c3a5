/**
 * Global setup of the browser project: bundles test/browser/pages/*.html with their workers, and the example, once and
 * as for production (minified, workers apart), and serves both over loopback. Tests ask `inject('pagesUrl')`.
 */
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build, preview, type InlineConfig, type PreviewServer } from 'vite'
import type { TestProject } from 'vitest/node'
import { alias } from '../../../vite.config.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Where test/browser/pages is served; ends with a slash. */
    pagesUrl: string
    /** Where examples/tasks is served; ends with a slash. Empty while there is no example. */
    exampleUrl: string
  }
}

const folder = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))
const root = folder('../../../')
const pages = folder('../pages/')

export default async function setUp(project: TestProject): Promise<() => Promise<void>> {
  const servers = [await serve(pagesConfig())]
  project.provide('pagesUrl', address(servers[0]))
  if (existsSync(`${root}examples/tasks/index.html`)) servers.push(await serve({ configFile: `${root}vite.config.ts` }))
  project.provide('exampleUrl', address(servers[1]))
  return async () => {
    await Promise.all(servers.map((server) => server.close()))
  }
}

function pagesConfig(): InlineConfig {
  const input = readdirSync(pages).filter((name) => name.endsWith('.html'))
  return {
    configFile: false,
    root: pages,
    resolve: { alias },
    oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
    worker: { format: 'es' },
    build: { outDir: `${root}.cache/pages`, emptyOutDir: true, rolldownOptions: { input: input.map((name) => pages + name) } },
  }
}

async function serve(config: InlineConfig): Promise<PreviewServer> {
  await build({ ...config, logLevel: 'warn' })
  return preview({ ...config, logLevel: 'warn', preview: { host: '127.0.0.1', port: 46_000, strictPort: false } })
}

/** `localhost`, not 127.0.0.1: browsers call both secure, and people know the first. */
function address(server: PreviewServer | undefined): string {
  const at = server?.httpServer.address()
  return typeof at === 'object' && at ? `http://localhost:${at.port}/` : ''
}
