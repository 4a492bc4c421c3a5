import { expect, test } from 'vitest'
import { findImportFaults } from '../../scripts/check-imports.mjs'

const faults = (path: string, text: string) => findImportFaults([{ path, text }])

test.each([
  ['lib/protocol/a.ts', `import { x } from '../system/b.ts'`],
  ['lib/protocol/a.ts', `export * from '../tab/b.ts'`],
  ['lib/system/a.ts', `import type { X } from '../tab/b.ts'`],
  ['lib/system/a.ts', `const x = import('../tab/b.ts')`],
  ['lib/tab/a.ts', `import { x } from '../index.ts'`],
  ['lib/tab/a.ts', `let x: import('../../worker/run/turn.ts').Turn`],
  ['worker/run/a.ts', `import { x } from '../../lib/tab/b.ts'`],
  ['worker/run/a.ts', `import { x } from '../../lib/index.ts'`],
  ['worker/run/a.ts', `import { x } from '../../sync-server/room.ts'`],
  ['sync-server/a.ts', `import { x } from '../lib/system/b.ts'`],
  ['sync-server/engines/a.ts', `import { x } from '../../worker/store/b.ts'`],
])('%s may not say %s', (path, text) => {
  expect(faults(path, text)).toEqual([expect.stringContaining(`${path}:1: imports `)])
})

test.each([
  ['lib/tab/a.ts', `import Dexie from 'dexie'`],
  ['lib/system/a.ts', `import { produce, type Draft } from 'immer'`],
  ['lib/index.ts', `export { z } from 'zod/mini'`],
  ['lib/system/a.ts', `import type { Signal } from '@preact/signals-core'`],
  ['worker/host/a.ts', `import { signal } from '@preact/signals-core'`],
  ['lib/tab/a.ts', `import { useState } from 'preact/hooks'`],
  ['worker/store/a.ts', `import { readFile } from 'node:fs/promises'`],
  ['lib/tab/a.ts', `import { field } from 'homeroom'`],
])('%s may not load a package with %s', (path, text) => {
  expect(faults(path, text)).toEqual([expect.stringContaining(`${path}:1: imports `)])
})

test.each([
  ['lib/protocol/a.ts', `import { x } from './b.ts'`],
  ['lib/system/a.ts', `import { x } from '../protocol/b.ts'`],
  ['lib/system/a.ts', `import type { ZodType } from 'zod'`],
  ['lib/system/a.ts', `import { type Draft, type Patch } from 'immer'`],
  ['lib/tab/a.ts', `import { signal } from '@preact/signals-core'; import { x } from '../system/b.ts'`],
  ['lib/preact.ts', `import { useMemo } from 'preact/hooks'; import '@preact/signals'; import { x } from './tab/home.ts'`],
  ['lib/index.ts', `export { connect } from './tab/connect.ts'; export { action } from './system/decorators.ts'`],
  ['worker/run/a.ts', `import { produce } from 'immer'; import { x } from '../store/store.ts'; import { y } from '../../lib/system/b.ts'`],
  ['sync-server/engines/sqlite.ts', `import { DatabaseSync } from 'node:sqlite'`],
  [
    'testing/index.ts',
    `import { x } from '../worker/index.ts'; import { y } from '../lib/index.ts'; import { z } from '../sync-server/room.ts'`,
  ],
])('%s may say %s', (path, text) => {
  expect(faults(path, text)).toEqual([])
})
