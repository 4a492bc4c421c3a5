/** Prints what `homeroom` adds to a page, minified and gzipped with all it imports, and fails above the limits. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { root } from './setup.mjs'

/** Limits in bytes. Preact and React are the page's own and not counted. */
const bundles = [
  { name: 'tab, systems only', code: `import { connect } from 'homeroom'; use(connect)`, limit: 8_000 },
  {
    name: 'the same with the Preact hooks',
    code: `import { connect } from 'homeroom'; import { useSystem } from 'homeroom/preact'; use(connect, useSystem)`,
    limit: 9_000,
  },
  {
    name: 'the same with the React hooks',
    code: `import { connect } from 'homeroom'; import { useSystem } from 'homeroom/react'; use(connect, useSystem)`,
    limit: 9_000,
  },
  { name: 'tab, everything in `homeroom`', code: `import * as all from 'homeroom'; use(all)`, limit: 14_000 },
]

const folder = `${root}.cache/size`
mkdirSync(folder, { recursive: true })
for (const { name, code, limit } of bundles) {
  const size = await gzippedSize(code)
  console.log(`    ${name}: ${size} of ${limit} bytes`)
  if (size > limit) process.exitCode = 1
}

async function gzippedSize(code) {
  const entry = `${folder}/entry.js`
  writeFileSync(entry, code.replace('use(', 'globalThis.use('))
  const { output } = await build({
    configFile: false,
    logLevel: 'error',
    root: folder,
    resolve: {
      alias: [
        { find: /^homeroom$/, replacement: `${root}dist/lib/index.js` },
        { find: /^homeroom\/(preact|react)$/, replacement: `${root}dist/lib/$1.js` },
      ],
    },
    build: { write: false, modulePreload: false, rolldownOptions: { input: entry, external: /^(preact|react|@preact\/signals)(\/|$)/ } },
  })
  return output.reduce((sum, chunk) => sum + gzipSync(chunk.code ?? '', { level: 9 }).length, 0)
}
