/** Serves and builds the examples. `homeroom` and its entries mean this repository's sources. */
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** What `paths` in tsconfig.json says, for bundles and tests. */
export const alias = [
  { find: /^homeroom$/, replacement: path('lib/index.ts') },
  { find: /^homeroom\/(preact|react)$/, replacement: path('lib/$1.ts') },
  { find: /^homeroom\/(worker|sync-server|testing)$/, replacement: path('$1/index.ts') },
]

/** `/` is examples/index.html, the tasks; `/game/` is examples/game/index.html, and so on for each folder that has one. */
const pages = ['', ...readdirSync(path('examples')).map((folder) => `${folder}/`)]
  .map((folder) => path(`examples/${folder}index.html`))
  .filter((page) => existsSync(page))

export default defineConfig({
  root: path('examples'),
  appType: 'mpa',
  base: './',
  resolve: { alias },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: { outDir: path('.cache/examples'), emptyOutDir: true, rolldownOptions: { input: pages } },
})
