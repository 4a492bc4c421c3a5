/** Serves and builds the examples. `homeroom` and its entries mean this repository's sources. */
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vite'

const path = (relative: string) => fileURLToPath(new URL(relative, import.meta.url))

/** What `paths` in tsconfig.json says, for bundles and tests. */
export const alias = [
  { find: /^homeroom$/, replacement: path('lib/index.ts') },
  { find: /^homeroom\/(preact|react)$/, replacement: path('lib/$1.ts') },
  { find: /^homeroom\/(worker|sync-server|testing)$/, replacement: path('$1/index.ts') },
]

export default defineConfig({
  root: path('examples/tasks'),
  base: './',
  resolve: { alias },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  worker: { format: 'es' },
  build: { outDir: path('.cache/examples'), emptyOutDir: true },
})
