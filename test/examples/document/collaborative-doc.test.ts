import * as Y from 'yjs'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { World } from 'homeroom/testing'
import { fingerprint } from '../../../examples/document/fingerprint.ts'
import { documentWorld, openWriter, type Writer } from './writers.ts'

let world: World
beforeEach(() => {
  world = documentWorld()
})
afterEach(async () => {
  vi.restoreAllMocks()
  await world.close()
})

const textOf = (updates: readonly Uint8Array[]) => {
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  return doc.getText('text').toJSON()
}
const meet = async (...devices: string[]) => {
  for (const device of devices) world.network.heal(device)
  await world.settle()
  await world.clock.advance(30_000)
}
const part = async (...devices: string[]) => {
  await world.settle()
  for (const device of devices) world.network.cut(device)
  await world.settle()
}

describe('the text', () => {
  test('two tabs see each other’s letters, and the caret stays where it was', async () => {
    const ann = await openWriter(world, 'laptop')
    const bob = await openWriter(world, 'laptop')
    ann.type('one three')
    await world.settle()
    expect(bob.field.value).toBe('one three')
    bob.field.setSelectionRange(9, 9)
    ann.type('two ', 4, 4)
    await world.settle()
    expect(bob.field.value).toBe('one two three')
    expect([ann.field.selectionStart, bob.field.selectionStart]).toEqual([8, 13])
  })

  test('[Y1] two devices that write in one paragraph, offline, both keep their letters', async () => {
    const ann = await openWriter(world, 'laptop')
    const bob = await openWriter(world, 'phone')
    ann.type('The fox jumps.')
    await world.clock.advance(1_000)
    expect(bob.field.value).toBe('The fox jumps.')
    await part('laptop', 'phone')
    for (const letter of 'quick ') ann.type(letter, 4 + 'quick '.indexOf(letter), 4 + 'quick '.indexOf(letter))
    for (const letter of ' high') bob.type(letter, bob.field.value.length - 1, bob.field.value.length - 1)
    await meet('laptop', 'phone')
    expect(ann.field.value).toBe('The quick fox jumps high.')
    expect(bob.field.value).toBe('The quick fox jumps high.')
  })

  test('[S3] what was typed while no worker lived arrives, and a reload shows it', async () => {
    const ann = await openWriter(world, 'laptop')
    ann.type('before ')
    await world.settle()
    world.device('laptop').killHost()
    ann.type('after')
    await world.clock.advance(10_000)
    expect(ann.text.isUnsaved).toBe(false)
    world.device('laptop').kill()
    await world.device('laptop').restart()
    expect((await openWriter(world, 'laptop')).field.value).toBe('before after')
  })

  test('letters that cannot be stored wait in the tab, and say so', async () => {
    const ann = await openWriter(world, 'laptop')
    const empty = world.device('laptop').disk.fill()
    ann.type('kept')
    await world.clock.advance(60_000)
    expect(ann.text.isUnsaved).toBe(true)
    expect(ann.field.value).toBe('kept')
    empty()
    ann.text.retry()
    await world.clock.advance(60_000)
    expect(ann.text.isUnsaved).toBe(false)
    expect(textOf(ann.doc.updates.value)).toBe('kept')
  })

  test('undo takes back what was typed here, and leaves what others typed', async () => {
    const ann = await openWriter(world, 'laptop')
    const bob = await openWriter(world, 'laptop')
    ann.type('mine')
    await world.settle()
    bob.type(' theirs', 4, 4)
    await world.settle()
    ann.text.undo()
    await world.settle()
    expect([ann.field.value, bob.field.value]).toEqual([' theirs', ' theirs'])
    ann.text.redo()
    await world.settle()
    expect(bob.field.value).toBe('mine theirs')
    expect(ann.field.selectionStart).toBe(4)
  })

  test('undo takes back what was typed in one place, then what was typed in another', async () => {
    const { type, text, field } = await openWriter(world, 'laptop')
    for (const [at, letter] of ['t', 'o', 'p'].entries()) type(letter, at, at)
    for (const [at, letter] of ['o', 'n', ' '].entries()) type(letter, at, at)
    expect(field.value).toBe('on top')
    text.undo()
    expect(field.value).toBe('top')
    text.undo()
    expect(field.value).toBe('')
  })

  test('while a character is composed, what others type waits', async () => {
    const ann = await openWriter(world, 'laptop')
    const bob = await openWriter(world, 'laptop')
    ann.binding.compositionStarted()
    ann.type('に')
    bob.type('hello ', 0, 0)
    await world.settle()
    expect(ann.field.value).toBe('に')
    ann.type('日本', 0, 1)
    ann.binding.compositionEnded()
    await world.settle()
    expect(ann.field.value).toBe(bob.field.value)
    expect(Array.from(ann.field.value).toSorted().join('')).toBe(Array.from('hello 日本').toSorted().join(''))
  })

  test('refuses what is no update', async () => {
    const { doc } = await openWriter(world, 'laptop')
    // @ts-expect-error: a string is no bytes
    await expect(doc.append('text')).rejects.toThrow('is bytes')
    await expect(doc.append(new Uint8Array())).rejects.toThrow('is bytes')
  })

  test('bytes that no Yjs can read do no harm to the others', async () => {
    const complaints = vi.spyOn(console, 'error').mockReturnValue()
    const ann = await openWriter(world, 'laptop')
    await ann.doc.append(new Uint8Array([255, 255, 255]))
    ann.type('fine')
    await world.settle()
    expect((await openWriter(world, 'laptop')).field.value).toBe('fine')
    expect(complaints).toHaveBeenCalledTimes(2)
  })
})

