/** The shapes of commits, operations and footprints, as strict as they can be without the app's code (rule V1). */
import * as z from 'zod'
import type { Commit } from '../lib/protocol/commit.ts'
import type { Read, Write } from '../lib/protocol/footprint.ts'
import type { Op } from '../lib/protocol/ops.ts'
import { FORBIDDEN_KEYS, type Path, type Segment } from '../lib/protocol/path.ts'
import { MAX_DEPTH, isPrimitive } from '../lib/protocol/value.ts'

// eslint-disable-next-line no-control-regex
const CONTROL_CHARACTERS = /[\u0000-\u001f\u007f-\u009f]/
const encoder = new TextEncoder()

/** A name that people or programs chose: any characters but control characters, at most `maxBytes` of UTF-8. */
export function nameOf(maxBytes: number): z.ZodType<string> {
  return z
    .string()
    .max(maxBytes)
    .refine((text) => !CONTROL_CHARACTERS.test(text) && encoder.encode(text).length <= maxBytes)
}

export const count = z.int().min(0)
const segments = z.custom<Segment[]>((value) => Array.isArray(value) && value.every(isPrimitive))
const values = z.array(z.unknown())

/** Where footprints point. Parts that reach prototypes in careless code are refused, as Map keys too. */
const place = z.custom<Path>(isPath)
/** Where operations change something: a field, or below one. */
const path = z.custom<Path>((value) => isPath(value) && typeof (value as Path)[0] === 'string')

function isPath(value: unknown): boolean {
  if (!Array.isArray(value) || value.length > MAX_DEPTH + 1) return false
  return value.every((segment) => isPrimitive(segment) && !(typeof segment === 'string' && FORBIDDEN_KEYS.has(segment)))
}

const op: z.ZodType<Op> = z.union([
  z.tuple([z.literal('set'), path, z.unknown()]),
  z.tuple([z.literal('delete'), path]),
  z.tuple([z.literal('insert'), path, count, values]),
  z.tuple([z.literal('remove'), path, count, count]),
  z.tuple([z.literal('increment'), path, z.number()]),
  z.tuple([z.literal('append'), path, z.union([z.string(), values])]),
  z.tuple([z.literal(['set-add', 'set-delete']), path, segments]),
])
const read: z.ZodType<Read> = z.tuple([z.literal(['value', 'node', 'keys', 'has']), place])
const write: z.ZodType<Write> = z.tuple([z.literal(['add', 'remove', 'replace', 'increment', 'append']), place])

/** A random id, or the derived key of a commit that any device may make, such as `field:tasks`. */
const boot = nameOf(300).refine((text) => text !== '' && !FORBIDDEN_KEYS.has(text))
export const key = z.strictObject({ boot, n: count })

export const commit: z.ZodType<Commit> = z.strictObject({
  boot,
  n: count,
  call: nameOf(300),
  prev: key.nullable(),
  base: count,
  version: count,
  action: z.exactOptional(nameOf(256)),
  args: z.exactOptional(values),
  ops: z.array(op),
  reads: z.array(read),
  writes: z.array(write),
  at: z.number(),
  connection: z.exactOptional(nameOf(300)),
})
