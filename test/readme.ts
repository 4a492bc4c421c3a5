/** The README's code, as a reader would copy it: cut out of the file, so that what is printed is what is tested. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../', import.meta.url))

/** The fenced block that holds `text`. */
function blockWith(text: string): string {
  const blocks = readFileSync(`${root}README.md`, 'utf8').matchAll(/```tsx?\n(.*?)```/gs)
  const found = [...blocks].map(([, code]) => code as string).filter((code) => code.includes(text))
  if (found.length !== 1) throw new Error(`The README has ${found.length} blocks with ${text}, not one.`)
  return found[0] as string
}

/** The files of the first example, each beginning with a comment that names it, in a folder. */
export function writeReadmeApp(name: string): string {
  const folder = `${root}.cache/${name}/`
  mkdirSync(folder, { recursive: true })
  const files = blockWith('// systems.ts').split(/^\/\/ (\S+\.tsx?)\n/m)
  for (let i = 1; i < files.length; i += 2) writeFileSync(folder + files[i], files[i + 1] as string)
  writeFileSync(`${folder}index.html`, '<!doctype html><title>README</title><body><script type="module" src="./main.tsx"></script></body>')
  writeFileSync(`${folder}tsconfig.json`, '{ "compilerOptions": { "experimentalDecorators": true } }')
  return folder
}

/** The example with `createWorld`, as a module that exports `run`. */
export function writeReadmeWorld(name: string): string {
  const folder = writeReadmeApp(name)
  const imports = `import { createWorld } from 'homeroom/testing'\nimport { TaskManager } from './systems'\n`
  writeFileSync(`${folder}world.ts`, `${imports}export async function run() {\n${blockWith('createWorld(')}return { world, phone }\n}\n`)
  return `${folder}world.ts`
}
