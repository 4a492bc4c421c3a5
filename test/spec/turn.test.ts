/** Turns: what may be called, what lasts, what crosses, and that the state looks like plain JavaScript to an action. */
/* oxlint-disable unicorn/no-array-sort, unicorn/no-array-reverse, unicorn/no-instanceof-builtins, unicorn/no-array-fill-with-reference-type,
   typescript/no-for-in-array, typescript/no-base-to-string -- what these warn of is what is tested */
import { describe, expect, test } from 'vitest'
import { HomeroomError, TurnEndedError } from '../../lib/protocol/errors.ts'
import { applyOps } from '../../lib/protocol/ops.ts'
import { AgenticSystem, type Connection } from '../../lib/system/agentic-system.ts'
import { action, field } from '../../lib/system/decorators.ts'
import { describeSystem } from '../../lib/system/describe-system.ts'
import { assertAction, runTurn } from '../../worker/run/turn.ts'
import { callOf, runOnce } from './run-once.ts'

const signal = {}

class Board extends AgenticSystem {
  @field tasks: { id: string; done: boolean }[] = []
  @field title = 'Board'
  helper = 0
  #secret = 1

  @action() add(id: string): number {
    this.tasks.push({ id, done: false })
    return this.tasks.length
  }

  @action() failLate(): void {
    this.title = 'changed'
    this.tasks.push({ id: 'never', done: false })
    throw new RangeError('late')
  }

