/** Errors that can happen in use: each has a stable `code`, and crosses ports and sockets as plain data. */

/** An error of this library. `message` says what happened, why it is refused, and what to do about it. */
export class HomeroomError extends Error {
  override readonly name: string = 'HomeroomError'
  /** Stable and machine-readable, such as `'value/unsupported'`. */
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

/** Thrown to code that goes on after its turn has ended; nothing it does has an effect. */
export class TurnEndedError extends HomeroomError {
  override readonly name = 'TurnEndedError'
  constructor(what: string) {
    super('turn/ended', `${what} after its turn had ended. Nothing was changed. Await everything that an action starts before it returns.`)
  }
}

/** An error as it crosses a port, a socket or a store. Never carries a stack: it may come from another device. */
export interface ErrorData {
  readonly name: string
  readonly message: string
  readonly code?: string
  readonly cause?: ErrorData
}

/** How many causes of causes are kept: longer chains are cut, so that a hostile or cyclic one ends. */
const MAX_CAUSES = 8

/** What was thrown, whatever it was, as data. */
export function errorToData(thrown: unknown, depth = 0): ErrorData {
  if (!(thrown instanceof Error)) return { name: 'Error', message: describeThrown(thrown) }
  const code = memberOf(thrown, 'code')
  const cause = memberOf(thrown, 'cause')
  return {
    name: asText(memberOf(thrown, 'name')),
    message: asText(memberOf(thrown, 'message')),
    ...(typeof code === 'string' ? { code } : {}),
    ...(cause !== undefined && depth < MAX_CAUSES ? { cause: errorToData(cause, depth + 1) } : {}),
  }
}

/** An `Error` with the name, message, code and causes that `data` has. Ours come back as `HomeroomError`. */
export function errorFromData(data: ErrorData): Error {
  const options = data.cause === undefined ? undefined : { cause: errorFromData(data.cause) }
  const error = data.code === undefined ? new Error(data.message, options) : new HomeroomError(data.code, data.message, options)
  if (error.name !== data.name) Object.defineProperty(error, 'name', { value: data.name, configurable: true, writable: true })
  return error
}

/** A broken invariant: never caught and carried on from. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new Error(`Invariant broken: ${message}`)
}

/** Errors are thrown by code of the app, which may have put anything there, a getter that throws included. */
function memberOf(error: Error, key: string): unknown {
  try {
    return (error as unknown as Record<string, unknown>)[key]
  } catch {
    return undefined
  }
}

function describeThrown(thrown: unknown): string {
  if (typeof thrown === 'string') return thrown
  try {
    return `Thrown: ${JSON.stringify(thrown) ?? asText(thrown)}`
  } catch {
    return `Thrown: ${asText(thrown)}`
  }
}

function asText(value: unknown): string {
  try {
    return String(value)
  } catch {
    return 'a value that cannot be described'
  }
}
