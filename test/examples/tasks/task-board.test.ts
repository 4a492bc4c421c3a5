import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createWorld, type World } from 'homeroom/testing'
import type { SystemHandle } from 'homeroom'
import { realLookingLines } from '../../../examples/tasks/fixtures/real-looking-lines.ts'
import { TaskBoard } from '../../../examples/tasks/systems.ts'
import { joinLines } from '../../../examples/tasks/todo-file.ts'

type Board = SystemHandle<TaskBoard>

let world: World
beforeEach(() => {
  world = createWorld({ systems: { TaskBoard } })
})
afterEach(() => world.close())

async function open(device: string): Promise<Board> {
  const home = world.device(device).tab()
  await home.ready
  const board = home.system<TaskBoard>({ id: 'home' })
  await board.$ready
  return board
}

const lines = (board: Board) => board.tasks.value.map((task) => task.line)
const idOf = (board: Board, line: string) => board.tasks.value.find((task) => task.line === line)!.id

async function boardWith(...imported: string[]): Promise<Board> {
  const board = await open('laptop')
  await board.importTodo(joinLines(imported))
  return board
}

describe('one device', () => {
  test('adds on top, imports below, and keeps imported lines as they are', async () => {
    const board = await boardWith('(a) odd  ', ' b', 'x')
    await board.addTask('2026-01-01 new')
    expect(lines(board)).toEqual(['2026-01-01 new', '(a) odd  ', ' b', 'x'])
  })

  test('imports 5,000 lines as one action, and takes them back', async () => {
    const board = await boardWith('mine')
    const imported = realLookingLines(5000)
    const { batch, added } = await board.importTodo(joinLines(imported))
    expect(added).toBe(5000)
    expect(lines(board)).toEqual(['mine', ...imported])
    expect(new Set(board.tasks.value.map((task) => task.id)).size).toBe(5001)
    await board.takeBackImport([batch])
    expect(lines(board)).toEqual(['mine'])
  })

  test('completes, edits and reopens a line without touching the others', async () => {
    const board = await boardWith('(A) 2026-01-01 one +p', 'two')
    const before = board.tasks.value[1]
    const id = board.tasks.value[0]!.id
    await board.complete(id, true)
    expect(lines(board)[0]).toMatch(/^x \d{4}-\d\d-\d\d 2026-01-01 one \+p pri:A$/)
    await board.complete(id, false)
    await board.edit(id, '(B) uno +p')
    expect(lines(board)[0]).toBe('(B) 2026-01-01 uno +p')
    await board.setPriority(id, null)
    expect(lines(board)[0]).toBe('2026-01-01 uno +p')
    expect(board.tasks.value[1]).toBe(before)
  })

  test.each([
    ['before another', 'c', 'a', ['c', 'a', 'b', 'd']],
    ['before the next but one', 'a', 'c', ['b', 'a', 'c', 'd']],
    ['last', 'a', null, ['b', 'c', 'd', 'a']],
    ['where it is', 'b', 'c', ['a', 'b', 'c', 'd']],
  ])('moves a task %s', async (_where, what, before, after) => {
    const board = await boardWith('a', 'b', 'c', 'd')
    await board.move(idOf(board, what), before === null ? null : idOf(board, before))
    expect(lines(board)).toEqual(after)
  })

  test('brings a removed task back to its place', async () => {
    const board = await boardWith('a', 'b', 'c')
    const removed = await board.remove(idOf(board, 'b'))
    expect(lines(board)).toEqual(['a', 'c'])
    await board.restore([removed!])
    await board.restore([removed!])
    expect(lines(board)).toEqual(['a', 'b', 'c'])
  })

  test('clears what is done, and brings all of it back in order', async () => {
    const all = ['x 1', 'a', 'x 2', 'x 3', 'b', 'x 4']
    const board = await boardWith(...all)
    const removed = await board.clearDone()
    expect(lines(board)).toEqual(['a', 'b'])
    await board.restore(removed)
    expect(lines(board)).toEqual(all)
  })

  test('says what became of a task that is gone, and removing it again is fine', async () => {
    const board = await boardWith('a')
    const id = idOf(board, 'a')
    await board.remove(id)
    await expect(board.edit(id, 'b')).rejects.toThrow('The task could not be edited: it was deleted')
    expect(await board.remove(id)).toBeNull()
  })

  test('refuses a task without text', async () => {
    const board = await open('laptop')
    await expect(board.addTask('  ')).rejects.toThrow('A task needs some text')
    expect(lines(board)).toEqual([])
  })
})

describe('two devices, both offline for a while', () => {
  let laptop: Board
  let phone: Board
  beforeEach(async () => {
    laptop = await boardWith('a', 'b', 'c', 'd')
    phone = await open('phone')
    await world.settle()
    world.network.cut('laptop')
    world.network.cut('phone')
    await world.settle()
  })
  const meet = async () => {
    world.network.heal('laptop')
    world.network.heal('phone')
    await world.settle()
    await world.clock.advance(30_000)
    expect(lines(phone)).toEqual(lines(laptop))
  }

  test('count 100 rounds each: 200', async () => {
    for (let i = 0; i < 100; i++) await Promise.all([laptop.countRound(), phone.countRound()])
    await meet()
    expect([laptop.rounds.value, phone.rounds.value]).toEqual([200, 200])
  })

  test('complete and edit the same task: it is edited and done', async () => {
    await laptop.complete(idOf(laptop, 'b'))
    await phone.edit(idOf(phone, 'b'), 'bee')
    await meet()
    expect(lines(laptop)[1]).toMatch(/^x \d{4}-\d\d-\d\d bee$/)
  })

  test('move a task before one that the other deleted: it goes behind the one before', async () => {
    const [, b, c, d] = laptop.tasks.value.map((task) => task.id)
    await laptop.remove(c!)
    await phone.move(d!, c!, b)
    await phone.addTask('2026-01-01 e')
    await meet()
    expect(lines(laptop)).toEqual(['2026-01-01 e', 'a', 'b', 'd'])
  })

  test('edit a task that the other deleted: the edit is rejected with its text', async () => {
    const home = world.device('phone').tab()
    const id = idOf(laptop, 'b')
    await laptop.remove(id)
    world.network.heal('laptop')
    await world.clock.advance(30_000)
    await phone.edit(id, 'kept among the rejected')
    await meet()
    expect(lines(laptop)).toEqual(['a', 'c', 'd'])
    expect(home.rejected.value).toMatchObject([
      { action: 'edit', args: [id, 'kept among the rejected'], error: { message: expect.stringContaining('deleted') } },
    ])
  })
})
