/** One turn: an action runs on a draft of the state and leaves a commit's worth of changes, or nothing (rule A2). */
import type { Clock } from '../../lib/protocol/environment.ts'
import { type ErrorData, errorToData, HomeroomError } from '../../lib/protocol/errors.ts'
import type { Footprint } from '../../lib/protocol/footprint.ts'
import type { Op, State } from '../../lib/protocol/ops.ts'
import { seededRandom, uuidFrom } from '../../lib/protocol/random.ts'
import type { StreamEvent } from '../../lib/protocol/stream-record.ts'
import { copyValue } from '../../lib/protocol/value.ts'
import { type AgenticSystem, attachContext, type Connection, type Turn } from '../../lib/system/agentic-system.ts'
import type { StreamCell } from '../../lib/system/stream.ts'
import type { DescribedSystem } from '../../lib/system/describe-system.ts'
import { diff } from './diff.ts'
import { TurnDraft } from './draft.ts'
import type { Step, Steps } from './ledger.ts'
import { StepTaker } from './steps.ts'

/** What a turn depends on besides the state. The same call on the same state gives the same outcome. */
export interface TurnCall {
  readonly method: string
  readonly args: readonly unknown[]
  readonly now: number
  readonly seed: string
  readonly connection?: Connection
  readonly connections?: readonly Connection[]
  /** Steps that the call has taken before. */
  readonly steps?: Steps
}

/** What a turn meets while it runs. */
export interface TurnSurroundings {
  /** Without one the turn has all the time it wants. */
  readonly clock?: Clock
  /** Aborted where the caller has lost interest; the action is free to go on. */
  readonly signal?: AbortSignal
  /** Told at once of everything that a stream of the state does. */
  onStream?(stream: StreamCell, event: StreamEvent): void
  /** Keeps what a step has done; resolves once it is stored. */
  onStep?(key: string, step: Step): Promise<void>
  /** If the turn throws: what ends the streams that it had touched, as errors with their values so far (rule A2). */
  onFailed?(ops: readonly Op[]): void
}

export interface TurnOutcome extends Footprint {
  readonly ops: readonly Op[]
  readonly value: unknown
  /** Whether it did anything with a stream: then it is never run again (rule Y3). */
  readonly usedStreams: boolean
  /** Whether it looked at who is connected: then that is an input of the call, to be kept with it. */
  readonly usedConnections: boolean
}

/** An action that takes longer is rolled back, unless it says otherwise (rule Q6). */
const TIMEOUT = 30_000

/**
 * Runs one method of a system on a state, which stays as it is.
 * @throws whatever the method throws, `value/unsupported` for a result or a field that is no value, `action/timeout`
 */
export function runTurn(
  system: DescribedSystem,
  id: string,
  state: State,
  call: TurnCall,
  surroundings: TurnSurroundings = {},
): Promise<TurnOutcome> {
  return runInTurn(system, id, state, call, surroundings, (self) => {
    const method = (self as unknown as Record<string, (...args: unknown[]) => unknown>)[call.method] as (...args: unknown[]) => unknown
    return method.apply(self, copyValue(call.args, ['arguments']) as unknown[])
  })
}

/** Runs `body` as a turn: given an object of the class, and the state as a whole. */
export async function runInTurn(
  system: DescribedSystem,
  id: string,
  state: State,
  call: TurnCall,
  surroundings: TurnSurroundings,
  body: (self: AgenticSystem, root: Record<string, unknown>) => unknown,
): Promise<TurnOutcome> {
  const names = seededRandom(`${call.seed} streams`)
  const life = new Life(surroundings, call.method, system.options.get(call.method)?.timeoutMs ?? TIMEOUT)
  const draft = new TurnDraft(
    state,
    (stream, event) => (life.touch(), surroundings.onStream?.(stream, event)),
    () => uuidFrom(names),
  )
  const steps = new StepTaker(draft, call.steps ?? {}, surroundings)
  try {
    const self = bindFields(system, draft)
    let usedConnections = false
    const connections = (): readonly Connection[] => ((usedConnections = true), call.connections ?? [])
    attachContext(self, { id, connections, turn: makeTurn(call, life, (name, run) => steps.take(name, run)) })
    const returned: unknown = body(self, draft.root)
    const value = copyValue(isThenable(returned) ? await life.outlast(returned) : returned, ['result'])
    const usedStreams = draft.streams.length > 0
    const { next, settle } = draft.finish()
    return { value, usedStreams, usedConnections, ops: diff(state, next, draft.trace, settle), ...draft.trace.footprint() }
  } catch (thrown) {
    surroundings.onFailed?.(endStreams(draft, errorToData(thrown)))
    throw thrown
  } finally {
    life.end()
    draft.discard()
  }
}

