/** What comes from a port is checked before anything of it is used: a page may run another build, or anybody's script. */
import type { Endpoint } from 'comlink'
import { HomeroomError } from '../../lib/protocol/errors.ts'
import type { CallMessage } from '../../lib/protocol/port-messages.ts'
import { isPlainObject } from '../../lib/protocol/value.ts'

/** The endpoint with everything held back but calls of these methods: Comlink would follow any path, up to constructors. */
export function guardEndpoint(endpoint: Endpoint, methods: ReadonlySet<string>): Endpoint {
  const guarded = new Map<unknown, (event: Event) => void>()
  return {
    postMessage: (message, transfer) => endpoint.postMessage(message, transfer),
    start: () => endpoint.start?.(),
    addEventListener(type, listener) {
      const guard = (event: Event): void => {
        if (!isCallOf(methods, (event as MessageEvent).data)) return
        if (typeof listener === 'function') listener(event)
        else listener.handleEvent(event)
      }
      guarded.set(listener, guard)
      endpoint.addEventListener(type, guard)
    },
    removeEventListener(type, listener) {
      const guard = guarded.get(listener)
      if (guard !== undefined) endpoint.removeEventListener(type, guard)
    },
  }
}

function isCallOf(methods: ReadonlySet<string>, message: unknown): boolean {
  if (!isPlainObject(message) || message['type'] !== 'APPLY') return false
  const { path, argumentList } = message
  if (!Array.isArray(path) || path.length !== 1 || !methods.has(path[0] as string)) return false
  return Array.isArray(argumentList) && argumentList.every((argument) => isPlainObject(argument) && argument['type'] === 'RAW')
}

/** @throws HomeroomError `host/bad-message` */
export function assertTab(tab: unknown, feed: unknown): void {
  const isPort = typeof (feed as { postMessage?: unknown } | undefined)?.postMessage === 'function'
  if (isPort && typeof tab === 'string' && /^[\w-]{1,64}$/.test(tab)) return
  throw new HomeroomError(
    'host/bad-message',
    'A tab must give a name and a port with its hello. Nothing was opened. Use the library in the page.',
  )
}

/**
 * The calls that carry an id of that tab; what has none cannot even be answered. Values in the arguments are checked by
 * the turn.
 */
export function callsOf(tab: string, calls: unknown): CallMessage[] {
  if (!Array.isArray(calls)) return []
  return calls.filter((call): call is CallMessage => isPlainObject(call) && typeof call['id'] === 'string' && isIdOf(tab, call['id']))
}

function isIdOf(tab: string, id: string): boolean {
  return id.startsWith(`${tab}.`) && /^\d{1,16}$/.test(id.slice(tab.length + 1))
}

export function isCall({ action, args, now, group }: CallMessage): boolean {
  return typeof action === 'string' && Array.isArray(args) && Number.isFinite(now) && (group === undefined || typeof group === 'string')
}

/** @throws HomeroomError `call/malformed` */
export function assertCall(call: CallMessage): void {
  if (isCall(call)) return
  throw new HomeroomError(
    'call/malformed',
    'A call must have the name of an action, an array of arguments and the time when it was made. Nothing was run. Use the library in the page.',
  )
}
