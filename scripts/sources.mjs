/** Reads the project's sources for the checks: paths from the root, text, and syntax trees. */
import { globSync, readFileSync } from 'node:fs'
import { parseSync } from 'vite'
import { root } from './setup.mjs'

/** All TypeScript files below these folders, as `{ path, text }`, in order of path. */
export function readSources(folders) {
  const paths = globSync(
    folders.map((folder) => `${folder}/**/*.{ts,tsx}`),
    { cwd: root },
  )
  return paths.toSorted().map((path) => ({ path, text: readFileSync(root + path, 'utf8') }))
}

/** The syntax tree (ESTree with TypeScript) of a source. Throws if it cannot be parsed. */
export function parse({ path, text }) {
  const { program, errors } = parseSync(path, text)
  if (errors.length > 0) throw new Error(`${path}: ${errors[0].message}`)
  return program
}

/** Calls `visit(node, parent, key)` on a node and all below it, outside in; what answers false is not entered. */
export function walk(node, visit, parent, key) {
  if (visit(node, parent, key) === false) return
  for (const [key, value] of Object.entries(node)) {
    for (const child of Array.isArray(value) ? value : [value]) if (typeof child?.type === 'string') walk(child, visit, node, key)
  }
}

/** Where a node stands: `path:line`. */
export function place({ path, text }, node) {
  return `${path}:${text.slice(0, node.start).split('\n').length}`
}

/** Prints what a check found, and makes the process fail if it is anything. */
export function report(faults) {
  for (const fault of faults) console.error(fault)
  if (faults.length > 0) process.exitCode = 1
}
