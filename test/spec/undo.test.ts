/** Undo and redo: of one's own calls, of groups, offline, and where others have been at the same place. */
import { effect } from '@preact/signals-core'
import { afterEach, describe, expect, test } from 'vitest'
import { action, AgenticSystem, type Connection, field, stream } from '../../lib/index.ts'
import { createWorld, type World, type WorldOptions } from '../../testing/index.ts'
import { opened, rejection } from './opened.ts'

interface Task {
  id: string
  title: string
  done: boolean
}

class Board extends AgenticSystem {
  @field tasks: Task[] = []
  @field title = 'untitled'
  @field count = 0
  @field likes = new Map<string, number>()
  @field tags = new Set<string>()
  @field summary = stream('')

  @action() add(title: string) {
    const id = this.turn.uuid()
    this.tasks.push({ id, title, done: false })
    return id
  }
  @action() rename(id: string, title: string) {
    this.find(id).title = title
  }
  @action() remove(id: string) {
    this.find(id)
    this.tasks = this.tasks.filter((task) => task.id !== id)
  }
  @action() clear() {
    this.tasks = []
    this.likes.clear()
    this.tags.clear()
  }
  @action() setTitle(title: string) {
    this.title = title
  }
  @action() like(name: string) {
    this.likes.set(name, (this.likes.get(name) ?? 0) + 1)
    this.tags.add(name)
  }
  @action() increment() {
    return ++this.count
  }
  /** Takes one if there are any. */
  @action() take() {
    if (this.count < 1) throw new Error('none left')
    this.count--
  }
  @action() look() {
    return this.tasks.length
  }
  @action() fail() {
    throw new Error('no')
  }
  @action() write(text: string) {
    this.summary.append(text)
    this.summary.complete()
  }
  @action({ undo: false }) move() {
    this.count = 100
  }
  private find(id: string): Task {
    const task = this.tasks.find((one) => one.id === id)
    if (task === undefined) throw new Error(`no task ${id}`)
    return task
  }
}

class Room extends AgenticSystem {
  @field people: string[] = []
  @field topic = ''
  @action() setTopic(topic: string) {
    this.topic = topic
  }
  onConnect({ id }: Connection) {
    this.people.push(id)
  }
  onDisconnect({ id }: Connection) {
    this.people = this.people.filter((one) => one !== id)
  }
}

/** A game may have an `undo` of its own. */
class Game extends AgenticSystem {
  @field moves: string[] = []
  @action() play(move: string) {
    this.moves.push(move)
  }
  @action() undo() {
    this.moves = []
    return 'its own'
  }
}

let world: World
afterEach(() => world.close())
const start = (options: Partial<WorldOptions> = {}): World => (world = createWorld({ systems: { Board }, ...options }))
const alone = async () => opened<Board>(start({ sync: false }).device('a'))
const titles = ({ tasks }: { tasks: { value: readonly { title: string }[] } }): string => tasks.value.map(({ title }) => title).join()

async function two(options: Partial<WorldOptions> = {}) {
  start(options)
  const a = await opened<Board>(world.device('a'))
  const b = await opened<Board>(world.device('b'))
  await world.settle()
  return { a: a.handle, b: b.handle, homeA: a.home, homeB: b.home }
}

