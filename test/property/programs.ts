/**
 * Random programs over a state with fields of every kind. A program is data; the same one runs as an action of a system
 * and on plain JavaScript objects, and should not be able to tell them apart.
 */
/* oxlint-disable unicorn/no-array-sort, unicorn/no-array-reverse -- that arrays change in place is what is tested */
import { copyValue, isPlainObject } from '../../lib/protocol/value.ts'
import { AgenticSystem } from '../../lib/system/agentic-system.ts'
import { describeSystem } from '../../lib/system/describe-system.ts'

export interface Row {
  id: string
  n: number
  done: boolean
  tags: string[]
}
type Plain = Record<string, unknown>

export interface Fields {
  obj: Plain
  rows: Row[]
  nums: number[]
  grid: number[][]
  map: Map<string | number, unknown>
  set: Set<string | number>
  date: Date
  dates: Date[]
  bytes: Uint8Array
  big: bigint
  maybe: unknown
}

export interface Step {
  readonly name: string
  readonly i: number
  readonly j: number
  readonly value: unknown
  readonly row: Row
}

/** What a step works with. `value` and `row` are its own; `say` notes something that it has seen. */
interface Hand {
  readonly i: number
  readonly j: number
  readonly key: string
  readonly other: string
  readonly value: unknown
  readonly row: Row
  readonly say: (seen: unknown) => void
}
type Act = (s: Fields, hand: Hand) => void

const KEYS = ['a', 'b', 'c', 'toString', '$d', '1', 'a']
const MAP_KEYS: (string | number)[] = ['a', 'b', 'c', 1, 2, 'a', 'b']

const own = (object: Plain, key: string): unknown => (Object.hasOwn(object, key) ? object[key] : undefined)

const objectSteps: Record<string, Act> = {
  set: (s, { key, value }) => void (s.obj[key] = value),
  setNested: (s, { key, other, value }) => {
    const child = own(s.obj, key)
    if (isPlainObject(child)) child[other] = value
  },
  deleteNested: (s, { key, other }) => {
    const child = own(s.obj, key)
    if (isPlainObject(child)) delete child[other]
  },
  delete: (s, { key }) => void delete s.obj[key],
  deleteAndSet: (s, { key, value }) => {
    delete s.obj[key]
    s.obj[key] = value
  },
  takeBack: (s, { key, value }) => {
    if (!Object.hasOwn(s.obj, key)) return
    const before = s.obj[key]
    s.obj[key] = value
    s.obj[key] = before
  },
  increment: (s, { key }) => {
    if (typeof s.obj[key] === 'number') (s.obj as Record<string, number>)[key]!++
  },
  spread: (s, { key, value }) => void (s.obj = { ...s.obj, [key]: value }),
  assign: (s, { key, other, value }) => void Object.assign(s.obj, { [key]: value, [other]: 1 }),
  swap: (s, { key, other }) => {
    if (Object.hasOwn(s.obj, key) && Object.hasOwn(s.obj, other)) [s.obj[key], s.obj[other]] = [s.obj[other], s.obj[key]]
  },
  branchOnKey: (s, { key, other, value }) => {
    if (key in s.obj) s.obj[other] = value
  },
  branchOnValue: (s, { key, i }) => {
    if (own(s.obj, key) === i) s.obj['b'] = 'equal'
  },
  branchOnMissing: (s, { key, other, value }) => {
    if (s.obj[key] === undefined) s.obj[other] = value
  },
  clearByKeys: (s) => {
    for (const key of Object.keys(s.obj)) if (key !== 'a') delete s.obj[key]
  },
  seeKeys: (s, { say }) => say(Object.keys(s.obj)),
  seeHas: (s, { key, say }) => say(Object.hasOwn(s.obj, key)),
  seeInherited: (s, { key, say }) => say(typeof s.obj[key]),
  seeValue: (s, { key, say }) => say(own(s.obj, key)),
  seeEntries: (s, { say }) => say(Object.entries(s.obj)),
  seeForIn: (s, { say }) => {
    for (const key in s.obj) say(key)
  },
}