describe('compaction', () => {
  const typeAll = async (writer: Writer, letters: string, device?: string) => {
    for (const letter of letters) {
      writer.type(letter, writer.field.value.length, writer.field.value.length)
      if (device === undefined) await world.settle()
      else await world.run(3)
    }
  }

  test('keeps the list short and the text whole', async () => {
    const ann = await openWriter(world, 'laptop')
    const letters = 'abcdefghij'.repeat(10)
    await typeAll(ann, letters)
    expect(ann.doc.updates.value.length).toBeLessThanOrEqual(21)
    expect(textOf(ann.doc.updates.value)).toBe(letters)
  })

  test('amid appends of two tabs loses nothing', async () => {
    const ann = await openWriter(world, 'laptop', { compactAt: 3 })
    const bob = await openWriter(world, 'laptop', { compactAt: 3 })
    await Promise.all([typeAll(ann, 'a'.repeat(60), 'laptop'), typeAll(bob, 'b'.repeat(60), 'laptop')])
    await world.settle()
    const letters = Array.from(ann.field.value).toSorted().join('')
    expect(letters).toBe('a'.repeat(60) + 'b'.repeat(60))
    expect(bob.field.value).toBe(ann.field.value)
    expect(textOf(ann.doc.updates.value)).toBe(ann.field.value)
  })

  test('[Y3] on two devices offline loses nothing when they meet', async () => {
    const ann = await openWriter(world, 'laptop', { compactAt: 5 })
    const bob = await openWriter(world, 'phone', { compactAt: 5 })
    await typeAll(ann, 'start ')
    await world.clock.advance(1_000)
    await part('laptop', 'phone')
    await typeAll(ann, 'a'.repeat(30))
    await typeAll(bob, 'b'.repeat(30))
    await meet('laptop', 'phone')
    expect(bob.field.value).toBe(ann.field.value)
    expect(Array.from(ann.field.value).filter((letter) => letter === 'a' || letter === 'b')).toHaveLength(61)
    const late = await openWriter(world, 'tablet')
    await world.clock.advance(1_000)
    expect(late.field.value).toBe(ann.field.value)
  })

  test('of other updates than stand there does nothing', async () => {
    const { doc, type } = await openWriter(world, 'laptop')
    type('text')
    await world.settle()
    const { value } = doc.updates
    const merged = Y.mergeUpdates([...value])
    expect(await doc.compact(merged, 2, fingerprint(value))).toBe(false)
    expect(await doc.compact(merged, 1, fingerprint([merged, merged]))).toBe(false)
    expect(await doc.compact(merged, 1, fingerprint(value))).toBe(true)
    expect(textOf(doc.updates.value)).toBe('text')
  })
})

