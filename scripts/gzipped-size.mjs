/** How large a page's code is, minified and gzipped with all it imports. Workers are not counted. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import { build } from 'vite'
import { root } from './setup.mjs'

const folder = `${root}.cache/size`

/** @param alias where its imports are found, as Vite takes it */
export async function gzippedSize(code, alias) {
  mkdirSync(folder, { recursive: true })
  const entry = `${folder}/entry.js`
  writeFileSync(entry, code.replace('use(', 'globalThis.use('))
  const { output } = await build({
    configFile: false,
    logLevel: 'error',
    root: folder,
    resolve: { alias },
    build: { write: false, modulePreload: false, rolldownOptions: { input: entry, external: /^(preact|react|@preact\/signals)(\/|$)/ } },
  })
  return output.reduce((sum, chunk) => sum + gzipSync(chunk.code ?? '', { level: 9 }).length, 0)
}
