/**
 * The systems under test: small, with actions that expose what a merge can get wrong. Each says what must hold in every
 * state that anybody ever sees, and which calls can be made.
 */
import type { State } from '../../lib/protocol/ops.ts'
import { AgenticSystem, type SystemClass } from '../../lib/system/agentic-system.ts'
import { REDO, UNDO } from '../../worker/run/history.ts'
import type { Chance } from './chance.ts'

/** Lets other things happen in the middle of an action; the simulation says how. */
export const awaiting = { pause: (): Promise<void> => Promise.resolve(), running: 0 }

async function pause(): Promise<void> {
  awaiting.running++
  try {
    await awaiting.pause()
  } finally {
    awaiting.running--
  }
}

/** Increments: each reads what it writes, so any two of them conflict. */
class Counter extends AgenticSystem {
  static readonly fields = ['total', 'last']
  static readonly actions = ['increment', 'add', 'slowly', 'peek']
  total = 0
  last: object | null = null

  increment() {
    return ++this.total
  }
  /** Time and chance of the call must be the same on every replay. */
  add(by: number) {
    this.total += by
    this.last = { at: this.turn.now(), chance: this.turn.random(), id: this.turn.uuid() }
    return this.total
  }
  async slowly() {
    const before = this.total
    await pause()
    this.total = before + 1
    await pause()
    return this.total
  }
  peek() {
    return this.total
  }
}

/** Marks that stay for ever: what has been seen must never be gone again. */
class Marks extends AgenticSystem {
  static readonly fields = ['marks', 'order', 'byKey', 'board']
  static readonly actions = ['mark', 'enlist', 'put', 'pin']
  marks = new Set<string>()
  order: string[] = []
  byKey: Record<string, string> = {}
  board = new Map<string, { tag: string; times: number }>()

  /** Disjoint from any other mark. */
  mark(tag: string) {
    this.marks.add(tag)
  }
  enlist(tag: string) {
    this.marks.add(tag)
    return this.order.push(tag)
  }
  /** Disjoint from puts under other keys. */
  put(tag: string, key: string) {
    this.marks.add(tag)
    this.byKey[key] = tag
  }
  pin(tag: string, key: string) {
    this.marks.add(tag)
    const times = (this.board.get(key)?.times ?? 0) + 1
    if (times % 4 === 0) this.board.delete(key)
    else this.board.set(key, { tag, times })
    return times
  }
}

interface Item {
  id: string
  size: number
  done: boolean
}

/** A list whose items come, go, move and change. */
class List extends AgenticSystem {
  static readonly fields = ['items']
  static readonly actions = ['push', 'remove', 'move', 'toggle', 'sort', 'grow', 'clearDone']
  items: Item[] = []

  push(size: number) {
    this.items.push({ id: this.turn.uuid(), size, done: false })
  }
  remove(at: number) {
    this.items.splice(at, 1)
  }
  move(from: number, to: number) {
    const [item] = this.items.splice(from, 1)
    if (item !== undefined) this.items.splice(to, 0, item)
  }
  toggle(at: number) {
    const item = this.items[at]
    if (item !== undefined) item.done = !item.done
  }
  grow(at: number, by: number) {
    const item = this.items[at]
    if (item === undefined) throw new Error(`there is no item ${at}`)
    item.size += by
    return item.size
  }
  sort() {
    this.items.sort((a, b) => a.size - b.size)
  }
  clearDone() {
    this.items = this.items.filter(({ done }) => !done)
  }
}

const ACCOUNTS = ['ann', 'bob', 'cat']
const MONEY = 60

/** Transfers between accounts in two fields: no money comes or goes, and no account is overdrawn. */
class Bank extends AgenticSystem {
  static readonly fields = ['checking', 'savings', 'transfers']
  static readonly actions = ['transfer', 'save', 'audit']
  checking: Record<string, number> = { ann: 20, bob: 20, cat: 20 }
  savings: Record<string, number> = { ann: 0, bob: 0, cat: 0 }
  transfers = 0