describe('one tab', () => {
  test('[undo] `$undo` takes back the last call, `$redo` brings it again, as far as they go', async () => {
    const { handle } = await alone()
    await handle.add('one')
    await handle.setTitle('first')
    await handle.setTitle('second')
    expect(await handle.$undo()).toBe(true)
    expect(handle.title.value).toBe('first')
    await handle.$undo()
    await handle.$undo()
    expect([handle.title.value, titles(handle)]).toEqual(['untitled', ''])
    expect(await handle.$undo()).toBe(false)
    for (const expected of ['one,untitled', 'one,first', 'one,second']) {
      expect(await handle.$redo()).toBe(true)
      expect(`${titles(handle)},${handle.title.value}`).toBe(expected)
    }
    expect(await handle.$redo()).toBe(false)
    await handle.$undo()
    expect(handle.title.value).toBe('first')
  })

  test('[undo] a new call ends what could be redone', async () => {
    const { handle } = await alone()
    await handle.setTitle('first')
    await handle.$undo()
    await handle.setTitle('second')
    expect(handle.$canRedo.value).toBe(false)
    expect(await handle.$redo()).toBe(false)
    await handle.$undo()
    expect(handle.title.value).toBe('untitled')
  })

  test('[undo] calls that changed nothing or failed are passed over; calls need not be awaited', async () => {
    const { handle } = await alone()
    const calls = [handle.setTitle('first'), handle.look(), handle.fail(), handle.$undo(), handle.add('one')]
    const settled = await Promise.allSettled(calls)
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled', 'fulfilled'])
    expect([handle.title.value, titles(handle)]).toEqual(['untitled', 'one'])
  })

  test('[undo] Maps, Sets, arrays and whole fields come back', async () => {
    const { handle } = await alone()
    await handle.add('one')
    await handle.like('ann')
    await handle.like('ann')
    await handle.clear()
    await handle.$undo()
    expect([titles(handle), [...handle.likes.value], [...handle.tags.value]]).toEqual(['one', [['ann', 2]], ['ann']])
    await handle.$undo()
    await handle.$undo()
    expect([handle.likes.value.size, handle.tags.value.size]).toEqual([0, 0])
  })

  test('[undo] what was written to a stream is taken back with its call', async () => {
    const { handle } = await alone()
    await handle.write('hello')
    expect([handle.summary.current, handle.summary.status]).toEqual(['hello', 'done'])
    await handle.$undo()
    expect([handle.summary.current, handle.summary.status]).toEqual(['', 'idle'])
    await handle.$redo()
    expect(handle.summary.current).toBe('hello')
  })

  test('[undo] `$canUndo` and `$canRedo` are so when the call resolves, and change only when they do', async () => {
    const { handle } = await alone()
    const seen: string[] = []
    const stop = effect(() => void seen.push(`${handle.$canUndo.value} ${handle.$canRedo.value}`))
    await handle.look()
    expect(handle.$canUndo.value).toBe(false)
    await handle.setTitle('first')
    expect(handle.$canUndo.value).toBe(true)
    await handle.setTitle('second')
    await handle.$undo()
    expect(handle.$canRedo.value).toBe(true)
    await handle.$undo()
    expect(handle.$canUndo.value).toBe(false)
    stop()
    expect(seen).toEqual(['false false', 'true false', 'true true', 'false true'])
  })

  test('[undo] calls of a group are undone together, in one commit, and redone together', async () => {
    const { handle } = await alone()
    await handle.setTitle('before')
    const id = handle.$group(() => {
      void handle.setTitle('in the group')
      void handle.increment()
      return handle.add('one')
    })
    expect(await id).toMatch(/-/)
    const seen: string[] = []
    const stop = effect(() => void seen.push(`${handle.title.value} ${handle.count.value} ${handle.tasks.value.length}`))
    await handle.$undo()
    await handle.$redo()
    await handle.$undo()
    stop()
    expect(seen).toEqual(['in the group 1 1', 'before 0 0', 'in the group 1 1', 'before 0 0'])
    await handle.$undo()
    expect(handle.title.value).toBe('untitled')
  })

  test('[undo] groups of one name that follow one another are one: a drag', async () => {
    const { handle } = await alone()
    for (const title of ['a', 'ab', 'abc']) await handle.$group('typing', () => handle.setTitle(title))
    await handle.increment()
    await handle.$group('typing', () => handle.setTitle('abcd'))
    await handle.$undo()
    expect(handle.title.value).toBe('abc')
    await handle.$undo()
    await handle.$undo()
    expect([handle.title.value, handle.count.value]).toEqual(['untitled', 0])
    const thrown = (): void =>
      handle.$group('typing', () => {
        throw new Error('no')
      })
    expect(thrown).toThrow('no')
  })

  test('[undo] actions may say that they are not to be undone; other calls are refused or unknown', async () => {
    const { handle } = await alone()
    await handle.setTitle('first')
    const moved = handle.move()
    await moved
    const failed = handle.fail()
    await failed.catch(() => undefined)
    expect(await rejection(handle.$undo(moved.id))).toMatchObject({ code: 'undo/refused' })
    expect(await rejection(handle.$undo(failed.id))).toMatchObject({ code: 'undo/unknown' })
    expect(await rejection(handle.$undo('nobody.1'))).toMatchObject({ code: 'undo/unknown' })
    await handle.$undo()
    expect([handle.title.value, handle.count.value]).toEqual(['untitled', 100])
  })

  test('[undo] hooks cannot be undone, and are on no stack', async () => {
    start({ systems: { Room }, sync: false })
    const { handle } = await opened<Room>(world.device('a'))
    await world.settle()
    expect(handle.people.value).toHaveLength(1)
    expect(handle.$canUndo.value).toBe(false)
    expect(await handle.$undo()).toBe(false)
    expect(await rejection(handle.$undo(`onConnect:${handle.people.value[0]}`))).toMatchObject({ code: 'undo/refused' })
    expect(await rejection(handle.$undo('create'))).toMatchObject({ code: 'undo/refused' })
  })

  test('[undo] a system may have an action of the name `undo`', async () => {
    start({ systems: { Game }, sync: false })
    const { handle } = await opened<Game>(world.device('a'))
    await handle.play('e4')
    await handle.play('e5')
    expect(await handle.undo()).toBe('its own')
    await handle.$undo()
    await handle.$undo()
    expect(handle.moves.value).toEqual(['e4'])
  })

  test('[A1] `$undo` is no action to be called by another name, and takes no junk', async () => {
    const { handle } = await alone()
    const loose = handle.actions as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>
    expect(await rejection(loose['$nothing']!())).toMatchObject({ code: 'action/unknown' })
    expect(await rejection(loose['$undo']!({ not: 'an id' }))).toMatchObject({ code: 'undo/unknown' })
    const click = handle.$undo as unknown as (event: object) => Promise<boolean>
    expect(await click({ type: 'click' })).toBe(false)
  })
})

