import { afterEach, expect, test } from 'vitest'
import type { SystemHandle } from 'homeroom'
import { createWorld, type World } from 'homeroom/testing'
import { FourInARow } from '../../../examples/game/systems.ts'

let world: World
afterEach(() => world.close())

const start = (sync = false) => {
  world = createWorld({ systems: { FourInARow }, sync })
}
/** A tab of somebody, on a device of their own unless said otherwise. */
const arrive = async (name: string, device = 'one') => {
  const home = world.device(device).tab({ metadata: { user: `user of ${name}`, name } })
  const table = home.system<FourInARow>({ id: 'home' })
  await table.$ready
  await world.settle()
  return { home, table }
}
type Table = SystemHandle<FourInARow>
const stateOf = ({ seats, here, game, moves, resigned, results }: Table) =>
  structuredClone([seats, here, game, moves, resigned, results].map((field) => field.value))

/** Ann sits at red, Bob at yellow, Cid watches. */
const seated = async () => {
  start()
  const [ann, bob, cid] = [await arrive('Ann'), await arrive('Bob'), await arrive('Cid')]
  await ann.table.claim('red')
  await bob.table.claim('yellow')
  const play = async (columns: readonly number[]) => {
    for (const column of columns) {
      const { game, moves } = ann.table
      const table = (game.value + moves.value.length) % 2 === 1 ? ann.table : bob.table
      await table.takeTurn(game.value, moves.value.length, column)
      await world.settle()
    }
  }
  return { ann: ann.table, bob: bob.table, cid: cid.table, play, homes: { ann: ann.home, bob: bob.home, cid: cid.home } }
}

test('a turn in turn advances the game, for everybody', async () => {
  const { ann, bob, cid } = await seated()
  await ann.takeTurn(1, 0, 3)
  await world.settle()
  expect([ann.moves.value, bob.moves.value, cid.moves.value]).toEqual([[3], [3], [3]])
  await bob.takeTurn(1, 1, 3)
  await world.settle()
  expect(cid.moves.value).toEqual([3, 3])
})

test('[A2] a turn out of turn is refused with a code and kind words, and changes nothing', async () => {
  const { ann, bob } = await seated()
  const before = stateOf(ann)
  await expect(bob.takeTurn(1, 0, 3)).rejects.toMatchObject({ name: 'Refusal', code: 'game/not-your-turn', message: 'It is Ann’s turn.' })
  await ann.takeTurn(1, 0, 3)
  await expect(ann.takeTurn(1, 1, 3)).rejects.toMatchObject({ code: 'game/not-your-turn' })
  await world.settle()
  expect(stateOf(bob)).toEqual(before.with(3, [3]))
})

test('spectators see everything and move nothing', async () => {
  const { cid, play } = await seated()
  await play([3])
  await expect(cid.takeTurn(1, 1, 0)).rejects.toMatchObject({ code: 'game/spectator' })
  await expect(cid.resign(1)).rejects.toMatchObject({ code: 'game/spectator' })
  await expect(cid.claim('red')).rejects.toMatchObject({ code: 'game/seat-taken', message: expect.stringContaining('Ann sits at Red') })
  expect(cid.moves.value).toEqual([3])
})

test.each([
  ['a full column', [0, 0, 0, 0, 0, 0], 0, 'game/column-full'],
  ['a column that is not there', [], 7, 'game/no-such-column'],
  ['half a column', [], 0.5, 'game/no-such-column'],
  ['a move of another moment', [], 3, 'game/stale'],
])('%s is refused', async (what, moves, column, code) => {
  const { ann, play } = await seated()
  await play(moves)
  const move = what === 'a move of another moment' ? 2 : moves.length
  await expect(ann.takeTurn(1, move, column)).rejects.toMatchObject({ code })
  expect(ann.moves.value).toEqual(moves)
})

test('four in a row end the game; the loser begins nothing, the next game is begun by the other', async () => {
  const { ann, bob, play } = await seated()
  await play([0, 1, 0, 1, 0, 1])
  await expect(bob.newGame(1)).rejects.toMatchObject({ code: 'game/not-over' })
  await play([0])
  expect(bob.results.value).toEqual([{ winner: { user: 'user of Ann', name: 'Ann' }, moves: 7 }])
  await expect(bob.takeTurn(1, 7, 2)).rejects.toMatchObject({ code: 'game/over' })
  await bob.newGame(1)
  await ann.newGame(1)
  await world.settle()
  expect([ann.game.value, ann.moves.value]).toEqual([2, []])
  await expect(ann.takeTurn(2, 0, 0)).rejects.toMatchObject({ code: 'game/not-your-turn' })
  await bob.takeTurn(2, 0, 0)
})

