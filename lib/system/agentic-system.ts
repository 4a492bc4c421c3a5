/** The base of an app's classes, and what a turn hands to them. */
import { HomeroomError } from '../protocol/errors.ts'

/** Data that a tab attaches to its connections. Never in the log, never shown to other tabs unless a turn stores it. */
// oxlint-disable-next-line typescript/no-explicit-any -- the app's own shape; the seed's code reads members of it unchecked
export type Metadata = Record<string, any>

/** One handle's attachment to one instance. */
export interface Connection {
  readonly id: string
  /** Random id of the device's store. */
  readonly device: string
  readonly metadata: Metadata | undefined
}

/** The action being run: who calls, and time and chance that are the same on every replay (rule Q3). */
export interface Turn {
  /** Whose call this is; `undefined` in hooks that no tab called for. */
  readonly connection: Connection | undefined
  /** Aborted when the call is cancelled or out of time. */
  readonly signal: AbortSignal
  /** Milliseconds since 1970 when the call was made, by the tab's clock. */
  now(): number
  /** The next number in [0, 1) of a sequence that belongs to the call. */
  random(): number
  /** The next UUID of a sequence that belongs to the call. */
  uuid(): string
  /**
   * An effect on the world outside, such as a request: `run` is run at least once, and never again once its result is
   * stored. Later runs of the call, after a rebase or the death of the worker, get that result. The k-th use of a name is
   * a step of its own. Fields cannot be changed by `run`; change them with what it answers.
   */
  step<T>(name: string, run: () => T | Promise<T>): Promise<T>
}

/** What `AgenticSystem`'s own members answer during a turn. */
export interface TurnContext {
  readonly id: string
  connections(): readonly Connection[]
  readonly turn: Turn
}

const contexts = new WeakMap<AgenticSystem, TurnContext>()

/** Gives an instance, made for one turn, what belongs to that turn. */
export function attachContext(system: AgenticSystem, context: TurnContext): void {
  contexts.set(system, context)
}

/**
 * The base class of systems. Mark fields with `@field` and methods that tabs may call with `@action()`. The host makes
 * a new object for each turn, so constructors must be pure, and only fields last from turn to turn (rule A6).
 */
export abstract class AgenticSystem {
  /** The id the instance was opened with. @throws HomeroomError `turn/none` in a constructor or field initializer */
  get id(): string {
    return contextOf(this, 'id').id
  }

  /** The connections present now, on every device. An input of the call, not state. */
  get connections(): readonly Connection[] {
    return contextOf(this, 'connections').connections()
  }

  protected get turn(): Turn {
    return contextOf(this, 'turn').turn
  }
}

/** Hooks that a system may have. `onCreate` runs once, in the turn that begins the log (rule Y11). */
export interface SystemHooks {
  onCreate?(): void | Promise<void>
  onConnect?(connection: Connection): void | Promise<void>
  onDisconnect?(connection: Connection): void | Promise<void>
}

/** What a class may say about itself as a whole. Plain JavaScript names its fields and actions here. */
export interface SystemStatics {
  /** A whole number that grows when the fields change their meaning. Default 1. */
  readonly version?: number
  /**
   * Brings a state written by version `from` up to `version`, in a turn of its own: all of it or nothing. Change `state`,
   * or answer another one.
   */
  // oxlint-disable-next-line typescript/no-explicit-any -- an older build's fields, which no type here knows
  migrate?(state: any, from: number): any
  readonly fields?: readonly string[]
  readonly actions?: readonly string[]
}

/** A class to serve. Its constructor takes no arguments. */
export type SystemClass = (abstract new () => AgenticSystem) & SystemStatics

function contextOf(system: AgenticSystem, member: string): TurnContext {
  const context = contexts.get(system)
  if (context !== undefined) return context
  throw new HomeroomError(
    'turn/none',
    `\`this.${member}\` was read outside a turn, in a constructor or a field initializer. Read it in an action or in onCreate.`,
  )
}