describe('who is here', () => {
  const names = (writer: Writer) =>
    Object.values(writer.doc.users.value)
      .map((user) => user.name)
      .toSorted()
  const point = (writer: Writer, at: number) => writer.doc.updateCursor(writer.text.placeAt(at))

  test('[C3] of two tabs of one person, one closes, and the person is still here', async () => {
    const ann = await openWriter(world, 'laptop', { name: 'Ann' })
    const again = await openWriter(world, 'laptop', { name: 'Ann' })
    await world.settle()
    expect(names(ann)).toEqual(['Ann', 'Ann'])
    again.doc.$close()
    await world.clock.advance(1_000)
    expect(names(ann)).toEqual(['Ann'])
  })

  test('[C1] cursors vanish with their connections, also of a tab that was killed', async () => {
    const ann = await openWriter(world, 'laptop', { name: 'Ann' })
    const bob = await openWriter(world, 'laptop', { name: 'Bob' })
    const eve = await openWriter(world, 'laptop', { name: 'Eve' })
    ann.type('somewhere')
    await world.settle()
    await Promise.all([point(ann, 1), point(bob, 2), point(eve, 3)])
    expect(Object.values(ann.doc.cursors.value).map((cursor) => [cursor.name, ann.text.offsetOf(cursor.position)])).toEqual([
      ['Ann', 1],
      ['Bob', 2],
      ['Eve', 3],
    ])
    bob.doc.$close()
    eve.close()
    world.device('laptop').killTab(eve.home)
    await world.clock.advance(2_000)
    expect(names(ann)).toEqual(['Ann'])
    expect(Object.values(ann.doc.cursors.value)).toHaveLength(1)
  })

  test('[C1] also when the last tab took the worker with it', async () => {
    const ann = await openWriter(world, 'laptop', { name: 'Ann' })
    ann.type('text')
    await point(ann, 2)
    ann.close()
    world.device('laptop').kill()
    await world.device('laptop').restart()
    const bob = await openWriter(world, 'laptop', { name: 'Bob' })
    await world.settle()
    expect(names(bob)).toEqual(['Bob'])
    expect(bob.doc.cursors.value).toEqual({})
  })

  test('[C1] also of a device that closed while it was offline', async () => {
    const ann = await openWriter(world, 'laptop', { name: 'Ann' })
    const bob = await openWriter(world, 'phone', { name: 'Bob' })
    await world.clock.advance(1_000)
    await point(bob, 0)
    await world.clock.advance(1_000)
    expect(names(ann)).toEqual(['Ann', 'Bob'])
    await part('phone')
    void point(bob, 0)
    bob.doc.$close()
    await world.clock.advance(1_000)
    await meet('phone')
    expect(names(ann)).toEqual(['Ann'])
    expect(ann.doc.cursors.value).toEqual({})
  })

  test('a cursor stays with its letter while others type before it', async () => {
    const ann = await openWriter(world, 'laptop', { name: 'Ann' })
    const bob = await openWriter(world, 'laptop', { name: 'Bob' })
    ann.type('world')
    await world.settle()
    await point(ann, 2)
    bob.type('hello ', 0, 0)
    await world.settle()
    const [cursor] = Object.values(bob.doc.cursors.value)
    expect(bob.text.offsetOf(cursor!.position)).toBe(8)
  })

  test('a title is set by the last who sets it, in one line', async () => {
    const ann = await openWriter(world, 'laptop')
    await ann.doc.setTitle('  A\nday  out ')
    expect(ann.doc.title.value).toBe('A day out')
  })
})