  transfer(from: string, to: string, amount: number) {
    const left = (this.checking[from] ?? 0) - amount
    if (left < 0) throw new Error(`${from} has not enough for ${amount}`)
    this.checking[from] = left
    this.checking[to] = (this.checking[to] ?? 0) + amount
  }
  save(name: string, amount: number) {
    const left = (this.checking[name] = (this.checking[name] ?? 0) - amount)
    // Too late: what was changed by now must be taken back.
    if (left < 0) throw new Error(`${name} has not enough for ${amount}`)
    const saved = (this.savings[name] = (this.savings[name] ?? 0) + amount)
    if (saved < 0) throw new Error(`${name} has not saved enough for ${-amount}`)
    this.transfers++
  }
  audit() {
    return sum(this.checking) + sum(this.savings)
  }
}

const DOCTORS = ['dee', 'eli', 'fay']

/** Doctors on call: each may leave only if another stays, which no look at single rows would show (write skew). */
class Ward extends AgenticSystem {
  static readonly fields = ['onCall']
  static readonly actions = ['arrive', 'leave']
  onCall: Record<string, boolean> = { dee: true, eli: true, fay: false }

  arrive(name: string) {
    this.onCall[name] = true
  }
  leave(name: string) {
    const others = Object.entries(this.onCall).filter(([other, isOn]) => isOn && other !== name)
    if (others.length === 0) throw new Error(`nobody would be on call without ${name}`)
    this.onCall[name] = false
  }
}

/** Unique names: the second to claim one is refused, maybe only when it runs again. */
class Registry extends AgenticSystem {
  static readonly fields = ['claims']
  static readonly actions = ['claim', 'release', 'ownerOf']
  claims: { name: string; owner: string }[] = []

  claim(name: string, owner: string) {
    if (this.claims.some((claim) => claim.name === name)) throw new Error(`${name} is taken`)
    this.claims.push({ name, owner })
  }
  release(name: string) {
    this.claims = this.claims.filter((claim) => claim.name !== name)
  }
  ownerOf(name: string) {
    return this.claims.find((claim) => claim.name === name)?.owner
  }
}

type Args = readonly unknown[]

export interface SystemUnderTest {
  readonly name: string
  readonly Class: SystemClass
  /** Calls as users make them. `tag` is unique. */
  call(chance: Chance, tag: string): readonly [action: string, ...args: Args]
  /** What is wrong with a state, in words. */
  faultOf(state: State): string | undefined
  /** Actions that may change nothing, and then leave no commit. */
  readonly mayBeEmpty: ReadonlySet<string>
  /** Actions whose first argument is found in the field `marks` for ever after. */
  readonly marks: boolean
}

const NAMES = ['x', 'y', 'z']

