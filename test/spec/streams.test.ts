import { afterEach, expect, test } from 'vitest'
import { action, AgenticSystem, field, stream, type Stream } from '../../lib/index.ts'
import { createWorld, type World } from '../../testing/index.ts'

/** What an action waits for, as if a model took its time. */
let gate: { open: () => void; passed: Promise<void> }
const newGate = (): void => {
  let open: () => void = () => undefined
  const passed = new Promise<void>((resolve) => (open = resolve))
  gate = { open, passed }
}

class Writer extends AgenticSystem {
  @field summary = stream<string>('')
  @field facts = stream<{ n?: number; m?: number }>({})
  @field log = stream<string[]>([])
  @field sources: { name: string; analysis: Stream<string> }[] = []
  @field done = 0

  @action() async write(chunks: readonly string[]) {
    this.summary.reset()
    for (const chunk of chunks) this.summary.append(chunk)
    await gate.passed
    this.summary.append('!')
    this.summary.complete()
    this.done++
    return this.summary.current
  }
  @action() async writeAndThrow() {
    this.done = 99
    this.summary.append('half')
    await gate.passed
    throw new Error('the model hung up')
  }
  @action() merge() {
    this.facts.append({ n: 1 })
    this.facts.append({ m: 2 })
    this.log.append(['a'])
    this.log.append(['b', 'c'])
    this.facts.complete()
  }
  @action() addSource(name: string) {
    const analysis = stream<string>('')
    this.sources.push({ name, analysis })
    analysis.append('seen: ')
  }
  @action() async analyse(at: number) {
    this.sources[at]!.analysis.append('more')
    await gate.passed
    this.sources[at]!.analysis.complete()
  }
}

class Chat extends AgenticSystem {
  @field messages: { text: Stream<string> }[] = []
  @action() ask() {
    this.messages.push({ text: stream('') })
  }
  @action() async answer() {
    this.messages[0]!.text.append('yes')
    await gate.passed
  }
}

let world: World
afterEach(() => world.close())
const open = async (sync = false) => {
  newGate()
  world = createWorld({ systems: { Writer }, sync })
  const tab = () => world.device('a').tab().system<Writer>({ id: 'x' })
  const [one, two] = [tab(), tab()]
  await Promise.all([one.$ready, two.$ready])
  return { one, two, tab }
}

test('[F4] chunks reach every subscriber in order before the turn ends', async () => {
  const { one, two } = await open()
  const call = one.write(['a', 'b', 'c'])
  await world.settle()
  expect([one.summary.current, two.summary.current]).toEqual(['abc', 'abc'])
  expect(two.summary.status).toBe('streaming')
  expect(two.done.value).toBe(0)
  gate.open()
  expect(await call).toBe('abc!')
  await world.settle()
  expect([two.summary.current, two.summary.status, two.done.value]).toEqual(['abc!', 'done', 1])
  expect(await two.summary.value()).toBe('abc!')
})

test('[F4] a late joiner gets what has been so far and goes on from there', async () => {
  const { one, tab } = await open()
  void one.write(['a', 'b'])
  await world.settle()
  const late = tab()
  await late.$ready
  expect([late.summary.current, late.summary.status]).toEqual(['ab', 'streaming'])
  gate.open()
  await world.settle()
  expect([late.summary.current, late.summary.status]).toEqual(['ab!', 'done'])
})

test('[A2] a turn that throws ends its open streams as errors with their value so far, and that is its only trace', async () => {
  const { one, two } = await open()
  const failed = one.writeAndThrow()
  const awaited = two.summary.value()
  await world.settle()
  gate.open()
  await expect(failed).rejects.toThrow('the model hung up')
  await expect(awaited).rejects.toThrow('the model hung up')
  expect([two.summary.current, two.summary.status, two.done.value]).toEqual(['half', 'error', 0])
  expect(two.summary.error?.message).toBe('the model hung up')
  world.device('a').kill()
  await world.device('a').restart()
  const after = world.device('a').tab().system<Writer>({ id: 'x' })
  await after.$ready
  expect([after.summary.current, after.summary.status, after.done.value]).toEqual(['half', 'error', 0])
})

test('[A9] objects merge shallowly, arrays concatenate', async () => {
  const { one } = await open()
  await one.merge()
  expect([one.facts.current, one.facts.status, one.log.current]).toEqual([{ n: 1, m: 2 }, 'done', ['a', 'b', 'c']])
})

test('[A11] streams live inside array elements, are created at run time, and last', async () => {
  const { one, two } = await open()
  await one.addSource('x')
  await one.addSource('y')
  const analysis = two.sources.value[1]!.analysis
  expect([analysis.current, two.sources.value[0]!.analysis.current]).toEqual(['seen: ', 'seen: '])
  const call = one.analyse(1)
  await world.settle()
  expect([analysis.current, analysis.status]).toEqual(['seen: more', 'streaming'])
  gate.open()
  await call
  expect(two.sources.value[1]!.analysis).toBe(analysis)
  expect([analysis.status, two.sources.value[0]!.analysis.status]).toEqual(['done', 'streaming'])
})

test('[A10] chunks can be iterated, the value so far first', async () => {
  const { one, two } = await open()
  const chunks: string[] = []
  const call = one.write(['a', 'b'])
  await world.settle()
  const reading = (async () => {
    for await (const chunk of two.summary) chunks.push(chunk)
  })()
  await world.settle()
  gate.open()
  await call
  await reading
  expect(chunks).toEqual(['ab', '!'])
})

test('[S3] when the host dies in mid-stream, the stream is back at what is stored, and the call runs again', async () => {
  const { one, two } = await open()
  const call = one.write(['a', 'b'])
  await world.settle()
  world.device('a').killHost()
  await world.settle()
  expect(two.summary.current).toBe('ab')
  gate.open()
  expect(await call).toBe('ab!')
  await world.settle()
  expect([two.summary.current, two.done.value]).toEqual(['ab!', 1])
})

test('[Y3] a turn that used a stream is never run again: other devices get its value', async () => {
  const { one } = await open(true)
  const far = world.device('b').tab().system<Writer>({ id: 'x' })
  await far.$ready
  gate.open()
  world.network.cut('a')
  await one.write(['local'])
  await far.merge()
  world.network.heal('a')
  await world.clock.advance(30_000)
  expect([far.summary.current, far.summary.status, one.facts.current]).toEqual(['local!', 'done', { n: 1, m: 2 }])
})

test('[F4] the first stream of a system without others is live as soon as an array holds it', async () => {
  newGate()
  world = createWorld({ systems: { Chat }, sync: false })
  const chat = world.device('a').tab().system<Chat>({ id: 'x' })
  await chat.$ready
  await chat.ask()
  const call = chat.answer()
  await world.settle()
  expect(chat.messages.value[0]?.text.current).toBe('yes')
  gate.open()
  await call
})
