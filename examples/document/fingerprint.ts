/** A short name for a list of byte arrays: two FNV-1a hashes of 32 bits, side by side, over lengths and bytes. */
export function fingerprint(parts: readonly Uint8Array[]): string {
  let low = 0x811c9dc5
  let high = 0x01000193
  const add = (byte: number) => {
    low = Math.imul(low ^ byte, 0x01000193)
    high = Math.imul(high ^ byte ^ (low >>> 24), 0x85ebca6b)
  }
  for (const part of parts) {
    for (let shift = 0; shift < 32; shift += 8) add((part.length >>> shift) & 0xff)
    for (const byte of part) add(byte)
  }
  return [high, low].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('')
}
