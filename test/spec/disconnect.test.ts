/** Rule Y10 over restarts: a device that somebody took offline stays so. */
import { afterEach, expect, test } from 'vitest'
import { action, AgenticSystem, field } from '../../lib/index.ts'
import { createWorld, type World } from '../../testing/index.ts'
import { opened } from './opened.ts'

class Notes extends AgenticSystem {
  @field all: string[] = []
  @action() add(text: string) {
    this.all.push(text)
  }
}

const BOUND = 30_000
let world: World
afterEach(() => world.close())

test('[Y10] a device that was disconnected stays offline over a restart, until it is connected again', async () => {
  world = createWorld({ systems: { Notes } })
  const [a, b] = [await opened<Notes>(world.device('a')), await opened<Notes>(world.device('b'))]
  a.home.disconnectSync()
  await world.settle()

  world.device('a').kill()
  await world.device('a').restart()
  const again = await opened<Notes>(world.device('a'))
  const call = again.handle.add('offline')
  await call
  await world.clock.advance(BOUND)
  expect(again.home.sync.value).toMatchObject({ state: 'offline', pending: 1 })
  expect(b.handle.all.value).toEqual([])

  again.home.connectSync('ws://server/app')
  await world.clock.advance(BOUND)
  await call.confirmed
  expect(b.handle.all.value).toEqual(['offline'])

  world.device('a').kill()
  await world.device('a').restart()
  const last = await opened<Notes>(world.device('a'))
  await world.clock.advance(BOUND)
  expect(last.home.sync.value).toMatchObject({ state: 'live', pending: 0 })
})
