/** The home: a tab's door to all instances of an app. */
import type { ReadonlySignal } from '@preact/signals-core'
import { errorToData, HomeroomError } from '../protocol/errors.ts'
import type { RejectedCall, SyncState } from '../protocol/port-messages.ts'
import { copyValue, equalValues } from '../protocol/value.ts'
import type { AgenticSystem, Metadata } from '../system/agentic-system.ts'
import type { Dial, TabEnvironment } from './environment.ts'
import { Link } from './link.ts'
import { SystemHandleState } from './system-handle.ts'
import type { ConnectOptions, Home, Status, SystemHandle, SystemOptions } from './types.ts'

/** A handle that all users of one system, id and metadata share. */
export interface SharedHandle {
  readonly state: SystemHandleState
  /** Keeps it open until the answer is called. */
  keep(): () => void
}

interface Counted extends SharedHandle {
  /** Name of the system, id, and metadata: what makes two uses the same. */
  readonly key: readonly unknown[]
  uses: number
}

/** A handle that was made by a render that came to nothing is closed after so many ms. */
const UNUSED_TIMEOUT = 10_000

/** `Home`, with what hooks need besides. */
export class TabHome implements Home {
  readonly #link: Link
  readonly #metadata: Metadata | undefined
  readonly #handles = new Set<Counted>()
  #syncChanges: Promise<void> = Promise.resolve()

  constructor(environment: TabEnvironment, dial: Dial, options: ConnectOptions) {
    this.#link = new Link(environment, dial)
    this.#metadata = options.metadata
  }

  get ready(): Promise<void> {
    return this.#link.ready.promise
  }
  get status(): ReadonlySignal<Status> {
    return this.#link.status
  }
  get sync(): ReadonlySignal<SyncState> {
    return this.#link.sync
  }
  get rejected(): ReadonlySignal<readonly RejectedCall[]> {
    return this.#link.rejected
  }

  retry(id: string): void {
    void this.#link.ask((control) => control.retry(id)).catch(() => undefined)
  }

  dismiss(id: string): void {
    void this.#link.ask((control) => control.dismiss(id)).catch(() => undefined)
  }

  instances(system?: string): Promise<readonly { readonly system: string; readonly id: string }[]> {
    return this.#link.ask((control) => control.instances(system))
  }

  system<S extends AgenticSystem>(nameOrOptions: string | SystemOptions, options?: SystemOptions): SystemHandle<S> {
    const { state, keep } = this.share(nameOrOptions, options)
    const close = keep()
    return new Proxy(state.proxy, {
      get: (target, key) => (key === '$close' ? close : Reflect.get(target, key)),
    }) as SystemHandle<S>
  }

  /** The handle for a system, id and metadata, made where there is none. It closes by itself unless somebody keeps it. */
  share(nameOrOptions: string | SystemOptions, options?: SystemOptions): SharedHandle {
    const [name, { id, metadata }] =
      typeof nameOrOptions === 'string' ? [nameOrOptions, options as SystemOptions] : [undefined, nameOrOptions]
    assertId(id)
    const merged =
      this.#metadata === undefined && metadata === undefined ? undefined : copyValue({ ...this.#metadata, ...metadata }, ['metadata'])
    const key = [name, id, merged]
    for (const known of this.#handles) if (equalValues(known.key, key)) return known
    const state = new SystemHandleState(this.#link, name, id, merged)
    const shared: Counted = {
      state,
      key,
      uses: 0,
      keep: () => {
        shared.uses++
        return once(() => {
          shared.uses--
          // After the current task, so that a component that is remounted at once keeps its connection.
          this.#closeUnused(shared, 0)
        })
      },
    }
    this.#handles.add(shared)
    this.#closeUnused(shared, UNUSED_TIMEOUT)
    return shared
  }

  connectSync(url: string, { token }: { token?: () => string | Promise<string> } = {}): void {
    const connect = async (): Promise<void> => {
      const text = await token?.()
      const answer = await this.#link.ask((control) => control.connectSync(url, text))
      if (!answer.ok) this.#link.showSyncError(answer.error)
    }
    this.#changeSync(connect, (thrown) => this.#link.showSyncError(errorToData(thrown)))
  }

  disconnectSync(): void {
    this.#changeSync(
      () => this.#link.ask((control) => control.disconnectSync()),
      () => undefined,
    )
  }

  /** One after the other, as they were asked for: a token may take its time. */
  #changeSync(change: () => Promise<void>, onError: (thrown: unknown) => void): void {
    this.#syncChanges = this.#syncChanges.then(change).catch(onError)
  }

  close(): void {
    for (const { state } of this.#handles) state.close()
    this.#handles.clear()
    this.#link.shutdown()
  }

  #closeUnused(shared: Counted, ms: number): void {
    this.#link.environment.clock.setTimeout(() => {
      if (shared.uses === 0 && this.#handles.delete(shared)) shared.state.close()
    }, ms)
  }
}

function assertId(id: unknown): void {
  if (typeof id !== 'string')
    throw new HomeroomError(
      'system/bad-id',
      `An instance's id must be a string, not ${id === null ? 'null' : typeof id}. Nothing was opened.`,
    )
}

function once(run: () => void): () => void {
  let isDone = false
  return () => {
    if (!isDone) run()
    isDone = true
  }
}
