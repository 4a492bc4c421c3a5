/** Prints what `homeroom` adds to a page, minified and gzipped with all it imports, and fails above the limits. */
import { gzippedSize } from './gzipped-size.mjs'
import { root } from './setup.mjs'

/** Limits in bytes, above the aim of 8,000 for systems alone and 14,000 with collections: see W7 in docs/spec.md. Preact and React are the page's own and not counted. */
const bundles = [
  { name: 'tab, systems only', code: `import { connect } from 'homeroom'; use(connect)`, limit: 13_000 },
  {
    name: 'the same with the Preact hooks',
    code: `import { connect } from 'homeroom'; import { useSystem } from 'homeroom/preact'; use(connect, useSystem)`,
    limit: 14_000,
  },
  {
    name: 'the same with the React hooks',
    code: `import { connect } from 'homeroom'; import { useSystem } from 'homeroom/react'; use(connect, useSystem)`,
    limit: 14_000,
  },
  { name: 'tab, everything in `homeroom`', code: `import * as all from 'homeroom'; use(all)`, limit: 14_000 },
]

const alias = [
  { find: /^homeroom$/, replacement: `${root}dist/lib/index.js` },
  { find: /^homeroom\/(preact|react)$/, replacement: `${root}dist/lib/$1.js` },
]
for (const { name, code, limit } of bundles) {
  const size = await gzippedSize(code, alias)
  console.log(`    ${name}: ${size} of ${limit} bytes`)
  if (size > limit) process.exitCode = 1
}