describe('two tabs', () => {
  test('[undo] each undoes its own calls, past those of the other', async () => {
    const { handle: one } = await alone()
    const { handle: other } = await opened<Board>(world.device('a'))
    const first = await one.add('mine')
    await other.add('yours')
    await one.rename(first, 'still mine')
    await other.add('yours too')
    await one.$undo()
    expect(titles(one)).toBe('mine,yours,yours too')
    await one.$undo()
    await other.$undo()
    expect([titles(one), titles(other)]).toEqual(['yours', 'yours'])
    await one.$redo()
    expect(titles(one)).toBe('mine,yours')
    expect([one.$canUndo.value, one.$canRedo.value, other.$canUndo.value, other.$canRedo.value]).toEqual([true, true, true, true])
  })

  test('[undo] a place that was changed since is named, by whom too, and the call is passed over from then on', async () => {
    const { handle: one } = await alone()
    const { handle: other } = await opened<Board>(world.device('a'))
    await one.setTitle('older')
    const id = await one.add('mine')
    await one.rename(id, 'renamed')
    await other.rename(id, 'by the other')
    const error = await rejection(one.$undo())
    expect(error).toMatchObject({ code: 'undo/conflict' })
    expect(error.message).toMatch(/rename .*`tasks\[0\]\.title` was changed since, by rename/)
    expect(await rejection(one.$undo())).toMatchObject({ code: 'undo/conflict' })
    expect(await one.$undo()).toBe(true)
    expect([one.title.value, titles(one)]).toEqual(['untitled', 'by the other'])
    expect(one.$canUndo.value).toBe(false)
  })

  test('[undo] once the other has undone that, it is no conflict', async () => {
    const { handle: one } = await alone()
    const { handle: other } = await opened<Board>(world.device('a'))
    const mine = one.setTitle('mine')
    await mine
    await other.setTitle('yours')
    expect(await rejection(one.$undo(mine.id))).toMatchObject({ code: 'undo/conflict' })
    await other.$undo()
    await one.$undo(mine.id)
    expect(one.title.value).toBe('untitled')
    // The redo of what stood on it has nothing to stand on.
    expect(await rejection(other.$redo())).toMatchObject({ code: 'undo/conflict' })
  })

  test('[undo] a call of another connection can be undone by its id; that is a call like others', async () => {
    const { handle: one } = await alone()
    const { handle: other } = await opened<Board>(world.device('a'))
    const call = one.setTitle('mine')
    await call
    expect(await other.$undo(call.id)).toBe(true)
    expect([one.title.value, one.$canUndo.value, other.$canUndo.value]).toEqual(['untitled', false, true])
    expect(await one.$undo(call.id)).toBe(false)
    await other.$undo()
    expect([one.title.value, one.$canUndo.value]).toEqual(['mine', true])
  })
})