const rowSteps: Record<string, Act> = {
  push: (s, { row, say }) => say(s.rows.push(row)),
  pushAliased: (s, { row }) => {
    s.rows.push(row)
    row.n = 50
    s.rows.at(-1)!.tags.push('late')
  },
  pushTwice: (s, { row }) => {
    s.rows.push(row, row)
    row.n = 60
  },
  pop: (s, { say }) => say(s.rows.pop()),
  shift: (s, { say }) => say(s.rows.shift()),
  unshift: (s, { row, say }) => say(s.rows.unshift(row)),
  splice: (s, { i, j, row, say }) => say(s.rows.splice(i, j % 3, row)),
  cut: (s, { i, j, say }) => say(s.rows.splice(i, j % 3)),
  sort: (s) => void s.rows.sort((a, b) => a.n - b.n),
  reverse: (s) => void s.rows.reverse(),
  copyWithin: (s, { i, j }) => void s.rows.copyWithin(i, j),
  fill: (s, { i, row }) => void s.rows.fill(row, i),
  truncate: (s, { i }) => {
    if (i < s.rows.length) s.rows.length = i
  },
  filter: (s, { i }) => void (s.rows = s.rows.filter((row) => row.n !== i)),
  mapSpread: (s, { i }) => void (s.rows = s.rows.map((row) => (row.n === i ? { ...row, done: !row.done } : row))),
  spread: (s, { row }) => void (s.rows = [...s.rows, row]),
  concat: (s, { row }) => void (s.rows = s.rows.concat([row])),
  slice: (s, { i, j }) => void (s.rows = s.rows.slice(i, i + j)),
  toSorted: (s) => void (s.rows = s.rows.toSorted((a, b) => b.n - a.n)),
  toSpliced: (s, { i, row }) => void (s.rows = s.rows.toSpliced(i, 1, row)),
  with: (s, { i, row }) => {
    if (i < s.rows.length) s.rows = s.rows.with(i, row)
  },
  assignIndex: (s, { i, row }) => {
    if (i < s.rows.length) s.rows[i] = row
  },
  appendIndex: (s, { row }) => void (s.rows[s.rows.length] = row),
  // oxlint-disable-next-line no-self-assign -- a field that is assigned is written
  assignSelf: (s) => void (s.rows = s.rows),
  swap: (s, { i, j }) => {
    if (i < s.rows.length && j < s.rows.length) [s.rows[i], s.rows[j]] = [s.rows[j]!, s.rows[i]!]
  },
  duplicate: (s, { i, j }) => {
    if (i < s.rows.length && j < s.rows.length) s.rows[i] = s.rows[j]!
  },
  move: (s, { i, j }) => {
    const [row] = s.rows.splice(i, 1)
    if (row === undefined) return
    s.rows.splice(j, 0, row)
    row.n += 10
  },
  toggle: (s, { i }) => {
    const row = s.rows[i]
    if (row !== undefined) row.done = !row.done
  },
  setFields: (s, { i, value }) => {
    const row = s.rows[i]
    if (row !== undefined) Object.assign(row, { n: 3, extra: value })
  },
  find: (s, { row, i }) => {
    const found = s.rows.find(({ id }) => id === row.id)
    if (found !== undefined) found.n = i
  },
  leftBehind: (s, { i }) => {
    const row = s.rows[i]
    s.rows = s.rows.filter((_row, at) => at !== i)
    if (row !== undefined) row.n = 99
  },
  tag: (s, { i }) => void s.rows[i]?.tags.push('new'),
  untag: (s, { i }) => void s.rows[i]?.tags.shift(),
  moveTags: (s, { i, j }) => {
    const [from, to] = [s.rows[i], s.rows[j]]
    if (from === undefined || to === undefined) return
    to.tags = from.tags
    from.tags = []
    to.tags.push('moved')
  },
  deleteMember: (s, { i }) => {
    if (s.rows[i] !== undefined) delete (s.rows[i] as Partial<Row>).done
  },
  seeLength: (s, { say }) => say(s.rows.length),
  seeRow: (s, { i, say }) => say(s.rows[i]),
  seeMember: (s, { i, say }) => say(s.rows[i]?.done),
  seeAt: (s, { say }) => say(s.rows.at(-1)?.id),
  seeIndexOf: (s, { i, say }) => say(s.rows.indexOf(s.rows[i] as Row)),
  seeIncludes: (s, { row, say }) => say(s.rows.includes(row)),
  seeSome: (s, { i, say }) => say(s.rows.some((row) => row.n === i)),
  seeFindLast: (s, { i, say }) => say(s.rows.findLast((row) => row.n <= i)?.id),
  seeReduce: (s, { say }) => say(s.rows.reduce((sum, row) => sum + row.n, 0)),
  seeForOf: (s, { say }) => {
    for (const row of s.rows) say(row.id)
  },
  seeEntries: (s, { say }) => {
    for (const [at, row] of s.rows.entries()) say([at, row.n])
  },
  seeFlat: (s, { say }) => say(s.rows.flatMap((row) => row.tags)),
  seeJson: (s, { say }) => say(JSON.stringify(s.rows.map(({ id, tags }) => ({ id, tags })))),
}

