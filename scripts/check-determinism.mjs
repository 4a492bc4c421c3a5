/**
 * Checks that time, chance, timers, storage and sockets are used at composition roots only: elsewhere they are handed
 * in, so that a simulation holds all of them. A name that a file declares itself is that file's own.
 */
import { pathToFileURL } from 'node:url'
import { parse, place, readSources, report, walk } from './sources.mjs'

const roots = [
  /^lib\/(protocol|tab)\/browser\.ts$/, // what the tab's root and the worker's share
  /^worker\/(index|node)\.ts$/,
  /^worker\/browser\//,
  /^sync-server\/(index|cli)\.ts$/,
  /^sync-server\/engines\/sqlite/,
  /^testing\//,
]

const globals = new Set([
  'setTimeout',
  'setInterval',
  'setImmediate',
  'requestAnimationFrame',
  'requestIdleCallback',
  'performance',
  'crypto',
  'indexedDB',
  'localStorage',
  'sessionStorage',
  'WebSocket',
  'BroadcastChannel',
  'fetch',
])
const members = new Set(['Date.now', 'Math.random', 'navigator.locks', 'navigator.storage'])
const wholes = new Set(['globalThis', 'self', 'window'])
const modules = /^node:(crypto|timers|perf_hooks)/

/** Uses of these outside the roots, one line each: `path:line: …`. */
export function findDeterminismFaults(sources) {
  return sources.filter(({ path }) => !roots.some((root) => root.test(path))).flatMap(faultsOf)
}

function faultsOf(source) {
  const program = parse(source)
  const own = declaredNames(program)
  const faults = []
  walk(program, (node, parent, key) => {
    if (isType(node, key)) return false
    const used = usedBy(node, parent, key)
    if (used !== undefined && !own.has(used))
      faults.push(`${place(source, node)}: uses ${used}; take it as an argument from a composition root.`)
    return undefined
  })
  return faults
}

/** The name of what a node uses, if it is one of those above. */
function usedBy(node, parent, key) {
  if (node.type === 'Identifier') return globals.has(node.name) && !isKey(node, parent, key) ? node.name : undefined
  if (node.type === 'ImportDeclaration') return modules.test(node.source.value) ? node.source.value : undefined
  if (node.type === 'CallExpression' || node.type === 'NewExpression') {
    const now = node.callee.name === 'Date' && (node.type === 'CallExpression' || node.arguments.length === 0)
    return now ? 'the present Date' : undefined
  }
  if (node.type !== 'MemberExpression') return undefined
  const member = node.computed ? node.property.value : node.property.name
  if (members.has(`${node.object.name}.${member}`)) return `${node.object.name}.${member}`
  return wholes.has(node.object.name) && globals.has(member) ? `${node.object.name}.${member}` : undefined
}

/** Whether an identifier is the name of a member, not a variable. */
function isKey(node, parent, key) {
  if (parent === undefined || parent.computed) return false
  if (key === 'property') return parent.type === 'MemberExpression'
  return key === 'key' && parent.value !== node
}

function isType(node, key) {
  const holdsType = ['typeAnnotation', 'typeParameters', 'typeArguments', 'returnType', 'superTypeArguments', 'implements'].includes(key)
  return holdsType || node.type === 'TSInterfaceDeclaration' || node.type === 'TSTypeAliasDeclaration'
}

/** Names bound by imports, declarations and parameters anywhere in a file. */
function declaredNames(program) {
  const names = new Set()
  const bind = (node, parent, key) => {
    if (key === 'right' || isType(node, key)) return false // a default value; a type
    if (node.type === 'Identifier' && !isKey(node, parent, key)) names.add(node.name)
    return undefined
  }
  walk(program, (node, parent, key) => {
    if (['id', 'params', 'param', 'local'].includes(key)) walk(node, bind)
  })
  return names
}

if (import.meta.url === pathToFileURL(process.argv[1]).href)
  report(findDeterminismFaults(readSources(['lib', 'worker', 'sync-server', 'testing'])))
