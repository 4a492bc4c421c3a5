/** The types that an app sees: what a class becomes in a tab. */
import type { ReadonlySignal } from '@preact/signals-core'
import type { RejectedCall, SyncState } from '../protocol/port-messages.ts'
import type { AgenticSystem, Metadata } from '../system/agentic-system.ts'
import type { Stream } from '../system/stream.ts'
import type { Presence, Present } from './presence.ts'
import type { StreamHandle } from './stream-handle.ts'

export type Status = 'connecting' | 'connected' | 'disconnected' | 'error'
export type CallStatus = 'queued' | 'running' | 'committed' | 'confirmed' | 'failed' | 'rejected'

// oxlint-disable-next-line typescript/no-explicit-any -- parameters of any function
type AnyFunction = (...args: any[]) => any
type IsAny<T> = 0 extends 1 & T ? true : false
type IsSame<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false
type IsWritable<S, K extends keyof S> = IsSame<{ [P in K]: S[P] }, { -readonly [P in K]: S[P] }>
type Hooks = 'onCreate' | 'onConnect' | 'onDisconnect'
type Members<S> = Exclude<keyof S & string, keyof AgenticSystem | Hooks>

/** Names of the methods of a system. Those without `@action()` are refused at run time. */
export type ActionsOf<S> = { [K in Members<S>]: IsAny<S[K]> extends true ? never : S[K] extends AnyFunction ? K : never }[Members<S>]

/** Names of the writable data properties of a system. */
export type FieldsOf<S> = {
  [K in Members<S>]: IsAny<S[K]> extends true
    ? K
    : S[K] extends AnyFunction
      ? never
      : NonNullable<S[K]> extends Stream<infer _>
        ? K
        : IsWritable<S, K> extends true
          ? K
          : never
}[Members<S>]

type Primitive = string | number | boolean | bigint | null | undefined

/** A value as tabs see it: to be read, never changed. */
export type Immutable<T> =
  IsAny<T> extends true
    ? T
    : T extends Primitive | Date | Uint8Array
      ? T
      : T extends Stream<infer V>
        ? StreamHandle<V>
        : T extends ReadonlyMap<infer K, infer V>
          ? ReadonlyMap<K, Immutable<V>>
          : T extends ReadonlySet<infer V>
            ? ReadonlySet<Immutable<V>>
            : T extends readonly (infer E)[]
              ? number extends T['length']
                ? readonly Immutable<E>[]
                : { readonly [I in keyof T]: Immutable<T[I]> }
              : T extends object
                ? { readonly [K in keyof T]: Immutable<T[K]> }
                : T

/** A call of an action: a promise that resolves once what it did is stored on this device. */
export interface ActionCall<T> extends Promise<T> {
  readonly id: string
  readonly status: ReadonlySignal<CallStatus>
  /** The result of the run that counts: settles once the server has confirmed the commit, or at once where sync is off. */
  readonly confirmed: Promise<T>
  /** Drops the call if it has not started. */
  cancel(): void
}

type Call<F> = F extends (...args: infer A) => infer R ? (...args: A) => ActionCall<Awaited<R>> : never
export type Actions<S> = { readonly [K in ActionsOf<S>]: Call<S[K]> }

/** A field in a tab: a signal of its value, or the stream that it holds. */
export type Field<T> =
  IsAny<T> extends true ? ReadonlySignal<T> : [T] extends [Stream<infer V>] ? StreamHandle<V> : ReadonlySignal<Immutable<T>>

/** Undo and redo, of the calls made on this handle in this tab. */
export interface UndoActions {
  /**
   * Takes back the last call that is not undone yet, as it stands now, in a commit of its own. Answers whether anything
   * was to be undone; rejects with `undo/conflict`, naming the place, where that was changed since: the call is passed over
   * from then on.
   * @param call the id of another call to undo: anybody's, among the last ones
   */
  $undo(call?: string): ActionCall<boolean>
  /** Takes back the last undo, until something else is called. */
  $redo(): ActionCall<boolean>
  /** Calls made by `run`, before it returns, are undone together. Groups of one name that follow one another are one. */
  $group<T>(run: () => T): T
  $group<T>(name: string, run: () => T): T
}

/** A system in a tab: one signal per field, one function per action. It has no prototype. */
export type SystemHandle<S> =
  IsAny<S> extends true
    ? // oxlint-disable-next-line typescript/no-explicit-any -- nothing is known of the class
      any
    : { readonly [K in FieldsOf<S>]: Field<S[K]> } & Actions<S> & {
          readonly actions: Actions<S>
          readonly $id: string
          readonly $status: ReadonlySignal<Status>
          readonly $error: ReadonlySignal<Error | undefined>
          /** Resolves with this device's first state; waits neither for the network nor for the queue. */
          readonly $ready: Promise<void>
          /** For a button: whether this connection has something to undo. */
          readonly $canUndo: ReadonlySignal<boolean>
          readonly $canRedo: ReadonlySignal<boolean>
          /** Who is connected now, on all devices, with what they show. */
          readonly $presence: Presence
          $close(): void
        } & UndoActions

/** A system in a component: plain values to render. */
export type SystemView<S> =
  IsAny<S> extends true
    ? // oxlint-disable-next-line typescript/no-explicit-any -- nothing is known of the class
      any
    : { readonly [K in FieldsOf<S>]: Immutable<S[K]> } & Actions<S> & {
          readonly actions: Actions<S>
          readonly $status: Status
          readonly $error: Error | undefined
          readonly $canUndo: boolean
          readonly $canRedo: boolean
        } & UndoActions &
        Omit<{ readonly status: Status; readonly error: Error | undefined }, keyof S>

/** Who is here, in a component. */
export interface PresenceView<T = unknown> extends Pick<Presence<T>, 'set'> {
  readonly value: readonly Present<T>[]
}

export interface SystemOptions {
  /** Which instance: the same id is the same state, in every tab and on every device. */
  readonly id: string
  /** Given to the connection, beside what `connect` was given. */
  readonly metadata?: Metadata
}

/** What `connect()` returns in a tab. */
export interface Home {
  /** Resolves when the host has said what it serves; rejects with `host/unreachable`. */
  readonly ready: Promise<void>
  /** The tab's connection to the host. */
  readonly status: ReadonlySignal<Status>
  readonly sync: ReadonlySignal<SyncState>
  /** Calls that were committed here and thrown out later, until they are dismissed or retried. */
  readonly rejected: ReadonlySignal<readonly RejectedCall[]>
  retry(id: string): void
  dismiss(id: string): void
  /** The instances stored on this device. */
  instances(system?: string): Promise<readonly { readonly system: string; readonly id: string }[]>
  system<S extends AgenticSystem>(options: SystemOptions): SystemHandle<S>
  system<S extends AgenticSystem>(name: string, options: SystemOptions): SystemHandle<S>
  /** Merges this app's instances with other devices through the server at `url`, now and after a restart. */
  connectSync(url: string, options?: { token?: () => string | Promise<string> }): void
  /** Goes offline, now and after a restart; what is pending stays. */
  disconnectSync(): void
  close(): void
}

export interface ConnectOptions {
  /** Given to the connections of every instance this tab opens. */
  readonly metadata?: Metadata
}
