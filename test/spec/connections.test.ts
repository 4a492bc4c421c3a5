import { afterEach, expect, test } from 'vitest'
import { action, AgenticSystem, type Connection, field } from '../../lib/index.ts'
import { createWorld, type World } from '../../testing/index.ts'

class Room extends AgenticSystem {
  @field users: { connection: string; name: string }[] = []
  @field history: string[] = []

  onConnect(connection: Connection) {
    if (connection.metadata?.['name'] === 'trouble') throw new Error('no entry')
    this.users.push({ connection: connection.id, name: connection.metadata?.['name'] })
    this.history.push(`+${connection.metadata?.['name']}`)
  }
  onDisconnect(connection: Connection) {
    this.users = this.users.filter((user) => user.connection !== connection.id)
    this.history.push(`-${connection.metadata?.['name']}`)
  }
  @action() whoCalls() {
    return this.turn.connection?.metadata?.['name']
  }
  @action() countPresent() {
    this.history.push(`present ${this.connections.length}`)
    return this.connections.map((connection) => connection.metadata?.['name'])
  }
}

let world: World
const reported: unknown[] = []
afterEach(() => world.close())
const start = (sync = false) => {
  reported.length = 0
  world = createWorld({ systems: { Room }, sync, report: (error) => void reported.push(error) })
}
const enter = (name: string, device = 'a') => {
  const home = world.device(device).tab({ metadata: { name } })
  return { home, room: home.system<Room>({ id: 'r' }) }
}

test('[C1] a connection begins before its calls run and ends when its last handle closes', async () => {
  start()
  const ann = enter('ann')
  expect(await ann.room.actions.whoCalls()).toBe('ann')
  const bob = enter('bob')
  await bob.room.$ready
  await world.settle()
  expect(ann.room.users.value.map((user) => user.name)).toEqual(['ann', 'bob'])
  bob.room.$close()
  await world.clock.advance(0)
  expect(ann.room.history.value).toEqual(['+ann', '+bob', '-bob'])
})

test('[C1] a tab that dies without a word ends its connections, once', async () => {
  start()
  const ann = enter('ann')
  await ann.room.$ready
  const tab = world.device('a')
  const bob = enter('bob')
  await bob.room.$ready
  await world.settle()
  tab.killTab(bob.home)
  await world.settle()
  expect(ann.room.history.value).toEqual(['+ann', '+bob', '-bob'])
})

test('[C1] where the last tab took the worker with it, the ends are the first turns of the next host', async () => {
  start()
  const ann = enter('ann')
  await ann.room.$ready
  await world.settle()
  world.device('a').kill()
  await world.device('a').restart()
  const bob = enter('bob')
  await bob.room.$ready
  await world.settle()
  expect(bob.room.history.value).toEqual(['+ann', '-ann', '+bob'])
})

test('[C1] a host that is killed alone changes nothing for connections whose tabs live', async () => {
  start()
  const ann = enter('ann')
  await ann.room.$ready
  await world.settle()
  for (let i = 0; i < 5; i++) {
    world.device('a').killHost()
    await world.settle()
    expect(await ann.room.whoCalls()).toBe('ann')
  }
  expect(ann.room.history.value).toEqual(['+ann'])
})

test('[C1] a handle closed while no host lived is ended by the next one', async () => {
  start()
  const ann = enter('ann')
  const bob = enter('bob')
  await Promise.all([ann.room.$ready, bob.room.$ready])
  await world.settle()
  world.device('a').killHost()
  bob.room.$close()
  await world.clock.advance(0)
  expect(ann.room.history.value).toEqual(['+ann', '+bob', '-bob'])
})

test('[C1] a hook that throws is reported, and the connection begins all the same', async () => {
  start()
  const ann = enter('ann')
  const trouble = enter('trouble')
  await Promise.all([ann.room.$ready, trouble.room.$ready])
  await world.settle()
  expect(reported.map(String)).toEqual(['Error: no entry'])
  trouble.home.close()
  await world.settle()
  expect(ann.room.history.value).toEqual(['+ann', '-trouble'])
})

test('[C1] connections of two devices, made offline, begin and end once each on both', async () => {
  start(true)
  const ann = enter('ann', 'a')
  const bob = enter('bob', 'b')
  await Promise.all([ann.room.$ready, bob.room.$ready])
  await world.clock.advance(1_000)
  expect(ann.room.users.value.map((user) => user.name).toSorted()).toEqual(['ann', 'bob'])
  world.network.cut('b')
  bob.room.$close()
  await world.clock.advance(10)
  world.network.heal('b')
  await world.clock.advance(30_000)
  expect(ann.room.history.value.filter((entry) => entry === '-bob')).toHaveLength(1)
  expect(ann.room.users.value.map((user) => user.name)).toEqual(['ann'])
})

test('[C2] metadata stands neither in the state nor in the log', async () => {
  start(true)
  const frames: string[] = []
  world.network.filter = (frame) => {
    frames.push(frame.text)
    return 'deliver'
  }
  const home = world.device('a').tab({ metadata: { name: 'ann', secret: 'hush-hush' } })
  const room = home.system<Room>({ id: 'r' })
  await room.actions.whoCalls()
  await world.clock.advance(1_000)
  expect(frames.length).toBeGreaterThan(3)
  // The server has it in its presence record only.
  const withMetadata = frames.filter((text) => text.includes('hush-hush'))
  expect(withMetadata.map((text) => (JSON.parse(text) as { type: string }).type)).toEqual(['presence'])
})

test('[A14] connections present are an input of the call', async () => {
  start()
  const ann = enter('ann')
  const bob = enter('bob')
  await Promise.all([ann.room.$ready, bob.room.$ready])
  expect((await ann.room.countPresent()).toSorted()).toEqual(['ann', 'bob'])
})

test('[C1] [Y10] who connected before sync was on has begun once in the log that counts', async () => {
  start()
  const ann = enter('ann', 'a')
  const bob = enter('bob', 'b')
  await Promise.all([ann.room.$ready, bob.room.$ready])
  await world.settle()
  await world.server.restart()
  ann.home.connectSync('ws://server/app')
  bob.home.connectSync('ws://server/app')
  await world.clock.advance(30_000)
  for (const { room } of [ann, bob]) {
    expect(room.users.value.map((user) => user.name).toSorted()).toEqual(['ann', 'bob'])
    expect(room.history.value.toSorted()).toEqual(['+ann', '+bob'])
  }
})
