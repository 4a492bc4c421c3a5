import { afterEach, expect, test } from 'vitest'
import { action, AgenticSystem, field, stream } from '../../lib/index.ts'
import { createWorld, type World } from '../../testing/index.ts'

let effects: string[] = []
let gate: { open: () => void; passed: Promise<void> }
const newGate = (): void => {
  let open: () => void = () => undefined
  const passed = new Promise<void>((resolve) => (open = resolve))
  gate = { open, passed }
}

class Shop extends AgenticSystem {
  @field orders: string[] = []
  @field text = stream<string>('')

  @action() async order(item: string) {
    const receipt = await this.turn.step('pay', async () => {
      effects.push(`pay ${item}`)
      return `receipt for ${item}`
    })
    const mail = await this.turn.step('mail', () => {
      effects.push(`mail ${item}`)
      return 'sent'
    })
    await gate.passed
    this.orders.push(`${item}: ${receipt}, ${mail}`)
    return this.orders.length
  }
  @action() async twice() {
    const one = await this.turn.step('draw', () => effects.push('draw'))
    const two = await this.turn.step('draw', () => effects.push('draw'))
    return [one, two]
  }
  @action() async wrong() {
    await this.turn.step('write', () => this.orders.push('x'))
  }
  @action() async tell() {
    await this.turn.step('model', () => {
      effects.push('model')
      this.text.append('from the model')
    })
    await gate.passed
    this.text.complete()
  }
}

let world: World
afterEach(() => world.close())
const start = (sync = false) => {
  effects = []
  newGate()
  world = createWorld({ systems: { Shop }, sync })
}

test('[A9] a step runs once, and the k-th use of a name is a step of its own', async () => {
  start()
  gate.open()
  const shop = world.device('a').tab().system<Shop>({ id: 'x' })
  expect(await shop.actions.order('tea')).toBe(1)
  expect(await shop.actions.twice()).toEqual([3, 4])
  expect(effects).toEqual(['pay tea', 'mail tea', 'draw', 'draw'])
})

test('[A9] a host that dies in mid-action leaves steps that the next one does not take again', async () => {
  start()
  const shop = world.device('a').tab().system<Shop>({ id: 'x' })
  const ordered = shop.actions.order('tea')
  await world.settle()
  expect(effects).toEqual(['pay tea', 'mail tea'])
  for (let i = 0; i < 3; i++) {
    world.device('a').killHost()
    await world.settle()
  }
  gate.open()
  expect(await ordered).toBe(1)
  expect(effects).toEqual(['pay tea', 'mail tea'])
  expect(shop.orders.value).toEqual(['tea: receipt for tea, sent'])
})

test('[A9] the next host goes on with the call, tab or no tab', async () => {
  start()
  void world.device('a').tab().system<Shop>({ id: 'x' }).actions.order('tea')
  await world.settle()
  world.device('a').kill()
  await world.device('a').restart()
  gate.open()
  const home = world.device('a').tab()
  await home.ready
  await world.settle()
  const shop = home.system<Shop>({ id: 'x' })
  await shop.$ready
  await world.settle()
  expect(shop.orders.value).toEqual(['tea: receipt for tea, sent'])
  expect(effects).toEqual(['pay tea', 'mail tea'])
})

test('[A9] a rebase takes no step again', async () => {
  start(true)
  gate.open()
  const [near, far] = ['a', 'b'].map((name) => world.device(name).tab().system<Shop>({ id: 'x' }))
  await Promise.all([near!.$ready, far!.$ready])
  await world.clock.advance(1_000)
  world.network.cut('a')
  await near!.order('tea')
  await far!.order('milk')
  await world.clock.advance(1_000)
  world.network.heal('a')
  await world.clock.advance(30_000)
  expect(near!.orders.value.map((order) => order.split(':')[0])).toEqual(['milk', 'tea'])
  expect(effects.toSorted()).toEqual(['mail milk', 'mail tea', 'pay milk', 'pay tea'])
})

test('[A9] fields are read-only in a step', async () => {
  start()
  const shop = world.device('a').tab().system<Shop>({ id: 'x' })
  await expect(shop.actions.wrong()).rejects.toMatchObject({ code: 'step/read-only' })
})

test('[A9] what a step does to streams is kept with it', async () => {
  start()
  const shop = world.device('a').tab().system<Shop>({ id: 'x' })
  const told = shop.actions.tell()
  await world.settle()
  world.device('a').killHost()
  await world.settle()
  gate.open()
  await told
  expect([shop.text.current, shop.text.status, effects]).toEqual(['from the model', 'done', ['model']])
})

test('[Q6] a turn out of time is rolled back, told by its signal, and the queue goes on', async () => {
  start()
  class Slow extends AgenticSystem {
    @field n = 0
    @action({ timeoutMs: 1_000 }) async slow() {
      this.n = 1
      await new Promise<void>((resolve) => this.turn.signal.addEventListener('abort', () => resolve()))
      this.n = 2
    }
    @action() fast() {
      return ++this.n
    }
  }
  await world.close()
  world = createWorld({ systems: { Slow }, sync: false })
  const slow = world.device('a').tab().system<Slow>({ id: 'x' })
  const call = slow.actions.slow()
  const next = slow.actions.fast()
  const refused = expect(call).rejects.toMatchObject({ code: 'action/timeout' })
  await world.clock.advance(1_000)
  await refused
  expect(await next).toBe(1)
  const cancelled = slow.slow()
  await world.settle()
  cancelled.cancel()
  await expect(cancelled).resolves.toBe(undefined)
  expect(slow.n.value).toBe(2)
})