describe('hosts that die', () => {
  test('[S3] what could be undone can be undone in the next host, also past a compaction', async () => {
    start({ sync: false, hostLimits: { journalEntries: 3 } })
    const { handle } = await opened<Board>(world.device('a'))
    for (const title of ['a', 'b', 'c', 'd', 'e', 'f']) await handle.add(title)
    await handle.$undo()
    world.device('a').killHost()
    await world.settle()
    expect([handle.$canUndo.value, handle.$canRedo.value]).toEqual([true, true])
    await handle.$redo()
    for (let i = 0; i < 4; i++) await handle.$undo()
    world.device('a').killHost()
    await world.settle()
    await handle.$undo()
    expect(titles(handle)).toBe('a')
    await handle.$redo()
    expect(titles(handle)).toBe('a,b')
  })

  test('[Q4] a host killed at any write: an undo takes effect once', async () => {
    for (let count = 1; count <= 6; count++) {
      for (const after of [false, true]) {
        start({ sync: false })
        const { handle } = await opened<Board>(world.device('a'))
        await handle.setTitle('first')
        await handle.setTitle('second')
        world.device('a').crashAt({ count, after })
        const done = handle.$undo()
        await world.settle()
        expect(await done).toBe(true)
        expect(handle.title.value).toBe('first')
        await handle.$redo()
        expect(handle.title.value).toBe('second')
        await world.close()
      }
    }
    start()
  })

  test('[undo] a tab that was opened anew has nothing to undo', async () => {
    const { handle } = await alone()
    await handle.setTitle('first')
    const { handle: later } = await opened<Board>(world.device('a'))
    expect(later.$canUndo.value).toBe(false)
    expect(await later.$undo()).toBe(false)
  })
})

