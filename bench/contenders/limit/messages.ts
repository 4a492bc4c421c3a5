/** Messages of the limit: between its tabs and its worker, and between its worker and its server. */
import type { Item } from '../../contender.ts'

export type Action =
  | { readonly type: 'increment' }
  | { readonly type: 'rename'; readonly id: string; readonly title: string }
  | { readonly type: 'fill'; readonly items: readonly Item[] }

export interface Call {
  readonly call: number
  readonly action: Action
}

/** What a turn of the worker has changed: new values, whole. */
export interface Patch {
  readonly count?: number
  readonly items: readonly Item[]
}

export type ToWorker =
  | { readonly type: 'open'; readonly name: string; readonly server: string | undefined }
  | { readonly type: 'calls'; readonly calls: readonly Call[] }

export type ToTab =
  | { readonly type: 'state'; readonly patch: Patch }
  | { readonly type: 'patch'; readonly patch: Patch }
  | { readonly type: 'done'; readonly calls: readonly number[] }