export const SYSTEMS_UNDER_TEST: readonly SystemUnderTest[] = [
  {
    name: 'Counter',
    Class: Counter,
    call: (chance) =>
      chance.weighted<[string, ...Args]>([
        [4, ['increment']],
        [3, ['add', chance.int(1, 3)]],
        [2, ['slowly']],
        [1, ['peek']],
      ]),
    faultOf: ({ total }) => (Number.isInteger(total) && (total as number) >= 0 ? undefined : `the total is ${String(total)}`),
    mayBeEmpty: new Set(['peek']),
    marks: false,
  },
  {
    name: 'Marks',
    Class: Marks,
    call: (chance, tag) =>
      chance.weighted<[string, ...Args]>([
        [3, ['mark', tag]],
        [2, ['enlist', tag]],
        [3, ['put', tag, chance.pick(NAMES)]],
        [2, ['pin', tag, chance.pick(NAMES)]],
      ]),
    faultOf: ({ marks, order, byKey }) => {
      const tags = [...(order as string[]), ...Object.values(byKey as Record<string, string>)]
      const unmarked = tags.find((tag) => !(marks as Set<string>).has(tag))
      return unmarked === undefined ? undefined : `half of the action with ${unmarked} is missing`
    },
    mayBeEmpty: new Set(),
    marks: true,
  },
  {
    name: 'List',
    Class: List,
    call: (chance) =>
      chance.weighted<[string, ...Args]>([
        [5, ['push', chance.int(1, 9)]],
        [2, ['remove', chance.int(0, 4)]],
        [2, ['move', chance.int(0, 4), chance.int(0, 4)]],
        [2, ['toggle', chance.int(0, 4)]],
        [2, ['grow', chance.int(0, 4), chance.int(1, 3)]],
        [1, ['sort']],
        [1, ['clearDone']],
      ]),
    faultOf: ({ items }) => {
      const ids = (items as readonly Item[]).map(({ id }) => id)
      return new Set(ids).size === ids.length ? undefined : 'an item stands twice in the list'
    },
    mayBeEmpty: new Set(['remove', 'move', 'toggle', 'sort', 'clearDone']),
    marks: false,
  },
  {
    name: 'Bank',
    Class: Bank,
    call: (chance) =>
      chance.weighted<[string, ...Args]>([
        [4, ['transfer', chance.pick(ACCOUNTS), chance.pick(ACCOUNTS), chance.int(1, 15)]],
        [3, ['save', chance.pick(ACCOUNTS), chance.int(-8, 12)]],
        [1, ['audit']],
      ]),
    faultOf: ({ checking, savings }) => {
      const all = [...Object.values(checking as Record<string, number>), ...Object.values(savings as Record<string, number>)]
      if (all.some((money) => money < 0)) return `an account is overdrawn: ${all.join(', ')}`
      const total = all.reduce((a, b) => a + b, 0)
      return total === MONEY ? undefined : `there are ${total} in the bank, not ${MONEY}`
    },
    // Between one account and itself.
    mayBeEmpty: new Set(['transfer', 'audit']),
    marks: false,
  },
  {
    name: 'Ward',
    Class: Ward,
    call: (chance) =>
      chance.pick<[string, ...Args]>([
        ['arrive', chance.pick(DOCTORS)],
        ['leave', chance.pick(DOCTORS)],
        ['leave', chance.pick(DOCTORS)],
      ]),
    faultOf: ({ onCall }) => (Object.values(onCall as Record<string, boolean>).includes(true) ? undefined : 'nobody is on call'),
    mayBeEmpty: new Set(['arrive', 'leave']),
    marks: false,
  },
  {
    name: 'Registry',
    Class: Registry,
    call: (chance, tag) =>
      chance.weighted<[string, ...Args]>([
        [4, ['claim', chance.pick(NAMES), tag]],
        [2, ['release', chance.pick(NAMES)]],
        [1, ['ownerOf', chance.pick(NAMES)]],
      ]),
    faultOf: ({ claims }) => {
      const names = (claims as readonly { name: string }[]).map(({ name }) => name)
      return new Set(names).size === names.length ? undefined : `a name is claimed twice: ${names.join(', ')}`
    },
    mayBeEmpty: new Set(['release', 'ownerOf']),
    marks: false,
  },
]

/** A list and a total whose users often take back what they did. Kept apart, because they change what every seed draws. */
export const SYSTEMS_WITH_UNDO: readonly SystemUnderTest[] = SYSTEMS_UNDER_TEST.filter(
  ({ name }) => name === 'List' || name === 'Registry',
).map((under) => ({
  ...under,
  call: (chance, tag) =>
    chance.weighted<() => readonly [string, ...Args]>([
      [3, () => under.call(chance, tag)],
      [2, () => [UNDO]],
      [1, () => [REDO]],
    ])(),
  // What an undo brings back, others may have made anew meanwhile: an undo does not ask the action.
  faultOf: (state) => (under.name === 'Registry' ? undefined : under.faultOf(state)),
  mayBeEmpty: new Set([...under.mayBeEmpty, UNDO, REDO]),
}))

function sum(money: Record<string, number>): number {
  return Object.values(money).reduce((a, b) => a + b, 0)
}
