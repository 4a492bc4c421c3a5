/** W7: what a contender adds to a page: the same small app, minified and gzipped with all it imports; workers apart. */
import { gzippedSize } from '../../scripts/gzipped-size.mjs'
import { alias } from '../../vite.config.ts'
import { sourceOf } from '../stage/pages.ts'
import type { Workload } from './workload.ts'

export const size: Workload = {
  id: 'W7',
  rows: [{ key: 'tab', label: "the tab's code, gzipped", unit: 'bytes' }],
  isExact: true,
  async run({ contender }) {
    const source = JSON.stringify(sourceOf(contender))
    return { tab: await gzippedSize(`import { contender } from ${source}; use(contender)`, alias) }
  },
}