test('resigning gives the game to the other side', async () => {
  const { ann, bob, play } = await seated()
  await expect(ann.resign(1)).rejects.toMatchObject({ code: 'game/stale' })
  await play([3, 3])
  await ann.resign(1)
  await world.settle()
  expect([bob.resigned.value, bob.results.value[0]?.winner?.name]).toEqual(['red', 'Bob'])
})

test('[C1] who is here is counted by connection: a second tab of one player leaves without the first', async () => {
  start()
  const ann = await arrive('Ann')
  const again = await arrive('Ann')
  expect(ann.table.here.value.map((present) => present.name)).toEqual(['Ann', 'Ann'])
  again.home.close()
  await world.settle()
  expect(ann.table.here.value.map((present) => present.name)).toEqual(['Ann'])
})

test('[C1] a seat is kept for a player who reloads, and can be taken over from one who is gone', async () => {
  const { cid, homes, play } = await seated()
  await play([3])
  world.device('one').killTab(homes.bob)
  await world.settle()
  const back = await arrive('Bob')
  await back.table.takeTurn(1, 1, 3)
  back.home.close()
  await world.settle()
  await cid.claim('yellow')
  await play([2])
  await cid.takeTurn(1, 3, 2)
  expect(cid.moves.value).toEqual([3, 3, 2, 2])
})

test('a player changes sides between games, not in the middle of one', async () => {
  const { ann, bob, play } = await seated()
  await bob.leave()
  await ann.claim('yellow')
  await world.settle()
  expect([ann.seats.value.red, ann.seats.value.yellow?.name]).toEqual([null, 'Ann'])
  await expect(ann.takeTurn(1, 0, 0)).rejects.toMatchObject({ code: 'game/no-opponent' })
  await ann.claim('red')
  await bob.claim('yellow')
  await world.settle()
  await play([0])
  await bob.leave()
  await expect(ann.claim('yellow')).rejects.toMatchObject({ code: 'game/playing' })
})

test('a new name shows at the seat and among those present', async () => {
  const { ann, bob } = await seated()
  await ann.rename('  Anna   Bell ')
  await expect(ann.rename(' ')).rejects.toMatchObject({ code: 'game/name' })
  await world.settle()
  expect([bob.seats.value.red?.name, bob.here.value[0]?.name]).toEqual(['Anna Bell', 'Anna Bell'])
})

test('[Y1] [Y4] two devices race for one seat offline: one gets it, the other is told, and so is its move', async () => {
  start(true)
  const [ann, bob, cid] = [await arrive('Ann', 'desk'), await arrive('Bob', 'phone'), await arrive('Cid', 'tablet')]
  await cid.table.claim('yellow')
  await world.clock.advance(1_000)
  world.network.cut('desk')
  world.network.cut('phone')
  await ann.table.claim('red')
  await bob.table.claim('red')
  await bob.table.takeTurn(1, 0, 6)
  world.network.heal('desk')
  await world.clock.advance(20_000)
  await ann.table.takeTurn(1, 0, 3)
  await world.clock.advance(1_000)
  world.network.heal('phone')
  await world.clock.advance(30_000)
  for (const { table } of [ann, bob, cid]) expect([table.seats.value.red?.name, table.moves.value]).toEqual(['Ann', [3]])
  expect(ann.home.rejected.value).toEqual([])
  expect(bob.home.rejected.value.map(({ action, error }) => [action, error.code])).toEqual([
    ['claim', 'game/seat-taken'],
    ['takeTurn', 'game/spectator'],
  ])
  expect(bob.home.rejected.value[0]?.error.message).toContain('Ann sits at Red already')
})

test('[Y3] a move made offline stands if nothing came in between, and is told of if a new game did', async () => {
  start(true)
  const [ann, bob] = [await arrive('Ann', 'desk'), await arrive('Bob', 'phone')]
  await ann.table.claim('red')
  await bob.table.claim('yellow')
  await world.clock.advance(1_000)
  await ann.table.takeTurn(1, 0, 3)
  await world.clock.advance(1_000)
  world.network.cut('phone')
  await bob.table.takeTurn(1, 1, 3)
  world.network.heal('phone')
  await world.clock.advance(20_000)
  expect(ann.table.moves.value).toEqual([3, 3])

  await ann.table.takeTurn(1, 2, 0)
  await world.clock.advance(1_000)
  world.network.cut('phone')
  await bob.table.takeTurn(1, 3, 0)
  await ann.table.resign(1)
  await ann.table.newGame(1)
  await world.clock.advance(1_000)
  world.network.heal('phone')
  await world.clock.advance(30_000)
  expect([bob.table.game.value, bob.table.moves.value]).toEqual([2, []])
  expect(bob.home.rejected.value.map(({ error }) => error.message)).toEqual(['That move was for game 1, and game 2 is on the table now.'])
})
