/** The command line. */
import { parseArgs } from 'node:util'

const OWN = ['limit', 'homeroom']
const PEERS = ['tinybase', 'yjs', 'dexie', 'rxdb', 'tanstack']

export interface Options {
  /** The limit first: everything is compared with it. */
  readonly contenders: readonly string[]
  /** Ids of the workloads to run; all if empty. */
  readonly only: readonly string[]
  readonly isQuick: boolean
  /** Of each workload that is not exact. The table shows the median. */
  readonly repeats: number
  /** Writes a CPU profile of our worker and tab for each workload, and prints what took longest. */
  readonly profile: boolean
}

export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: '' },
      contenders: { type: 'string' },
      quick: { type: 'boolean', default: false },
      peers: { type: 'boolean', default: false },
      repeats: { type: 'string' },
      profile: { type: 'boolean', default: false },
    },
  })
  const named = values.contenders === undefined ? undefined : listOf(values.contenders)
  return {
    contenders: values.profile ? ['homeroom'] : (named ?? [...OWN, ...(values.peers ? PEERS : [])]),
    only: listOf(values.only),
    isQuick: values.quick,
    repeats: Number(values.repeats ?? (values.quick || values.profile ? 1 : 2)),
    profile: values.profile,
  }
}

function listOf(text: string): string[] {
  return text.split(',').filter((part) => part !== '')
}
