/** Digests of values: equal values in equal order have equal digests, on every device and in the server. */
import { sha256 } from '@noble/hashes/sha2.js'
import { utf8ToBytes } from '@noble/hashes/utils.js'
import { encode } from './wire.ts'

/** SHA-256 of the encoded value, as base64url without padding (43 characters). */
export function digest(value: unknown): string {
  return digestText(encode(value))
}

export function digestText(text: string): string {
  return btoa(String.fromCharCode(...sha256(utf8ToBytes(text))))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}

/** What names an instance on the wire and in engines: any string may be an id, so its hash stands for it (rule V1). */
export function instanceHash(system: string, id: string): string {
  return digest([system, id])
}
