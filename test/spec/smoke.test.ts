import { expect, test } from 'vitest'
import { action, AgenticSystem, field } from '../../lib/index.ts'
import { createWorld } from '../../testing/index.ts'

class Tasks extends AgenticSystem {
  @field tasks: { id: string; title: string; done: boolean }[] = []
  @field count = 0
  @action() add(title: string) {
    this.tasks.push({ id: this.turn.uuid(), title, done: false })
    return this.tasks.length
  }
  @action() increment() {
    this.count++
  }
  @action() fail() {
    this.count = 99
    throw new Error('no')
  }
}

test('one device, no sync', async () => {
  const world = createWorld({ systems: { Tasks }, sync: false })
  const home = world.device('a').tab()
  await home.ready
  const h = home.system<Tasks>({ id: 'x' })
  await h.$ready
  expect(await h.add('one')).toBe(1)
  expect(h.tasks.value.map((t) => t.title)).toEqual(['one'])
  await expect(h.fail()).rejects.toThrow('no')
  expect(h.count.value).toBe(0)
  const b = world.device('a').tab().system<Tasks>({ id: 'x' })
  await b.$ready
  expect(b.tasks.value).toEqual(h.tasks.value)
  await b.increment()
  expect(h.count.value).toBe(1)
  world.device('a').kill()
  await world.device('a').restart()
  const c = world.device('a').tab().system<Tasks>({ id: 'x' })
  await c.$ready
  expect(c.count.value).toBe(1)
  await world.close()
})

test('two devices merge', async () => {
  const world = createWorld({ systems: { Tasks } })
  const a = world.device('a').tab().system<Tasks>({ id: 'x' })
  const b = world.device('b').tab().system<Tasks>({ id: 'x' })
  await a.$ready
  await b.$ready
  await a.increment().confirmed
  await world.settle()
  expect(b.count.value).toBe(1)
  world.network.cut('a')
  world.network.cut('b')
  for (let i = 0; i < 100; i++) {
    void a.increment()
    void b.increment()
    void a.add(`a${i}`)
    void b.add(`b${i}`)
  }
  await world.settle()
  expect(a.count.value).toBe(101)
  world.network.heal('a')
  world.network.heal('b')
  await world.clock.advance(30_000)
  expect(a.count.value).toBe(201)
  expect(b.count.value).toBe(201)
  expect(a.tasks.value).toEqual(b.tasks.value)
  expect(a.tasks.value.length).toBe(200)
  await world.close()
})