const numberSteps: Record<string, Act> = {
  assign: (s, { i, j }) => {
    if (i < s.nums.length) s.nums[i] = j
  },
  assignTwo: (s, { i, j }) => {
    if (i < s.nums.length) s.nums[i] = 1
    if (j < s.nums.length) s.nums[j] = 2
  },
  increment: (s, { i }) => {
    if (i < s.nums.length) s.nums[i]!++
  },
  swap: (s, { i, j }) => {
    if (i < s.nums.length && j < s.nums.length) [s.nums[i], s.nums[j]] = [s.nums[j]!, s.nums[i]!]
  },
  push: (s, { i, j }) => void s.nums.push(i, j),
  pop: (s, { say }) => say(s.nums.pop()),
  shift: (s, { say }) => say(s.nums.shift()),
  splice: (s, { i, j }) => void s.nums.splice(i, j % 3, 7, 8),
  sort: (s) => void s.nums.sort((a, b) => a - b),
  // oxlint-disable-next-line typescript/require-array-sort-compare -- the order by text is meant
  sortAsText: (s) => void s.nums.sort(),
  reverse: (s) => void s.nums.reverse(),
  fill: (s, { i, j }) => void s.nums.fill(9, i, j),
  copyWithin: (s, { i, j }) => void s.nums.copyWithin(i, j, j + 2),
  generic: (s, { i }) => void Array.prototype.push.call(s.nums, i),
  deleteLast: (s) => {
    if (s.nums.length > 0) s.nums.length--
  },
  seeAll: (s, { say }) => say(s.nums),
  seeOne: (s, { i, say }) => say(s.nums[i]),
  seeIndexOf: (s, { i, say }) => say(s.nums.indexOf(i)),
  seeJoin: (s, { say }) => say(s.nums.join('-')),
}

const gridSteps: Record<string, Act> = {
  set: (s, { i, j }) => {
    const line = s.grid[i]
    if (line !== undefined && j < line.length) line[j]!++
  },
  pushLine: (s, { i, j }) => void s.grid.push([i, j]),
  pushCell: (s, { i, j }) => void s.grid[i]?.push(j),
  shiftCell: (s, { i }) => void s.grid[i]?.shift(),
  swapLines: (s, { i, j }) => {
    if (i < s.grid.length && j < s.grid.length) [s.grid[i], s.grid[j]] = [s.grid[j]!, s.grid[i]!]
  },
  aliasLines: (s, { i, j }) => {
    if (i >= s.grid.length || j >= s.grid.length) return
    s.grid[i] = s.grid[j]!
    s.grid[i].push(5)
  },
  unshiftAndWrite: (s, { j }) => {
    const first = s.grid[0]
    s.grid.unshift([j])
    first?.push(j)
  },
  transpose: (s) => void (s.grid = s.grid.map((line) => line.toReversed())),
  seeCell: (s, { i, j, say }) => say(s.grid[i]?.[j]),
  seeLengths: (s, { say }) => say(s.grid.map((line) => line.length)),
  seeFlat: (s, { say }) => say(s.grid.flat()),
}

