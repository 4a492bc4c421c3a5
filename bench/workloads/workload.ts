/** What a workload is: it measures one contender once, as one number for each of its rows of the table. */
import type { Page } from 'playwright-core'
import type { Device } from '../stage/device.ts'

export interface Row {
  readonly key: string
  readonly label: string
  readonly unit: 'ms' | '/s' | 'bytes'
  /** How many times the limit ours may take; for a rate, how many times less it may be. */
  readonly target?: number
}

export interface Stage {
  /** Which contender is measured. */
  readonly contender: string
  readonly device: Device
  /** Fewer and smaller: to see whether things work. */
  readonly isQuick: boolean
  /** A name for a board that nobody has used. */
  readonly board: string
  /** A tab with that board open. */
  openBoard(): Promise<Page>
  /** A second device; with all else that a run has started it ends with the run. */
  startDevice(): Promise<Device>
  /** Resolves with the server's address. */
  startServer(): Promise<string>
}

export interface Workload {
  readonly id: string
  readonly rows: readonly Row[]
  /** Once is enough. */
  readonly isExact?: true
  /** By the keys of rows. */
  run(stage: Stage): Promise<Readonly<Record<string, number>>>
}