describe('devices', () => {
  test('[undo] pending calls are undone offline, and all of it merges', async () => {
    const { a, b } = await two()
    await a.add('base')
    await world.settle()
    world.network.cut('a')
    world.network.cut('b')
    await a.add('from a')
    await a.setTitle('a')
    await a.$undo()
    await b.add('from b')
    await b.increment()
    await b.$undo()
    await b.$undo()
    await b.$redo()
    world.network.heal('a')
    world.network.heal('b')
    await world.clock.advance(30_000)
    expect(titles(a)).toBe(titles(b))
    expect([titles(a).split(',').toSorted(), a.title.value, a.count.value]).toEqual([['base', 'from a', 'from b'], 'untitled', 0])
    await a.$undo()
    await b.$undo()
    await world.settle()
    expect([titles(a), titles(b)]).toEqual(['base', 'base'])
  })

  test('[Y3] an undo takes back what its call has done in the run that counts', async () => {
    const { a, b } = await two()
    for (let i = 0; i < 3; i++) await b.increment()
    await world.settle()
    world.network.cut('a')
    await a.increment()
    const undo = a.$undo()
    await undo
    expect(a.count.value).toBe(3)
    await b.increment()
    await b.increment()
    world.network.heal('a')
    await world.clock.advance(30_000)
    expect(await undo.confirmed).toBe(true)
    expect([a.count.value, b.count.value]).toEqual([5, 5])
    await a.$redo()
    await world.settle()
    expect([a.count.value, b.count.value]).toEqual([6, 6])
  })

  test('[Y4] an undo whose place was changed meanwhile is rejected, saying where; what came after it goes', async () => {
    const { a, b, homeA } = await two()
    await a.setTitle('a')
    await world.settle()
    world.network.cut('a')
    const undo = a.$undo()
    await undo
    const added = a.add('after')
    await added
    expect(a.title.value).toBe('untitled')
    await b.setTitle('b')
    world.network.heal('a')
    await world.clock.advance(30_000)
    expect(await rejection(undo.confirmed)).toMatchObject({ code: 'undo/conflict' })
    await added.confirmed
    expect(homeA.rejected.value).toMatchObject([{ action: '$undo', error: { code: 'undo/conflict' } }])
    expect(homeA.rejected.value[0]?.error.message).toContain('`title` was changed since, by setTitle')
    expect([a.title.value, b.title.value, titles(b)]).toEqual(['b', 'b', 'after'])
  })

  test('[Y4] an undo of a call that is rejected is rejected', async () => {
    const { a, b, homeA } = await two()
    await b.increment()
    await world.settle()
    world.network.cut('a')
    const taken = a.take()
    await taken
    const undo = a.$undo()
    await undo
    await b.take()
    world.network.heal('a')
    await world.clock.advance(30_000)
    expect(await rejection(taken.confirmed)).toMatchObject({ message: 'none left' })
    expect(await rejection(undo.confirmed)).toMatchObject({ code: 'undo/conflict' })
    expect(homeA.rejected.value.map(({ action: name }) => name)).toEqual(['take', '$undo'])
    expect([a.count.value, b.count.value, a.$canUndo.value]).toEqual([0, 0, false])
    expect(await rejection(a.$undo(taken.id))).toMatchObject({ code: 'undo/conflict' })
  })

  test('[undo] one call undone on two devices is undone once: the later one changes nothing, and is confirmed', async () => {
    const { a, b, homeA, homeB } = await two()
    await a.increment()
    const call = a.add('shared')
    await call
    await world.settle()
    world.network.cut('a')
    world.network.cut('b')
    const [one, other] = [a.$undo(), b.$undo(call.id)]
    await Promise.all([one, other])
    world.network.heal('a')
    await world.clock.advance(30_000)
    world.network.heal('b')
    await world.clock.advance(30_000)
    expect([await one.confirmed, await other.confirmed]).toEqual([true, false])
    expect([titles(a), titles(b), homeA.rejected.value, homeB.rejected.value]).toEqual(['', '', [], []])
    expect(b.$canUndo.value).toBe(false)
    await a.$redo()
    await world.settle()
    expect(titles(b)).toBe('shared')
    await a.$undo()
    await a.$undo()
    await world.settle()
    expect([titles(b), b.count.value]).toEqual(['', 0])
  })

  test('[undo] a device that began from a snapshot cannot undo what it never saw', async () => {
    start({ limits: { newcomerTail: 0 } })
    const { handle: a } = await opened<Board>(world.device('a'))
    const call = a.add('before')
    await call
    await world.settle()
    const { handle: b } = await opened<Board>(world.device('b'))
    await world.settle()
    expect(titles(b)).toBe('before')
    const error = await rejection(b.$undo(call.id))
    expect(error).toMatchObject({ code: 'undo/unknown' })
    expect(error.message).toContain(call.id)
    await a.$undo()
    await world.settle()
    expect(titles(b)).toBe('')
  })

  test('[Y3] pending undos outlive their host, and run again in the next one', async () => {
    const { a, b } = await two()
    await a.increment()
    await world.settle()
    world.network.cut('a')
    await a.setTitle('pending')
    await a.add('one')
    await a.$undo()
    await a.$undo()
    await a.$undo()
    world.device('a').killHost()
    await world.settle()
    expect([a.title.value, titles(a), a.count.value, a.$canUndo.value, a.$canRedo.value]).toEqual(['untitled', '', 0, false, true])
    await a.$redo()
    await b.add('other')
    world.network.heal('a')
    await world.clock.advance(30_000)
    expect([a.title.value, titles(a), a.count.value]).toEqual(['untitled', 'other', 1])
    expect([b.title.value, titles(b), b.count.value]).toEqual(['untitled', 'other', 1])
    await a.$redo()
    await a.$redo()
    await world.settle()
    expect([b.title.value, titles(b).split(',').toSorted()]).toEqual(['pending', ['one', 'other']])
  })

  test('[undo] a thousand others later, a call is out of reach; a pending undo keeps its call within', async () => {
    const { a, b } = await two({ limits: { keepCommits: 5000 } })
    await a.increment()
    await a.setTitle('a')
    await world.settle()
    world.network.cut('a')
    const undo = a.$undo()
    await undo
    await a.increment()
    await Promise.all(Array.from({ length: 1100 }, () => b.increment()))
    await world.settle()
    world.network.heal('a')
    await world.clock.advance(30_000)
    expect(await undo.confirmed).toBe(true)
    expect([b.title.value, b.count.value]).toEqual(['untitled', 1102])
    await world.settle()
    // Its own increment came last; the one before is out of reach.
    expect(await a.$undo()).toBe(true)
    expect([a.$canUndo.value, b.count.value]).toEqual([false, 1102])
  }, 60_000)

  test('[Y8] a device that is brought up to date by a snapshot cannot tell: its pending undo is rejected, its calls go', async () => {
    const { a, b, homeA } = await two({ limits: { keepCommits: 0, snapshotEvery: 2 } })
    await a.setTitle('a')
    await world.settle()
    world.network.cut('a')
    const undo = a.$undo()
    await undo
    const added = a.add('after')
    await added
    for (let i = 0; i < 10; i++) await b.increment()
    await world.settle()
    world.network.heal('a')
    await world.clock.advance(30_000)
    expect(await rejection(undo.confirmed)).toMatchObject({ code: 'undo/unknown' })
    await added.confirmed
    expect([b.title.value, titles(b), homeA.rejected.value.length]).toEqual(['a', 'after', 1])
    expect([await a.$undo(), titles(a), await a.$undo()]).toEqual([true, '', false])
  })
})
