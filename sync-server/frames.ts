/** Frames from devices, checked: what leaves here is a message of the protocol, whatever came in. */
import * as z from 'zod'
import { instanceHash } from '../lib/protocol/digest.ts'
import { PRESENCE_LIMITS } from '../lib/protocol/presence.ts'
import type { ClientMessage, HelloMessage } from '../lib/protocol/sync-messages.ts'
import { decode } from '../lib/protocol/wire.ts'
import { commit, count, key, nameOf } from './commit-shape.ts'

const id = z.string().regex(/^[\w-]{1,64}$/)
const instance = z.string().regex(/^[\w-]{43}$/)

const hello = z.strictObject({
  type: z.literal('hello'),
  protocol: count,
  device: id,
  session: count,
  token: z.exactOptional(z.string().max(16_384)),
})

const open = z
  .strictObject({
    type: z.literal('open'),
    instance,
    system: nameOf(256),
    id: nameOf(256),
    cursor: z.exactOptional(z.strictObject({ log: id, offset: count })),
  })
  // Rights are asked for by name, logs are found by hash: a hash of another name would open a door with the wrong key.
  .refine((message) => message.instance === instanceHash(message.system, message.id))

const push = z.strictObject({
  type: z.literal('push'),
  instance,
  push: count,
  log: z.exactOptional(id),
  base: count,
  after: key.extend({ ops: instance }).nullable(),
  commits: z.array(commit).min(1),
})

const close = z.strictObject({ type: z.literal('close'), instance })
const connectionId = nameOf(PRESENCE_LIMITS.connectionId)

const presence = z.strictObject({
  type: z.literal('presence'),
  instance,
  connections: z
    .array(z.strictObject({ id: connectionId, metadata: z.exactOptional(z.unknown()), value: z.exactOptional(z.unknown()) }))
    .refine((connections) => new Set(connections.map((connection) => connection.id)).size === connections.length),
})
const show = z.strictObject({
  type: z.literal('show'),
  instance,
  values: z.array(z.strictObject({ id: connectionId, value: z.exactOptional(z.unknown()) })).min(1),
})
const ended = z.strictObject({ type: z.literal('ended'), instance, device: id })
const ping = z.strictObject({ type: z.literal('ping') })
const message: z.ZodType<ClientMessage> = z.discriminatedUnion('type', [hello, open, push, close, presence, show, ended, ping])

export type ParsedFrame =
  | { readonly message: ClientMessage }
  /** No message. `instance` is whom it seems to be about, where that can be told. */
  | { readonly message: undefined; readonly instance?: string }

export function parseFrame(text: string, maxNodes: number): ParsedFrame {
  const value = decodeOrNothing(text)
  if (hasMoreNodes(value, maxNodes)) return { message: undefined }
  const parsed = message.safeParse(value)
  if (parsed.success) return { message: parsed.data }
  const about = instance.safeParse((value as { instance?: unknown } | null | undefined)?.instance)
  return about.success ? { message: undefined, instance: about.data } : { message: undefined }
}

/** The instance that a frame names, as far as can be told without reading it. */
export function instanceNamedIn(text: string): string | undefined {
  return /^\{"type":"(?:open|push|presence)","instance":"([\w-]{43})"/.exec(text)?.[1]
}

export function parseHello(text: string): HelloMessage | undefined {
  return hello.safeParse(decodeOrNothing(text)).data
}

/** `decode` refuses what is nested too deep before anything recursive sees it, and keys that reach prototypes. */
function decodeOrNothing(text: string): unknown {
  try {
    return decode(text)
  } catch {
    return undefined
  }
}

function hasMoreNodes(value: unknown, max: number): boolean {
  let nodes = 0
  const pending: Iterable<unknown>[] = [[value]]
  for (let items = pending.pop(); items !== undefined; items = pending.pop()) {
    for (const item of items) {
      if (++nodes > max) return true
      if (typeof item === 'object' && item !== null && !(item instanceof Uint8Array)) pending.push(itemsOf(item))
    }
  }
  return false
}

function itemsOf(container: object): Iterable<unknown> {
  if (container instanceof Map) return container.values()
  return Array.isArray(container) || container instanceof Set ? container : Object.values(container)
}