const mapSteps: Record<string, Act> = {
  set: (s, { i, value }) => void s.map.set(MAP_KEYS[i] as string, value),
  delete: (s, { i, say }) => say(s.map.delete(MAP_KEYS[i] as string)),
  clear: (s) => s.map.clear(),
  clearAndSet: (s, { i, value }) => {
    s.map.clear()
    s.map.set(MAP_KEYS[i] as string, value)
  },
  change: (s, { i, value }) => {
    const item = s.map.get(MAP_KEYS[i] as string)
    if (isPlainObject(item)) item['a'] = value
  },
  changeAll: (s) => {
    for (const item of s.map.values()) if (isPlainObject(item)) item['b'] = 1
  },
  rename: (s, { i, j }) => {
    const [from, to] = [MAP_KEYS[i] as string, MAP_KEYS[j] as string]
    if (!s.map.has(from)) return
    const item = s.map.get(from)
    s.map.delete(from)
    s.map.set(to, item)
    if (isPlainObject(item)) item['c'] = 'renamed'
  },
  aliased: (s, { i }) => {
    const item: Plain = {}
    s.map.set(MAP_KEYS[i] as string, item)
    item['late'] = true
  },
  assignNew: (s, { i, value }) => void (s.map = new Map([...s.map, [MAP_KEYS[i] as string, value]])),
  branch: (s, { i, j, value }) => {
    if (s.map.has(MAP_KEYS[i] as string)) s.map.set(MAP_KEYS[j] as string, value)
  },
  seeHas: (s, { i, say }) => say(s.map.has(MAP_KEYS[i] as string)),
  seeGet: (s, { i, say }) => say(s.map.get(MAP_KEYS[i] as string)),
  seeSize: (s, { say }) => say(s.map.size),
  seeKeys: (s, { say }) => say([...s.map.keys()]),
  seeEntries: (s, { say }) => say([...s.map]),
  seeForEach: (s, { say }) => s.map.forEach((item, key, map) => say([key, typeof item, map === s.map])),
}

const setSteps: Record<string, Act> = {
  add: (s, { i }) => void s.set.add(MAP_KEYS[i] as string),
  delete: (s, { i, say }) => say(s.set.delete(MAP_KEYS[i] as string)),
  clear: (s) => s.set.clear(),
  clearAndAdd: (s, { i }) => {
    s.set.clear()
    s.set.add(MAP_KEYS[i] as string)
  },
  assignNew: (s, { i }) => void (s.set = new Set([...s.set].filter((member) => member !== MAP_KEYS[i]))),
  branch: (s, { i, j }) => {
    if (s.set.has(MAP_KEYS[i] as string)) s.set.add(MAP_KEYS[j] as string)
  },
  seeHas: (s, { i, say }) => say(s.set.has(MAP_KEYS[i] as string)),
  seeSize: (s, { say }) => say(s.set.size),
  seeAll: (s, { say }) => say([...s.set]),
}

const dateSteps: Record<string, Act> = {
  setYear: (s, { i }) => void s.date.setUTCFullYear(1990 + i),
  touch: (s) => void s.date.setTime(s.date.getTime()),
  assign: (s, { i }) => {
    s.date = new Date(i)
    s.date.setUTCDate(2)
  },
  see: (s, { say }) => say(s.date),
  setOne: (s, { i, j }) => void s.dates[i]?.setUTCFullYear(1980 + j),
  push: (s) => void s.dates.push(s.date),
  pushAndSet: (s, { i }) => {
    s.dates.push(s.date)
    s.date.setUTCFullYear(1970 + i)
  },
  alias: (s, { i, j }) => {
    if (i >= s.dates.length || j >= s.dates.length) return
    s.dates[i] = s.dates[j]!
    s.dates[i].setUTCFullYear(1960 + i)
  },
  sort: (s) => void s.dates.sort((a, b) => a.getTime() - b.getTime()),
  shiftAndSet: (s, { i }) => {
    const date = s.dates[1]
    s.dates.shift()
    date?.setUTCFullYear(1950 + i)
  },
  seeAll: (s, { say }) => say(s.dates),
}

const byteSteps: Record<string, Act> = {
  set: (s, { i, j }) => {
    if (i < s.bytes.length) s.bytes[i] = j
  },
  fill: (s, { i }) => void s.bytes.fill(i),
  assign: (s, { i, j }) => {
    s.bytes = new Uint8Array(i + 1)
    s.bytes[0] = j
  },
  see: (s, { i, say }) => say(s.bytes[i]),
  seeAll: (s, { say }) => say(s.bytes),
  big: (s, { i }) => void (s.big += BigInt(i)),
  seeBig: (s, { say }) => say(s.big),
}

