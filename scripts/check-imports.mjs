/**
 * Checks who imports whom. A folder is a layer and imports only the layers named here (docs/architecture.md); a type is
 * an import like any other. Some packages are kept out of what a tab loads. Cycles are oxlint's (`import/no-cycle`).
 */
import { posix } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parse, place, readSources, report, walk } from './sources.mjs'

/** The first layer that holds a file is its layer. */
const layers = [
  { folder: 'lib/protocol', imports: [] },
  { folder: 'lib/system', imports: ['lib/protocol'] },
  { folder: 'lib/tab', imports: ['lib/protocol', 'lib/system'] },
  { folder: 'lib', imports: ['lib/protocol', 'lib/system', 'lib/tab'] },
  { folder: 'worker', imports: ['lib/protocol', 'lib/system'] },
  { folder: 'sync-server', imports: ['lib/protocol'] },
  { folder: 'testing', imports: ['lib/protocol', 'lib/system', 'lib/tab', 'lib', 'worker', 'sync-server'] },
]

/** Packages and where they must not be imported. `types` says whether importing only their types is fine. */
const keptOut = [
  { packages: /^(dexie|immer|zod)(\/|$)/, from: /^lib\//, types: true, why: 'a tab must not load it' },
  {
    packages: /^@preact\/signals/,
    from: /^(?!lib\/tab\/|lib\/preact\.ts|lib\/index\.ts|testing\/)/,
    types: false,
    why: 'signals live in lib/tab',
  },
  { packages: /^(preact|react)(\/|$)/, from: /^(?!lib\/(preact|react)\.ts)/, types: false, why: 'only its own entry knows a framework' },
  { packages: /^node:/, from: /^(lib|worker)\/(?!node\.ts|store\/sqlite)/, types: true, why: 'it must run in a browser' },
  { packages: /^homeroom(\/|$)/, from: /^/, types: false, why: 'sources import each other by relative path' },
]

/** What is wrong with the imports of these sources, one line each: `path:line: …`. */
export function findImportFaults(sources) {
  return sources.flatMap((source) => importsOf(source).flatMap((found) => faultOf(source, found) ?? []))
}

function faultOf(source, { node, target, typeOnly }) {
  const at = place(source, node)
  if (!target.startsWith('.')) {
    const rule = keptOut.find(({ packages, from, types }) => packages.test(target) && from.test(source.path) && !(types && typeOnly))
    return rule && `${at}: imports '${target}', but ${rule.why}.`
  }
  const from = layerOf(source.path)
  const path = posix.join(posix.dirname(source.path), target)
  const to = layerOf(path)
  if (to === from || from?.imports.includes(to?.folder)) return undefined
  return `${at}: imports ${path}, but ${from?.folder} may import only ${from?.imports.join(', ') || 'itself'}.`
}

function layerOf(path) {
  return layers.find(({ folder }) => path.startsWith(`${folder}/`))
}

/** Static imports, re-exports, `import('…')` and `typeof import('…')`. */
function importsOf(source) {
  const found = []
  walk(parse(source), (node) => {
    const target = node.source?.value
    if (typeof target === 'string') found.push({ node, target, typeOnly: isTypeOnly(node) })
  })
  return found
}

function isTypeOnly(node) {
  if (node.type === 'TSImportType') return true
  const kinds = [
    node.importKind ?? node.exportKind,
    ...(node.specifiers ?? []).map((specifier) => specifier.importKind ?? specifier.exportKind),
  ]
  return kinds[0] === 'type' || (kinds.length > 1 && kinds.slice(1).every((kind) => kind === 'type'))
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  report(findImportFaults(readSources(['lib', 'worker', 'sync-server', 'testing'])))
