/**
 * Messages between a tab and the host. Control is request and answer over Comlink (`HostControl`); what changes is
 * pushed over a second, plain port (`FeedFrame`), in order: a call's outcome comes after the patches that it made, so a
 * tab that applies messages in order has read-your-writes (rule A5).
 */
import type { ErrorData } from './errors.ts'
import type { Op, State } from './ops.ts'
import type { ShownConnection } from './presence.ts'
import type { StreamEvent, StreamRecord } from './stream-record.ts'

/** History: 1 first version. 2 one message tells of several calls. 3 presence. */
export const PORT_PROTOCOL = 3

/** A call as the tab makes it: id and time come with it and are kept with it; the id, being random, is its seed (rule Q3). */
export interface CallMessage {
  /** `<tab>.<count>`. */
  readonly id: string
  /** The tab's number of the handle it was made on. */
  readonly handle: number
  readonly action: string
  readonly args: readonly unknown[]
  /** Milliseconds since 1970, by the tab's clock. */
  readonly now: number
  /** Calls of one group are undone together. */
  readonly group?: string
}

export interface TabHello {
  readonly protocol: number
  readonly tab: string
  /** The handles that the tab will open again: others of its past ones are closed. */
  readonly handles?: readonly number[]
}

/** What a system looks like from outside; a tab needs nothing else of its class. */
export interface SystemShape {
  readonly name: string
  readonly version: number
  readonly fields: readonly string[]
  readonly actions: readonly string[]
  /** The values of a new instance. */
  readonly initial: State
}

export interface HostHello {
  readonly protocol: number
  readonly boot: string
  /** The Web Lock that this boot of the host holds while it lives. */
  readonly lock: string
  readonly systems: readonly SystemShape[]
}

export interface OpenRequest {
  readonly handle: number
  readonly system: string
  readonly id: string
  readonly metadata?: unknown
}

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorData }

/** What the host answers over Comlink. Errors come as data: Comlink drops their `code`. */
export interface HostControl {
  hello(tab: TabHello, feed: MessagePort): Promise<Answer<HostHello>>
  open(request: OpenRequest): Promise<Answer<void>>
  close(handle: number): Promise<void>
  /** Takes calls made in one task. Their outcomes come over the feed. A repeated id never runs twice (rule Q4). */
  submit(calls: readonly CallMessage[]): Promise<void>
  /** Drops a call that has not started. */
  cancel(call: string): Promise<void>
  /** After a reconnection: tells over the feed what became of calls whose outcome this tab knows only in part. */
  follow(calls: readonly { id: string; handle: number }[]): Promise<void>
  /** The tab has seen the last of these calls: their outcomes may be forgotten. */
  acknowledge(calls: readonly string[]): Promise<void>
  /** Shows a value to who else is connected; from the first time on the tab is told who that is. */
  show(handle: number, value?: unknown): Promise<Answer<void>>
  instances(system?: string): Promise<readonly { system: string; id: string }[]>
  retry(rejected: string): Promise<Answer<void>>
  dismiss(rejected: string): Promise<void>
  connectSync(url: string, token?: string): Promise<Answer<void>>
  disconnectSync(): Promise<void>
  /** Ends the attachment of this tab: its handles close. */
  bye(): Promise<void>
}

/** One message to one tab per flush of the host's loop. */
export interface FeedFrame {
  readonly boot: string
  readonly messages: readonly FeedMessage[]
}

export type FeedMessage =
  /** The whole state for a handle just opened, or one whose increments were lost with a host. */
  | { readonly type: 'snapshot'; readonly handle: number; readonly state: State; readonly streams: readonly StreamRecord[] }
  /** A stream has done something in a turn that still runs: it shows before the turn ends (rule F4). */
  | { readonly type: 'stream'; readonly handle: number; readonly stream: string; readonly event: StreamEvent }
  /** One commit, or one rebase: its changes show together (rules A2, F2). */
  | { readonly type: 'patch'; readonly handle: number; readonly ops: readonly Op[] }
  /** Who is connected now, as changes; `all` where it is the whole list. */
  | {
      readonly type: 'presence'
      readonly handle: number
      /** The handle's own connection. */
      readonly self: string
      readonly all: boolean
      readonly here: readonly ShownConnection[]
      readonly gone: readonly string[]
    }
  | { readonly type: 'running'; readonly calls: readonly string[] }
  /** All these calls had that outcome. */
  | { readonly type: 'outcome'; readonly calls: readonly string[]; readonly outcome: Outcome }
  /** A committed call got its final place, or is rejected. Comes after `outcome`. */
  | { readonly type: 'settled'; readonly calls: readonly string[]; readonly outcome: Outcome }
  /** Whether the handle's connection has something to undo, or redo. Neither, before it is told so. */
  | { readonly type: 'undo'; readonly handle: number; readonly canUndo: boolean; readonly canRedo: boolean }
  | { readonly type: 'handle-error'; readonly handle: number; readonly error: ErrorData }
  | { readonly type: 'sync'; readonly sync: SyncState }
  | { readonly type: 'rejected'; readonly rejected: readonly RejectedCall[] }

/** What became of a call. `settled` is false while its commit is pending: its result may still change on a rebase. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown; readonly settled: boolean }
  | { readonly ok: false; readonly error: ErrorData; readonly settled: true }

/** The state of sync on this device, all instances together. */
export interface SyncState {
  /** `off` no server is set; `outdated` and `denied` need the user: a reload, a new token. */
  readonly state: 'off' | 'connecting' | 'live' | 'offline' | 'denied' | 'outdated'
  /** Commits on this device that the server has not confirmed. */
  readonly pending: number
  readonly error?: ErrorData
}

/** A call that was committed on this device and then thrown out on replay, or refused by the server (rule Y4). */
export interface RejectedCall {
  readonly id: string
  readonly system: string
  readonly instance: string
  readonly action: string
  readonly args: readonly unknown[]
  readonly error: { readonly name: string; readonly message: string; readonly code?: string }
  /** Milliseconds since 1970 when the call was made. */
  readonly at: number
}
