import { expect, test } from 'vitest'
import { findDeterminismFaults } from '../../scripts/check-determinism.mjs'

const faults = (text: string, path = 'worker/run/turn.ts') => findDeterminismFaults([{ path, text }])

test.each([
  ['Date.now', 'const at = Date.now()'],
  ['Date.now', 'const clock = Date.now'],
  ['Date.now', `const at = Date['now']()`],
  ['the present Date', 'const at = new Date()'],
  ['the present Date', 'const at = Date()'],
  ['Math.random', 'const x = Math.random()'],
  ['setTimeout', 'setTimeout(() => {}, 1)'],
  ['setTimeout', 'const env = { setTimeout }'],
  ['globalThis.setTimeout', 'globalThis.setTimeout(() => {}, 1)'],
  ['self.indexedDB', 'const db = self.indexedDB.open("x")'],
  ['setInterval', 'const stop = (run = setInterval) => run'],
  ['crypto', 'const id = crypto.randomUUID()'],
  ['node:crypto', `import { randomUUID } from 'node:crypto'`],
  ['indexedDB', 'const factory: IDBFactory = indexedDB'],
  ['WebSocket', 'const socket = new WebSocket(url) as WebSocket'],
  ['WebSocket', 'const open = (old: WebSocket) => new WebSocket(old.url)'],
  ['fetch', 'const { fetch: other } = env; fetch("/")'],
  ['navigator.locks', 'await navigator.locks.request("x", () => {})'],
  ['performance', 'const t = performance.now()'],
])('outside a composition root, %s is found in %s', (what, text) => {
  expect(faults(text)).toEqual([`worker/run/turn.ts:1: uses ${what}; take it as an argument from a composition root.`])
})

test.each([
  'const at = new Date(0)',
  'queueMicrotask(() => {})',
  'interface Clock { setTimeout(run: () => void, ms: number): () => void }',
  'function open({ indexedDB }: { indexedDB: IDBFactory }) { return indexedDB.open("x") }',
  'clock.setTimeout(() => {}, 5)',
  'class Fake { setTimeout() {} }',
  'const clock = { setTimeout: later, fetch() {} }',
  'function send(socket: WebSocket, type: typeof fetch): Crypto {}',
  '// Date.now() is not called here\nconst text = "Math.random()"',
])('elsewhere, %s is fine', (text) => {
  expect(faults(text)).toEqual([])
})

test.each([
  'worker/index.ts',
  'worker/browser/locks.ts',
  'lib/protocol/browser.ts',
  'lib/tab/browser.ts',
  'sync-server/index.ts',
  'sync-server/cli.ts',
  'sync-server/engines/sqlite-worker.ts',
  'testing/clock.ts',
])('%s is a composition root', (path) => {
  expect(faults('Date.now(); setTimeout(() => {}, 1); new WebSocket(url)', path)).toEqual([])
})

test('the line is the one of the use', () => {
  expect(faults('const a = 1\n\nconst b = Date.now()')[0]).toMatch(/^worker\/run\/turn\.ts:3: /)
})
