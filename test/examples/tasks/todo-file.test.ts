import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { realLookingLines } from '../../../examples/tasks/fixtures/real-looking-lines.ts'
import { decodeTodo, FileRefused, inParts, joinLines, MAX_FILE_BYTES, readTodoFile, splitLines } from '../../../examples/tasks/todo-file.ts'

const bytes = (text: string, encoding: BufferEncoding = 'utf8') => new Uint8Array(Buffer.from(text, encoding))

describe('a file that is text', () => {
  test.each([
    ['LF', 'one\ntwo\n'],
    ['CRLF', 'one\r\ntwo\r\n'],
    ['CR', 'one\rtwo'],
    ['a byte order mark', '\uFEFFone\ntwo'],
    ['blank lines', '\n\none\n   \n\ttwo'.replace('\t', '')],
  ])('is read line by line: %s', (_name, text) => {
    expect(splitLines(decodeTodo(bytes(text)))).toEqual(['one', 'two'])
  })

  test('keeps every character of a line, spaces at its ends too', () => {
    expect(splitLines(decodeTodo(bytes('  (A) Call Mom @phone \r\nÄpfel – 確認 🍏\tx\n')))).toEqual([
      '  (A) Call Mom @phone ',
      'Äpfel – 確認 🍏\tx',
    ])
  })

  test('comes back from its export as it was', () => {
    const lines = realLookingLines(5000)
    expect(splitLines(decodeTodo(bytes(joinLines(lines))))).toEqual(lines)
  })
})

describe('a file that is no todo.txt is refused with a reason', () => {
  test.each([
    ['a PNG', bytes('\x89PNG\r\n\x1a\n\0\0\0\rIHDR', 'latin1'), 'file/binary', 'a PNG image'],
    ['a JPEG', bytes('\xff\xd8\xff\xe0\0\x10JFIF', 'latin1'), 'file/binary', 'a JPEG image'],
    ['a PDF', bytes('%PDF-1.7\n'), 'file/binary', 'a PDF document'],
    ['a Word document', bytes('PK\x03\x04\x14\0', 'latin1'), 'file/binary', 'ZIP archive or an Office document'],
    ['NUL among the letters', bytes('Call\0Mom and more text'), 'file/binary', 'binary data'],
    ['UTF-16 with a mark', bytes('\uFEFFCall Mom', 'utf16le'), 'file/utf-16', 'UTF-16'],
    ['UTF-16 without a mark', bytes('Call Mom', 'utf16le'), 'file/utf-16', 'UTF-16'],
    ['UTF-16, big-endian', bytes('Call Mom', 'utf16le').map((_, i, all) => all[i ^ 1]!), 'file/utf-16', 'UTF-16'],
    ['Windows-1252', bytes('caf\xe9 and cr\xe8me', 'latin1'), 'file/not-utf-8', 'Windows-1252'],
    ['nothing', bytes(''), 'file/empty', 'no line'],
    ['only blank lines', bytes(' \n\r\n'), 'file/empty', 'no line'],
    ['too much', new Uint8Array(MAX_FILE_BYTES + 1).fill(65), 'file/too-large', '5.0 MB'],
  ])('%s', (_name, content, code, why) => {
    expect(refusalOf(content)).toMatchObject({ code, message: expect.stringContaining(why) })
  })

  test('before it is read, if it is too large', async () => {
    const file = { size: 2 ** 40, arrayBuffer: () => Promise.reject(new Error('read anyway')) } as unknown as File
    await expect(readTodoFile(file)).rejects.toMatchObject({ code: 'file/too-large' })
  })

  test('and any other bytes are text or refused, never a crash', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (content) => {
        const refusal = refusalOf(content)
        if (refusal) expect(refusal.message.length).toBeGreaterThan(20)
      }),
    )
  })
})

describe('a long text in parts', () => {
  test('is one part at 5,000 real-looking lines', () => {
    expect(inParts(joinLines(realLookingLines(5000)))).toHaveLength(1)
  })

  test('has all lines in order, none above the size unless it is one line', () => {
    const line = fc.string({ minLength: 1 }).filter((text) => splitLines(text)[0] === text)
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const parts = inParts(joinLines(lines), 200)
        expect(parts.flatMap(splitLines)).toEqual(lines)
        for (const part of parts) expect(splitLines(part).length === 1 || part.length < 200).toBe(true)
      }),
    )
  })
})

function refusalOf(content: Uint8Array): FileRefused | undefined {
  try {
    decodeTodo(content)
    return undefined
  } catch (error) {
    if (error instanceof FileRefused) return error
    throw error
  }
}
