/** Rules A1 and A6 for each way to write a system: legacy decorators, standard ones, plain JavaScript with statics. */
import { describe, expect, test } from 'vitest'
import { action, AgenticSystem, field, type SystemClass } from '../../lib/index.ts'
import { createWorld } from '../../testing/index.ts'
import { importStandard } from '../standard-decorators.ts'
import { opened, rejection } from './opened.ts'

class Account extends AgenticSystem {
  @field balance = 10
  @field history: { id: string; amount: number }[] = []
  #calls = 0

  onCreate() {
    this.note(0)
  }
  @action() deposit(amount: number) {
    this.#calls++
    this.balance += amount
    this.note(amount)
    return [this.balance, this.#calls]
  }
  @action() async withdraw(amount: number) {
    await Promise.resolve()
    if (amount > this.balance) throw new RangeError(`only ${this.balance}`)
    return this.deposit(-amount)
  }
  protected note(amount: number) {
    this.history.push({ id: this.turn.uuid(), amount })
  }
}

class Savings extends Account {
  @field rate = 2
  @action({ rebase: 'patches' }) addInterest() {
    this.balance += (this.balance * this.rate) / 100
  }
  override deposit(amount: number) {
    if (amount > 1_000) throw new RangeError('too much at once')
    return super.deposit(amount)
  }
  unmarked() {
    this.balance = 0
  }
}

class PlainAccount extends AgenticSystem {
  static readonly fields: readonly string[] = ['balance', 'history']
  static readonly actions: readonly string[] = ['deposit', 'withdraw']
  balance = 10
  history: { id: string; amount: number }[] = []
  #calls = 0

  onCreate() {
    this.note(0)
  }
  deposit(amount: number) {
    this.#calls++
    this.balance += amount
    this.note(amount)
    return [this.balance, this.#calls]
  }
  async withdraw(amount: number) {
    await Promise.resolve()
    if (amount > this.balance) throw new RangeError(`only ${this.balance}`)
    return this.deposit(-amount)
  }
  protected note(amount: number) {
    this.history.push({ id: this.turn.uuid(), amount })
  }
}

/** Names only what it adds, as the other dialects do. */
class PlainSavings extends PlainAccount {
  static override readonly fields = ['rate']
  static override readonly actions = ['addInterest']
  rate = 2
  addInterest() {
    this.balance += (this.balance * this.rate) / 100
  }
  override deposit(amount: number) {
    if (amount > 1_000) throw new RangeError('too much at once')
    return super.deposit(amount)
  }
  unmarked() {
    this.balance = 0
  }
}

const dialects: Record<string, () => Promise<{ Account: SystemClass; Savings: SystemClass }>> = {
  'legacy decorators': async () => ({ Account, Savings }),
  'standard decorators': async () => (await importStandard('ledger.ts')) as { Account: SystemClass; Savings: SystemClass },
  'plain JavaScript': async () => ({ Account: PlainAccount, Savings: PlainSavings }),
}

describe.each(Object.keys(dialects))('%s', (dialect) => {
  async function start() {
    const systems = await (dialects[dialect] as () => Promise<{ Account: SystemClass; Savings: SystemClass }>)()
    return createWorld({ systems })
  }

  test('[A1] a class has the fields and actions that it marks', async () => {
    const world = await start()
    const { handle } = await opened<Account>(world.device('a'), 'x', 'Account')
    expect(Object.keys(handle)).toEqual(['balance', 'history', 'deposit', 'withdraw'])
    expect(Object.keys(handle.actions)).toEqual(['deposit', 'withdraw'])
    expect(handle.balance.value).toBe(10)
    expect(handle.history.value).toEqual([{ id: expect.any(String) as string, amount: 0 }])
    const refused = (handle.actions as unknown as Record<string, () => Promise<unknown>>)['note']
    expect(await rejection(refused?.() ?? Promise.resolve())).toMatchObject({ code: 'action/unknown' })
    await world.close()
  })

  test('[A6] actions run on a fresh instance with its state, and may call each other and private members', async () => {
    const world = await start()
    const { handle } = await opened<Account>(world.device('a'), 'x', 'Account')
    expect(await handle.deposit(5)).toEqual([15, 1])
    expect(await handle.withdraw(3)).toEqual([12, 1])
    expect(await rejection(handle.withdraw(100))).toMatchObject({ name: 'RangeError', message: 'only 12' })
    expect(handle.history.value.map(({ amount }) => amount)).toEqual([0, 5, -3])
    await world.close()
  })

  test('[A1] a subclass has what its parent has, and its own', async () => {
    const world = await start()
    const a = await opened<Savings>(world.device('a'), 'x', 'Savings')
    const b = await opened<Savings>(world.device('b'), 'x', 'Savings')
    expect(Object.keys(a.handle).toSorted()).toEqual(['addInterest', 'balance', 'deposit', 'history', 'rate', 'withdraw'])
    // An action that a subclass overrides stays one, marked or not.
    expect(await rejection(a.handle.deposit(2_000))).toMatchObject({ message: 'too much at once' })
    await a.handle.deposit(90)
    await a.handle.addInterest().confirmed
    await world.settle()
    for (const { handle } of [a, b]) expect([handle.balance.value, handle.rate.value]).toEqual([102, 2])
    const unmarked = (a.handle.actions as unknown as Record<string, () => Promise<unknown>>)['unmarked']
    expect(await rejection(unmarked?.() ?? Promise.resolve())).toMatchObject({ code: 'action/unknown' })
    await world.close()
  })

  test('[A1] what a subclass adds, its parent does not get', async () => {
    const world = await start()
    await opened<Savings>(world.device('a'), 'x', 'Savings')
    const { handle } = await opened<Account>(world.device('a'), 'y', 'Account')
    expect('rate' in handle || 'addInterest' in handle).toBe(false)
    await world.close()
  })

  test('[Y3] replays run as the first run did', async () => {
    const world = await start()
    const a = await opened<Account>(world.device('a'), 'x', 'Account')
    const b = await opened<Account>(world.device('b'), 'x', 'Account')
    await world.settle()
    world.network.cut('a')
    const call = a.handle.withdraw(10)
    expect(await call).toEqual([0, 1])
    const { id } = a.handle.history.value.at(-1) ?? { id: '' }
    await b.handle.deposit(1).confirmed
    world.network.heal('a')
    await world.clock.advance(30_000)
    expect(await call.confirmed).toEqual([1, 1])
    expect(b.handle.history.value.at(-1)).toEqual({ id, amount: -10 })
    await world.close()
  })
})
