/** todo.txt files: bytes to lines and back, and the refusal of what is no text. */

/** A file that was not imported. `message` is for the person who dropped it: what it is, why not, what to do. */
export class FileRefused extends Error {
  override readonly name = 'FileRefused'
  constructor(
    readonly code: 'file/too-large' | 'file/empty' | 'file/utf-16' | 'file/binary' | 'file/not-utf-8',
    message: string,
  ) {
    super(message)
  }
}

export const MAX_FILE_BYTES = 5 * 1024 * 1024

/**
 * Reads a file that somebody chose or dropped.
 * @throws FileRefused
 */
export async function readTodoFile(file: File): Promise<string> {
  if (file.size > MAX_FILE_BYTES) throw tooLarge(file.size)
  return decodeTodo(new Uint8Array(await file.arrayBuffer()))
}

/**
 * The text in `bytes`: UTF-8, with or without a byte order mark.
 * @throws FileRefused
 */
export function decodeTodo(bytes: Uint8Array): string {
  if (bytes.length > MAX_FILE_BYTES) throw tooLarge(bytes.length)
  if (isUtf16(bytes))
    throw new FileRefused('file/utf-16', 'It is text in UTF-16, which todo.txt does not use. Save it as UTF-8 and import it again.')
  const kind = kindByFirstBytes(bytes)
  if (kind)
    throw new FileRefused(
      'file/binary',
      `It is ${kind}, not a list of tasks in plain text. Export a todo.txt file from your other app and import that.`,
    )
  if (bytes.includes(0))
    throw new FileRefused('file/binary', 'It holds binary data, not plain text. Choose a todo.txt file: text, one task a line.')
  const text = decodeUtf8(bytes)
  if (text.trim() === '') throw new FileRefused('file/empty', 'There is no line in it, so there is nothing to import.')
  return text
}

/** The lines of a file, whatever system it comes from; blank ones are not tasks. */
export function splitLines(text: string): string[] {
  return text.split(/\r\n|\n|\r/).filter((line) => line.trim() !== '')
}

export function joinLines(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('')
}

/**
 * A long text in parts that end where a line ends. One import becomes one commit, which carries each line twice (what
 * was asked, what came of it) and travels in one frame of 1 MiB: 5,000 lines as people write them are one part.
 */
export function inParts(text: string, maxBytes = 960_000): string[] {
  const parts: string[] = []
  let lines: string[] = []
  let bytes = 0
  for (const line of splitLines(text)) {
    const size = 2 * bytesOf(line) + BYTES_BESIDE_A_LINE
    if (bytes + size > maxBytes && lines.length > 0) {
      parts.push(joinLines(lines))
      lines = []
      bytes = 0
    }
    lines.push(line)
    bytes += size
  }
  return lines.length > 0 ? [...parts, joinLines(lines)] : parts
}

/** An id, the names of two keys, and punctuation. */
const BYTES_BESIDE_A_LINE = 36

const encoder = new TextEncoder()

function bytesOf(line: string): number {
  return encoder.encode(JSON.stringify(line)).length
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new FileRefused(
      'file/not-utf-8',
      'It is not UTF-8 text: it may be in an older encoding such as Windows-1252. Save it as UTF-8 and import it again.',
    )
  }
}

/** By its byte order mark, or because every other byte of the beginning is NUL, as with Latin letters. */
function isUtf16(bytes: Uint8Array): boolean {
  const [a, b] = bytes
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return true
  const start = bytes.subarray(0, Math.min(bytes.length & ~1, 64))
  if (start.length < 4) return false
  const nulAt = (parity: number) => start.every((byte, i) => (i % 2 === parity) === (byte === 0))
  return nulAt(0) || nulAt(1)
}

const FIRST_BYTES: readonly (readonly [string, string])[] = [
  ['a PNG image', '\x89PNG'],
  ['a JPEG image', '\xff\xd8\xff'],
  ['a GIF image', 'GIF8'],
  ['a PDF document', '%PDF-'],
  ['a ZIP archive or an Office document', 'PK\x03\x04'],
  ['a gzip archive', '\x1f\x8b'],
  ['an SQLite database', 'SQLite format 3\0'],
  ['a rich text document', '{\\rtf'],
]

function kindByFirstBytes(bytes: Uint8Array): string | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 16))
  return FIRST_BYTES.find(([, magic]) => start.startsWith(magic))?.[0]
}

function tooLarge(bytes: number): FileRefused {
  const size = (bytes / 1024 / 1024).toFixed(1)
  return new FileRefused(
    'file/too-large',
    `It is ${size} MB; up to ${MAX_FILE_BYTES / 1024 / 1024} MB can be imported at once. Split it and import the parts one after the other.`,
  )
}