  @action() useEverything(): unknown[] {
    this.helper++
    this.#secret++
    ;(this as unknown as Record<string, unknown>)['stray'] = 'stray'
    return [this.helper, this.#secret, this.double(this.#secret), this.id]
  }

  @action() chance(): unknown {
    return [this.turn.now(), this.turn.random(), this.turn.random(), this.turn.uuid(), this.turn.uuid()]
  }

  @action() who(): unknown {
    return this.turn.connection?.id
  }

  onConnect(_connection: Connection): void {
    this.title = 'connected'
  }

  double(n: number): number {
    return 2 * n
  }
}

const board = describeSystem('Board', Board)

describe('what may be called', () => {
  test('[A1] marked methods', () => {
    for (const name of ['add', 'failLate', 'useEverything']) expect(() => assertAction(board, name)).not.toThrow()
  })

  const refused = [
    'double',
    'helper',
    'tasks',
    '#secret',
    'onConnect',
    'onCreate',
    'constructor',
    'toString',
    'valueOf',
    'hasOwnProperty',
    '__proto__',
    '__defineGetter__',
    'id',
    'turn',
    'connections',
    '',
    'ADD',
    'add ',
  ]
  for (const name of refused)
    test(`[A1] ${JSON.stringify(name)} is refused`, () => {
      expect(() => assertAction(board, name)).toThrow(HomeroomError)
      expect(() => assertAction(board, name)).toThrow(/nothing was run\. Its actions are: add, failLate/)
    })

  test('[A1] a long name is cut in the message', () => {
    expect(() => assertAction(board, 'x'.repeat(10_000))).toThrow(/^.{0,400}$/)
  })
})

describe('all or nothing', () => {
  test('[A2] an action that throws changes nothing, and its error is the caller’s', async () => {
    const state = { tasks: [{ id: 'a', done: false }], title: 'x' }
    const before = structuredClone(state)
    await expect(runTurn(board, 'id', state, callOf('failLate'), signal)).rejects.toThrow(new RangeError('late'))
    expect(state).toEqual(before)
  })

  test('[A2] so does one whose state or result is refused', async () => {
    const state = { list: [1], n: 0 }
    const refused: ((self: typeof state) => unknown)[] = [
      (self) => self.list.push(Number.NaN),
      (self) => void (self.n = (() => 1) as unknown as number),
      (self) => void self.list.push(new Map([[{}, 1]]) as unknown as number),
      (self) => void (self.list[5] = 1),
      (self) => void (self.list.length = 7),
      (self) => void Object.freeze(self.list),
      (self) => void Object.setPrototypeOf(self.list, null),
      (self) => void Object.defineProperty(self.list, 0, { get: () => 1 }),
      (self) => void ((self.list as unknown as Record<string, unknown>)['name'] = 1),
      (self) => void ((self.list as unknown as Record<symbol, unknown>)[Symbol('s')] = 1),
      (self) => {
        const ring: unknown[] = [1]
        ring.push({ ring })
        self.list = ring as number[]
      },
      (self) => void self.list.push([self.list] as unknown as number),
      () => () => 1,
      () => new Date(Number.NaN),
    ]
    for (const act of refused) await expect(runOnce(state, act), String(act)).rejects.toMatchObject({ code: 'value/unsupported' })
    expect(state).toEqual({ list: [1], n: 0 })
  })

  test('[A3] a refusal names the place', async () => {
    const rows = [{ at: {} as Record<string, unknown> }]
    await expect(runOnce({ rows }, (self) => void (self.rows[0]!.at['when'] = Number.NaN))).rejects.toThrow(/^this\.rows\[0\]\.at\.when /)
    await expect(runOnce({ rows }, (self) => void (self.rows[0]!.at['when'] = { deep: [() => 1] }))).rejects.toThrow(
      /^rows\[0\]\.at\.when\.deep\[0\] /,
    )
    await expect(runOnce({ rows }, () => ({ a: [Symbol('s')] }))).rejects.toThrow(/^result\.a\[0\] /)
    await expect(runOnce({ rows }, () => 0, [{ f: () => 1 }])).rejects.toThrow(/^arguments\[0\]\.f /)
  })

  test('[A3] the limit on nesting holds for the state, not only for what one action adds', async () => {
    let state: { tree: Record<string, unknown> } = { tree: {} }
    const grow = async () => {
      const { after } = await runOnce(state, (self) => {
        let leaf = self.tree
        while (leaf['inner'] !== undefined) leaf = leaf['inner'] as Record<string, unknown>
        leaf['inner'] = {}
      })
      state = after
    }
    for (let depth = 1; depth < 64; depth++) await grow()
    await expect(grow()).rejects.toThrow(/nested deeper than 64 levels/)
  })

  test('[A3] what an action nests without end is refused, not a broken stack', async () => {
    await expect(
      runOnce<{ tree: object }>({ tree: {} }, (self) => {
        for (let i = 0; i < 100_000; i++) self.tree = { inner: self.tree }
      }),
    ).rejects.toThrow(/nested deeper than 64 levels/)
  })

  test('[A4] a turn that changes nothing has no operations', async () => {
    const outcome = await runOnce({ n: 1, list: [{ a: 1 }], date: new Date(5) }, (self) => {
      self.n = 1
      self.list.push({ a: 2 })
      self.list.pop()
      self.list[0]!.a = 2
      self.list[0]!.a = 1
      self.date.setTime(5)
    })
    expect(outcome.ops).toEqual([])
    expect(outcome.writes).not.toEqual([])
  })
})

describe('this', () => {
  test('[A6] private members, plain properties and helpers work, and start afresh each turn', async () => {
    const first = await runTurn(board, 'b1', board.initial, callOf('useEverything'), signal)
    const second = await runTurn(board, 'b1', applyOps(board.initial, first.ops), callOf('useEverything'), signal)
    expect(first.value).toEqual([1, 2, 4, 'b1'])
    expect(second.value).toEqual(first.value)
    expect(first.ops).toEqual([])
  })

  test('[A6] a field can be assigned, but not deleted or defined anew', async () => {
    await expect(runOnce({ n: 1 }, (self: { n?: number }) => delete self.n)).rejects.toThrow(TypeError)
    await expect(runOnce({ n: 1 }, (self) => Object.defineProperty(self, 'n', { value: 2 }))).rejects.toThrow(TypeError)
  })

  test('[A6] id, connections and turn are there in a turn only', () => {
    class Early extends AgenticSystem {
      @field name = this.id
    }
    expect(() => describeSystem('Early', Early)).toThrow(/`this\.id` was read outside a turn/)
  })

  test('[Q3] time, chance and ids belong to the call', async () => {
    const run = async (seed: string, now: number) =>
      (await runTurn(board, 'id', board.initial, { ...callOf('chance'), seed, now }, signal)).value as unknown[]
    const [a, again, other] = [await run('s', 5), await run('s', 5), await run('t', 5)]
    expect(a).toEqual(again)
    expect(a[0]).toBe(5)
    expect(a.slice(1)).not.toEqual(other.slice(1))
    for (const uuid of a.slice(3)) expect(uuid).toMatch(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    expect(new Set([a[3], a[4], other[3], other[4]]).size).toBe(4)
  })

  test('[Q3] the connection is that of the call', async () => {
    const connection = { id: 'c1', device: 'd', metadata: undefined }
    expect((await runTurn(board, 'id', board.initial, { ...callOf('who'), connection }, signal)).value).toBe('c1')
    expect((await runTurn(board, 'id', board.initial, callOf('who'), signal)).value).toBe(undefined)
  })
})

describe('nothing is shared', () => {
  const state = () => ({
    rows: [{ id: 'a', tags: ['x'], at: new Date(0), bytes: new Uint8Array(2) }],
    map: new Map([['k', { n: 1 }]]),
    set: new Set([1]),
    any: undefined as unknown,
  })

  test('[A7] changing an argument or a result later changes nothing', async () => {
    const argument = { list: [1] }
    const { after, value, ops } = await runOnce(state(), (self, given: unknown) => ((self.any = given), self.rows), [argument])
    const before = structuredClone(after)
    argument.list.push(2)
    ;(value as { tags: string[] }[])[0]!.tags.push('later')
    expect(after).toEqual(before)
    expect(ops).toEqual([['set', ['any'], { list: [1] }]])
  })

  test('[A7] an argument changed by the action is not the caller’s', async () => {
    const argument = { list: [1] }
    await runOnce(state(), (_self, given: { list: number[] }) => void given.list.push(2), [argument])
    expect(argument).toEqual({ list: [1] })
  })

  test('[A7] what code still holds after the turn reaches neither the state before nor the one after', async () => {
    const before = state()
    const copy = structuredClone(before)
    const leaked: { made?: Record<string, unknown>; date?: Date; bytes?: Uint8Array; list?: unknown[] } = {}
    const { after } = await runOnce(before, (self) => {
      leaked.made = { inner: { deep: [1] }, view: self.map }
      leaked.list = self.rows.filter(() => true)
      leaked.date = self.rows[0]!.at
      leaked.bytes = self.rows[0]!.bytes
      self.any = [leaked.made, leaked.list]
    })
    const expected = structuredClone(after)
    ;(leaked.made!['inner'] as { deep: number[] }).deep.push(2)
    leaked.date!.setFullYear(1990)
    leaked.bytes![0] = 9
    leaked.list!.push('more')
    expect(() => (leaked.made!['view'] as Map<string, unknown>).clear()).toThrow(TurnEndedError)
    expect(() => ((leaked.list![0] as { id: string }).id = 'b')).toThrow(TurnEndedError)
    expect(before).toEqual(copy)
    expect(after).toEqual(expected)
    expect(after.any).toEqual([{ inner: { deep: [1] }, view: copy.map }, copy.rows])
  })

  test('[Q6] a view used after its turn throws and changes nothing', async () => {
    const before = state()
    const copy = structuredClone(before)
    let leaked: ReturnType<typeof state> | undefined
    const views: unknown[] = []
    const { after } = await runOnce(before, (self) => {
      leaked = self
      views.push(self.rows, self.rows[0], self.map, self.set)
    })
    const [rows, row, map, set] = views as [unknown[], { id: string }, Map<string, unknown>, Set<unknown>]
    const uses: (() => unknown)[] = [
      () => leaked!.rows,
      () => (leaked!.rows = []),
      () => rows.length,
      () => rows.push(1),
      () => rows.sort(),
      () => rows[0],
      () => 0 in rows,
      () => [...rows],
      () => row.id,
      () => (row.id = 'b'),
      () => delete (row as { id?: string }).id,
      () => Object.keys(row),
      () => Object.hasOwn(row, 'id'),
      () => ({ ...row }),
      () => map.get('k'),
      () => map.has('k'),
      () => map.size,
      () => map.set('k', 1),
      () => map.delete('k'),
      () => map.clear(),
      () => [...map],
      () => map.forEach(() => 0),
      () => set.has(1),
      () => set.size,
      () => set.add(2),
      () => set.delete(1),
      () => set.clear(),
      () => [...set],
    ]
    for (const use of uses) expect(use, String(use)).toThrow(TurnEndedError)
    expect(() => row.id).toThrow(/^An action read `this\.rows\[0\]` after its turn had ended/)
    expect(before).toEqual(copy)
    expect(after).toEqual(copy)
  })

  test('[Q6] so does one of a turn that has thrown, or that goes on after it returned', async () => {
    let leaked: { n: number } | undefined
    await expect(runOnce({ n: 1 }, (self) => { leaked = self; throw new Error('x') })).rejects.toThrow('x') // prettier-ignore
    expect(() => leaked!.n).toThrow(TurnEndedError)
    let late: Promise<unknown> | undefined
    const { after } = await runOnce({ n: 1 }, (self) => {
      late = (async () => {
        await new Promise((done) => setTimeout(done, 0))
        self.n = 2
      })()
    })
    await expect(late).rejects.toThrow(TurnEndedError)
    expect(after).toEqual({ n: 1 })
  })

  test('[A2] changes made across awaits belong to one turn', async () => {
    const { after, ops } = await runOnce({ list: [1] }, async (self) => {
      self.list.push(2)
      await Promise.resolve()
      self.list.push(3)
    })
    expect(after).toEqual({ list: [1, 2, 3] })
    expect(ops).toEqual([['insert', ['list'], 1, [2, 3]]])
  })
})

describe('describing a system', () => {
  test('[A1] names come from decorators, statics and parents, and initial values from a new object', () => {
    class Base extends AgenticSystem {
      @field a = 1
      @action() one(): void {}
    }
    class Derived extends Base {
      static readonly version = 3
      static readonly fields = ['b']
      static readonly actions = ['two']
      b = new Map([['k', [1n]]])
      @field c = new Date(0)
      two(): void {}
      @action({ timeoutMs: 5 }) override one(): void {}
    }
    const { Class, options, ...shape } = describeSystem('Derived', Derived)
    expect(Class).toBe(Derived)
    expect(options.get('one')).toEqual({ timeoutMs: 5 })
    expect(shape).toEqual({
      name: 'Derived',
      version: 3,
      fields: ['a', 'c', 'b'],
      actions: ['one', 'two'],
      initial: { a: 1, c: new Date(0), b: new Map([['k', [1n]]]) },
      hasConnectionHooks: false,
      mentionsConnections: false,
      stateFields: ['a', 'c', 'b'],
    })
    expect(describeSystem('Base', Base)).toMatchObject({ version: 1, fields: ['a'], actions: ['one'] })
  })

  test('[A1] an action that a subclass overrides without marking it stays one', async () => {
    class Base extends AgenticSystem {
      @action() greet(): string {
        return 'base'
      }
    }
    class Derived extends Base {
      override greet(): string {
        return `derived ${super.greet()}`
      }
    }
    const system = describeSystem('Derived', Derived)
    expect((await runTurn(system, 'id', system.initial, callOf('greet'), signal)).value).toBe('derived base')
  })

  for (const name of [
    'id',
    'connections',
    'turn',
    'actions',
    'then',
    'toJSON',
    'constructor',
    'prototype',
    '__proto__',
    '$id',
    '$',
    'onCreate',
    'onConnect',
    'onDisconnect',
  ])
    test(`[A1] no field or action may be named ${name}`, () => {
      class Fields extends AgenticSystem {
        static readonly fields = [name]
      }
      class Actions extends AgenticSystem {
        static readonly actions = [name]
      }
      for (const Class of [Fields, Actions])
        expect(() => describeSystem('S', Class)).toThrow(expect.objectContaining({ code: 'system/reserved-name' }))
    })

  test('[A1] an action must be a method', () => {
    class Missing extends AgenticSystem {
      static readonly actions = ['nothing']
    }
    expect(() => describeSystem('S', Missing)).toThrow(expect.objectContaining({ code: 'system/no-such-member' }))
  })

  test('[A1] one name is a field or an action, not both', () => {
    class Both extends AgenticSystem {
      static readonly fields = ['x']
      static readonly actions = ['x']
      x(): void {}
    }
    expect(() => describeSystem('S', Both)).toThrow(HomeroomError)
  })

  test('[A3] initial values must be values', () => {
    class Bad extends AgenticSystem {
      @field handlers = { save: () => 1 }
    }
    expect(() => describeSystem('Bad', Bad)).toThrow(/^handlers\.save cannot be stored/)
  })

  for (const version of [0, -1, 1.5, '2', Number.NaN, null])
    test(`[Y9] the version ${String(version)} is refused`, () => {
      class Versioned extends AgenticSystem {
        static readonly version = version as number
      }
      if (version === null) expect(describeSystem('S', Versioned).version).toBe(1)
      else expect(() => describeSystem('S', Versioned)).toThrow(expect.objectContaining({ code: 'system/bad-version' }))
    })
})

describe('views behave like the real thing', () => {
  const state = () => ({
    rows: [
      { id: 'a', n: 2 },
      { id: 'b', n: 1 },
      { id: 'c', n: 3 },
    ],
    obj: { a: 1, b: { c: [1, 2] } } as Record<string, unknown>,
    map: new Map<unknown, unknown>([
      ['k', { n: 1 }],
      [1, 'one'],
    ]),
    set: new Set<unknown>(['a', 1, null]),
  })
  type State = ReturnType<typeof state>

  /** What an action sees, and what plain JavaScript sees, as values that tests can compare. */
  const looks: Record<string, (self: State) => unknown> = {
    'Array.isArray': (self) => [Array.isArray(self.rows), Array.isArray(self.obj), Array.isArray(self.map)],
    instanceof: (self) => [
      self.rows instanceof Array,
      self.obj instanceof Object,
      self.map instanceof Map,
      self.set instanceof Set,
      self.map instanceof Set,
    ],
    'the tag of toString': (self) => [self.rows, self.obj, self.map, self.set].map((value) => Object.prototype.toString.call(value)),
    constructors: (self) => [
      self.rows.constructor === Array,
      self.obj.constructor === Object,
      self.map.constructor === Map,
      self.set.constructor === Set,
    ],
    typeof: (self) => [typeof self.rows, typeof self.obj, typeof self.map.get],
    'JSON.stringify': (self) => JSON.stringify([self.rows, self.obj, self.map, self.set]),
    'text of an object': (self) => [String(self.obj), String(self.rows.map((row) => row.id))],
    'for of': (self) => {
      const ids: string[] = []
      for (const row of self.rows) ids.push(row.id)
      for (const [key] of self.map) ids.push(String(key))
      for (const member of self.set) ids.push(String(member))
      return ids
    },
    'for in': (self) => {
      const keys: string[] = []
      for (const key in self.rows) keys.push(key)
      for (const key in self.obj) keys.push(key)
      return keys
    },
    spread: (self) => [[...self.rows], { ...self.obj }, [...self.map], [...self.set]],
    destructuring: ({ rows: [first, ...rest], obj: { a, ...others } }) => [first, rest, a, others],
    'Object.keys, values, entries': (self) => [
      Object.keys(self.obj),
      Object.values(self.obj),
      Object.entries(self.rows),
      Object.fromEntries(Object.entries(self.obj)),
    ],
    'own properties': (self) => [
      Object.hasOwn(self.obj, 'a'),
      Object.hasOwn(self.obj, 'toString'),
      'a' in self.obj,
      'toString' in self.obj,
      'x' in self.obj,
      1 in self.rows,
      9 in self.rows,
      'length' in self.rows,
    ],
    'methods of Object': (self) => [
      self.obj.hasOwnProperty('b'),
      self.obj.propertyIsEnumerable('a'),
      Reflect.ownKeys(self.obj),
      Object.getOwnPropertyNames(self.rows),
      Object.getOwnPropertyDescriptor(self.obj, 'a'),
      Object.isFrozen(self.obj),
      Object.isExtensible(self.rows),
    ],
    'inherited members': (self) => [
      typeof self.obj['toString'],
      typeof self.obj['hasOwnProperty'],
      self.obj['missing'],
      Object.getPrototypeOf(self.obj) === Object.prototype,
    ],
    'includes and indexOf with what was read': (self) => [
      self.rows.includes(self.rows[1]!),
      self.rows.indexOf(self.rows[2]!),
      self.rows.lastIndexOf(self.rows[0]!),
      self.rows[0] === self.rows[0],
      self.rows.indexOf({ id: 'a', n: 2 }),
    ],
    'reading methods': (self) => [
      self.rows.map((row) => row.n),
      self.rows.filter((row) => row.n > 1),
      self.rows.find((row) => row.n === 1),
      self.rows.findIndex((row) => row.n === 3),
      self.rows.findLast((row) => row.n < 3),
      self.rows.findLastIndex((row) => row.n < 3),
      self.rows.reduce((sum, row) => sum + row.n, 0),
      self.rows.reduceRight((text, row) => text + row.id, ''),
      self.rows.some((row) => row.n === 3),
      self.rows.every((row) => row.n > 0),
      self.rows.flatMap((row) => [row.id, row.n]),
      [self.rows, [self.rows]].flat(2),
      self.rows.concat(self.rows, [{ id: 'd', n: 4 }]),
      self.rows.slice(-2),
      self.rows.map((row) => row.id).join('/'),
      self.rows.at(-1),
      self.rows.with(0, { id: 'z', n: 0 }),
      self.rows.toSorted((a, b) => a.n - b.n),
      self.rows.toReversed(),
      self.rows.toSpliced(1, 1),
      [...self.rows.entries()],
      [...self.rows.keys()],
      [...self.rows.values()],
      Array.from(self.rows, (row) => row.id),
      Math.max(...self.rows.map((row) => row.n)),
    ],
    'changing methods answer as they do': (self) => {
      const { rows } = self
      return [
        rows.push({ id: 'd', n: 4 }),
        rows.unshift({ id: 'e', n: 5 }),
        rows.pop(),
        rows.shift(),
        rows.splice(0, 1),
        rows.reverse() === rows,
        rows.sort((a, b) => a.n - b.n) === rows,
        rows.fill({ id: 'f', n: 6 }, 5) === rows,
        rows.copyWithin(0, 1) === rows,
        (rows.length = 1),
        rows.splice(0),
        rows.pop(),
        rows.shift(),
      ]
    },
    'Map methods': (self) => {
      const { map } = self
      const seen: unknown[] = []
      map.forEach((value, key, whole) => seen.push(value, key, whole === map))
      return [
        map.size,
        map.has('k'),
        map.has('x'),
        map.get('x'),
        map.get({}),
        map.has(Number.NaN),
        [...map.keys()],
        [...map.values()],
        [...map.entries()],
        seen,
        map.set('y', 1) === map,
        map.delete('y'),
        map.delete('y'),
        map.delete({}),
        new Map(map),
        Object.fromEntries(map),
        map.get('k') === map.get('k'),
      ]
    },
    'Map iteration while it changes': (self) => {
      const seen: unknown[] = []
      for (const key of self.map.keys()) {
        seen.push(key)
        if (key === 'k') self.map.delete(1)
        if (seen.length < 4) self.map.set(`new ${seen.length}`, 0)
      }
      return seen
    },
    'Set methods': (self) => {
      const { set } = self
      const seen: unknown[] = []
      set.forEach((value, key, whole) => seen.push(value, key, whole === set))
      return [
        set.size,
        set.has('a'),
        set.has({}),
        [...set.keys()],
        [...set.values()],
        [...set.entries()],
        seen,
        set.add('z') === set,
        set.delete('z'),
        set.delete('z'),
        new Set(set),
      ]
    },
    'Set algebra, where the engine has it': (self) => {
      if (!('union' in Set.prototype)) return undefined
      const call = (set: Set<unknown>, method: string, other: Set<unknown>) =>
        (set as unknown as Record<string, (other: Set<unknown>) => unknown>)[method]!(other)
      const other = new Set<unknown>([1, 2])
      const methods = ['union', 'intersection', 'difference', 'symmetricDifference', 'isSubsetOf', 'isSupersetOf', 'isDisjointFrom']
      return methods.map((method) => [call(self.set, method, other), call(other, method, self.set), call(self.set, method, self.set)])
    },
    'Set iteration while it changes': (self) => {
      const seen: unknown[] = []
      for (const member of self.set) {
        seen.push(member)
        self.set.delete(null)
        if (seen.length < 5) self.set.add(`new ${seen.length}`)
      }
      return seen
    },
    'methods borrowed from Array.prototype': (self) => {
      Array.prototype.push.call(self.rows, { id: 'd', n: 4 })
      Array.prototype.shift.call(self.rows)
      Array.prototype.splice.call(self.rows, 1, 1)
      Array.prototype.reverse.call(self.rows)
      return self.rows
    },
    'Object.assign and Object.defineProperty': (self) => {
      Object.assign(self.obj, { a: 2, z: [1] })
      Object.defineProperty(self.obj, 'y', { value: 3, writable: true, enumerable: true, configurable: true })
      return self.obj
    },
    'a refused delete': (self) => {
      try {
        return delete (self.rows as { length?: number }).length
      } catch (error) {
        return (error as Error).name
      }
    },
    'a frozen object put into the state': (self) => {
      const frozen = Object.freeze({ rows: self.rows, list: Object.freeze([self.rows[0]]) })
      self.obj['frozen'] = frozen
      return [self.obj['frozen'] === frozen, Object.isFrozen(frozen), frozen.list[0] === self.rows[0]]
    },
  }

  for (const [what, look] of Object.entries(looks))
    test(`[A3] ${what}`, async () => {
      const plain = state()
      const expected = structuredClone(look(plain))
      const { value, after } = await runOnce(state(), look)
      expect(value).toEqual(expected)
      expect(after).toEqual(structuredClone(plain))
    })

  test('[A3] structured clone of a view fails as an error of the action, and of a spread works', async () => {
    await expect(runOnce(state(), (self) => structuredClone(self.obj))).rejects.toThrow(/could not be cloned/)
    expect((await runOnce(state(), (self) => structuredClone({ ...self.rows[0] }))).value).toEqual({ id: 'a', n: 2 })
  })

  test('[A3] views give nothing away of how they are made', async () => {
    const { value } = await runOnce(state(), (self) => [
      (self.obj as Record<symbol, unknown>)[Symbol.for('immer-state')] === undefined,
      Symbol.for('immer-state') in self.obj,
    ])
    expect(value).toEqual([true, false])
  })
})