const moveSteps: Record<string, Act> = {
  assign: (s, { value }) => void (s.maybe = value),
  takeObject: (s) => void (s.maybe = s.obj),
  takeAndChange: (s, { key, value }) => {
    s.maybe = s.obj
    s.obj[key] = value
  },
  takeRow: (s, { i }) => void (s.maybe = s.rows[i]),
  takeDate: (s) => void (s.maybe = s.date),
  takeBytes: (s) => void (s.maybe = s.bytes),
  swapFields: (s) => {
    const { obj, maybe } = s
    if (isPlainObject(maybe)) [s.obj, s.maybe] = [maybe, obj]
  },
  wrap: (s, { i }) => void (s.maybe = { inner: s.obj, rows: [s.rows[i]] }),
  wrapAndChange: (s, { i, key, value }) => {
    const made: { inner: Plain; rows: unknown[] } = { inner: s.obj, rows: [s.rows[i]] }
    s.maybe = made
    made.inner[key] = value
    made.rows.push('late')
  },
  wrapFrozen: (s) => void (s.maybe = Object.freeze({ inner: s.obj, list: Object.freeze([s.nums]) })),
  wrapInMap: (s, { i }) => void (s.maybe = new Map([['row', s.rows[i]]])),
  putIntoObject: (s, { key }) => void (s.obj[key] = s.maybe),
  putIntoMap: (s, { i }) => void s.map.set(MAP_KEYS[i] as string, s.maybe),
  putGridIntoMap: (s, { i }) => void s.map.set(MAP_KEYS[i] as string, s.grid),
  twice: (s, { key }) => {
    const made = { x: 1, list: [1] }
    s.maybe = made
    s.obj[key] = made
    made.x = 2
    made.list.push(2)
  },
  change: (s, { value }) => {
    if (isPlainObject(s.maybe)) s.maybe['changed'] = value
    if (Array.isArray(s.maybe)) s.maybe.push(value)
  },
  see: (s, { say }) => say(s.maybe),
  seeSame: (s, { say }) => say(s.maybe === s.obj),
}

const groups = {
  obj: objectSteps,
  rows: rowSteps,
  nums: numberSteps,
  grid: gridSteps,
  map: mapSteps,
  set: setSteps,
  date: dateSteps,
  bytes: byteSteps,
  move: moveSteps,
}
const acts: ReadonlyMap<string, Act> = new Map(
  Object.entries(groups).flatMap(([group, steps]) => Object.entries(steps).map(([name, act]) => [`${group}.${name}`, act])),
)

export const stepNames: readonly string[] = [...acts.keys()]

/** Runs a program. What it has seen, as values, is its result. */
export function runProgram(fields: Fields, program: readonly Step[]): unknown[] {
  const seen: unknown[] = []
  for (const { name, i, j, value, row } of program) {
    const act = acts.get(name) as Act
    // Each run has values of its own, as each call has arguments of its own.
    const fresh = structuredClone({ value, row })
    act(fields, { i, j, key: KEYS[i] as string, other: KEYS[j] as string, ...fresh, say: (thing) => void seen.push(copyValue(thing)) })
  }
  return seen
}

/** The system whose action runs a program. */
class Machine extends AgenticSystem {
  static readonly fields = ['obj', 'rows', 'nums', 'grid', 'map', 'set', 'date', 'dates', 'bytes', 'big', 'maybe']
  static readonly actions = ['run']
  run(program: readonly Step[]): unknown[] {
    return runProgram(this as unknown as Fields, program)
  }
}

export const machine = describeSystem('Machine', Machine)

/** Whether two values are the same but for the order of keys and members, which operations may leave otherwise. */
export function sameUpToOrder(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((item, i) => sameUpToOrder(item, b[i]))
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime()
  if (a instanceof Uint8Array && b instanceof Uint8Array) return a.join() === b.join()
  if (a instanceof Map && b instanceof Map)
    return a.size === b.size && [...a].every(([key, item]) => b.has(key) && sameUpToOrder(item, b.get(key)))
  if (a instanceof Set && b instanceof Set) return a.size === b.size && [...a].every((member) => b.has(member))
  if (!isPlainObject(a) || !isPlainObject(b)) return false
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameUpToOrder(a[key], b[key]))
}
