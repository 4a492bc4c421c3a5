/** What a room promises, over simulated sockets and a manual clock. */
import { describe, expect, it } from 'vitest'
import { digest } from '../../lib/protocol/digest.ts'
import { INSTANCE, afterOf, chainOf, commitOf, keyOf, pushOf } from './harness/commits.ts'
import { only, simulate, typesOf } from './harness/simulated.ts'

const LOG = 'log-1'

describe('pushing', () => {
  it('[Y2] a push on the head is appended, and every other device hears of it', async () => {
    const world = simulate()
    const [a, b] = [await world.device('a'), await world.device('b')]
    expect(only(await a.open(), 'opened')).toEqual({ type: 'opened', instance: INSTANCE, head: 0, snapshot: false, right: 'admin' })
    await b.open()
    const commits = chainOf('boot-a', 1, 3)
    const pushed = only(await a.say(pushOf(0, undefined, commits)), 'pushed')
    expect(pushed).toMatchObject({ log: LOG, from: 1, count: 3 })
    expect(await b.hear()).toEqual([{ type: 'commits', instance: INSTANCE, log: LOG, from: 1, commits }])
    expect(await a.hear()).toEqual([])
  })

  it('[Y2] a refused push brings the missing commits and a reserve', async () => {
    const world = simulate()
    const [a, b] = [await world.device('a'), await world.device('b')]
    await a.open()
    await b.open()
    const [first] = chainOf('boot-a', 1, 1)
    await a.say(pushOf(0, undefined, [first!]))
    const heard = await b.say(pushOf(0, undefined, chainOf('boot-b', 1, 1)))
    expect(typesOf(heard)).toEqual(['commits', 'ahead'])
    expect(only(heard, 'ahead')).toMatchObject({ head: 1, reserveMs: 1000 })
    expect(only(await b.say(pushOf(1, LOG, chainOf('boot-b', 1, 1))), 'pushed')).toMatchObject({ from: 2, count: 1 })
  })
})