/** The time that a turn has. Streams count as life (rule Q6). */
class Life {
  readonly #surroundings: TurnSurroundings
  readonly #clock: Clock | undefined
  readonly #action: string
  readonly #timeoutMs: number
  #cancelTimer: () => void = () => undefined
  #expire: ((error: unknown) => void) | undefined
  /** Made when the action asks for its signal: most never do. */
  #aborter: AbortController | undefined
  #unfollow: () => void = () => undefined
  #timeout: HomeroomError | undefined

  constructor(surroundings: TurnSurroundings, action: string, timeoutMs: number) {
    this.#clock = surroundings.clock
    this.#action = action
    this.#timeoutMs = timeoutMs
    this.#surroundings = surroundings
  }

  get signal(): AbortSignal {
    if (this.#aborter === undefined) this.#follow((this.#aborter = new AbortController()))
    return this.#aborter.signal
  }

  /** What the promise settles to, unless the time runs out before. */
  outlast<T>(promise: PromiseLike<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#expire = reject
      this.touch()
      promise.then(resolve, reject)
    })
  }

  touch(): void {
    if (this.#expire === undefined || this.#clock === undefined) return
    this.#cancelTimer()
    this.#cancelTimer = this.#clock.setTimeout(() => this.#timeOut(), this.#timeoutMs)
  }

  end(): void {
    this.#expire = undefined
    this.#cancelTimer()
    this.#unfollow()
  }

  #timeOut(): void {
    const error = new HomeroomError(
      'action/timeout',
      `${this.#action} took longer than ${this.#timeoutMs} ms, so it was rolled back. Give it more time by @action({ timeoutMs }), or do less in one action.`,
    )
    this.#timeout = error
    this.#aborter?.abort(error)
    this.#expire?.(error)
  }

  #follow(aborter: AbortController): void {
    const outer = this.#surroundings.signal
    if (this.#timeout !== undefined) aborter.abort(this.#timeout)
    if (outer === undefined) return
    const abort = (): void => aborter.abort(outer.reason)
    if (outer.aborted) return abort()
    outer.addEventListener('abort', abort)
    this.#unfollow = () => outer.removeEventListener('abort', abort)
  }
}

/** A new object of the class whose fields are those of the draft (rule A6). */
function bindFields(system: DescribedSystem, draft: TurnDraft): AgenticSystem {
  const self = new system.Class()
  for (const field of system.fields) {
    Object.defineProperty(self, field, {
      enumerable: true,
      // A field can be assigned, not deleted or defined anew: that would leave the state unnoticed.
      configurable: false,
      get: () => draft.root[field],
      set: (value: unknown) => {
        draft.root[field] = value
      },
    })
  }
  return self
}

function makeTurn(call: TurnCall, life: { readonly signal: AbortSignal }, step: Turn['step']): Turn {
  const random = seededRandom(call.seed)
  return {
    connection: call.connection,
    get signal() {
      return life.signal
    },
    now: () => call.now,
    random,
    uuid: () => uuidFrom(random),
    step,
  }
}

/** Streams that were open when their turn threw end as errors, with their values so far (rule A2). */
function endStreams(draft: TurnDraft, error: ErrorData): Op[] {
  return draft.streams.flatMap(({ path, record: { current, status, ...rest } }) => {
    const ended = status === 'idle' || status === 'streaming' ? { ...rest, current, status: 'error', error } : { ...rest, current, status }
    return [['set', path, ended] as const]
  })
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
}

/** @throws HomeroomError `action/unknown` unless the name is that of a marked method (rule A1) */
export function assertAction(system: DescribedSystem, action: string): void {
  if (system.options.has(action)) return
  const known = system.actions.join(', ') || 'none'
  throw new HomeroomError(
    'action/unknown',
    `${system.name} has no action named ${JSON.stringify(action.slice(0, 80))}; nothing was run. Its actions are: ${known}. Mark a method with @action() to add it.`,
  )
}
