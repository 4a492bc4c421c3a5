import { afterEach, expect, test } from 'vitest'
import type { SystemHandle } from 'homeroom'
import { createWorld, type World } from 'homeroom/testing'
import { replyTo, tokensOf } from '../../../examples/chat/model.ts'
import { Conversation } from '../../../examples/chat/systems.ts'

/** The model thinks until it is told to say a word. */
let waiting: (() => void)[] = []
class Paced extends Conversation {
  protected override wait(_ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      waiting.push(resolve)
      signal.addEventListener('abort', () => resolve())
    })
  }
}

let world: World
afterEach(() => world.close())

const QUESTION = 'Count to forty'
const WHOLE = replyTo(QUESTION, 0)
const start = (sync = false) => {
  waiting = []
  world = createWorld({ systems: { Conversation: Paced }, sync })
}
const open = async (device = 'desk') => {
  const chat = world.device(device).tab().system<Conversation>({ id: 'home' })
  await chat.$ready
  await world.settle()
  return chat
}
type Chat = SystemHandle<Conversation>

const speak = async (words: number) => {
  for (let i = 0; i < words; i++) {
    waiting.pop()?.()
    await world.settle()
  }
}
const answerIn = (chat: Chat) => {
  const last = chat.messages.value.at(-1)
  if (last?.role !== 'model') throw new Error('There is no answer.')
  return { text: last.stream.current, status: last.stream.status, isStopped: last.isStopped }
}
const begin = async (chat: Chat) => {
  const id = await chat.ask(QUESTION)
  const call = chat.answer(id)
  await world.settle()
  return { id, call }
}

test('a question is there at once, with room for its answer', async () => {
  start()
  const [one, two] = [await open(), await open()]
  await one.ask('  Who are you?  ')
  await world.settle()
  expect(two.messages.value.map((message) => message.role === 'user' && message.text)).toEqual(['Who are you?', false])
  expect(answerIn(two)).toEqual({ text: '', status: 'idle', isStopped: false })
  await expect(one.ask('   ')).rejects.toThrow('nothing to ask')
})

test('[F4] all tabs hear each word at once, long before the action ends', async () => {
  start()
  const [one, two] = [await open(), await open()]
  const { call } = await begin(one)
  expect([answerIn(one).status, answerIn(two).status]).toEqual(['streaming', 'streaming'])
  await speak(3)
  for (const chat of [one, two]) expect(answerIn(chat).text).toBe('1, 2, 3, ')
  await speak(100)
  await call
  for (const chat of [one, two]) expect(answerIn(chat)).toEqual({ text: WHOLE, status: 'done', isStopped: false })
})

test('[F4] a tab that comes late gets what has been said so far, and goes on from there', async () => {
  start()
  const one = await open()
  await begin(one)
  await speak(5)
  const late = await open()
  expect(answerIn(late)).toMatchObject({ text: '1, 2, 3, 4, 5, ', status: 'streaming' })
  await speak(1)
  expect(answerIn(late).text).toBe('1, 2, 3, 4, 5, 6, ')
})

test('a call that is cancelled ends the answer tidily, where it stands', async () => {
  start()
  const [one, two] = [await open(), await open()]
  const { call } = await begin(one)
  await speak(2)
  call.cancel()
  await call
  await world.settle()
  for (const chat of [one, two]) expect(answerIn(chat)).toEqual({ text: '1, 2, ', status: 'done', isStopped: true })
})

test('an answer that was stopped goes on from there, in whatever tab', async () => {
  start()
  const [one, two] = [await open(), await open()]
  const { id, call } = await begin(one)
  await speak(2)
  call.cancel()
  await call
  const rest = two.answer(id)
  await world.settle()
  expect(answerIn(one)).toEqual({ text: '1, 2, ', status: 'streaming', isStopped: true })
  await speak(100)
  await rest
  expect(answerIn(one)).toEqual({ text: WHOLE, status: 'done', isStopped: false })
  await one.answer(id)
  expect(answerIn(one).text).toBe(WHOLE)
})

test('[S3] a host that is killed in mid-answer begins it again, and every tab ends with the whole of it', async () => {
  start()
  const [one, two] = [await open(), await open()]
  const { call } = await begin(one)
  await speak(4)
  world.device('desk').killHost()
  waiting = []
  await world.settle()
  await speak(100)
  await call
  for (const chat of [one, two]) expect(answerIn(chat)).toEqual({ text: WHOLE, status: 'done', isStopped: false })
})

test('[S3] where tab and host died in mid-answer, the question stands and can be answered', async () => {
  start()
  const { id } = await begin(await open())
  await speak(4)
  world.device('desk').kill()
  waiting = []
  await world.device('desk').restart()
  const back = await open()
  expect(answerIn(back)).toEqual({ text: '', status: 'idle', isStopped: false })
  const call = back.answer(id)
  await world.settle()
  await speak(100)
  await call
  expect(answerIn(back).text).toBe(WHOLE)
})

test('[Q1] what is asked while an answer comes waits for its end', async () => {
  start()
  const [one, two] = [await open(), await open()]
  await begin(one)
  const asked = two.ask('Who are you?')
  await speak(3)
  expect([asked.status.value, two.messages.value.length]).toEqual(['queued', 2])
  await speak(100)
  await asked
  expect(two.messages.value).toHaveLength(4)
})

test('[Y3] another device gets the question when it is asked, and the answer when it is whole', async () => {
  start(true)
  const [desk, phone] = [await open('desk'), await open('phone')]
  const { call } = await begin(desk)
  await speak(3)
  await world.clock.advance(1_000)
  expect(answerIn(phone)).toEqual({ text: '', status: 'idle', isStopped: false })
  await speak(100)
  await call.confirmed
  await world.clock.advance(1_000)
  expect(answerIn(phone)).toEqual({ text: WHOLE, status: 'done', isStopped: false })
})

test('an answer to a question that was cleared meanwhile is refused', async () => {
  start()
  const chat = await open()
  const id = await chat.ask(QUESTION)
  await chat.clear()
  await expect(chat.answer(id)).rejects.toThrow('The question is gone')
})

test('the model is a function of the question and its place', () => {
  expect(replyTo('Tell me a story', 0)).toBe(replyTo('a story please', 0))
  expect(replyTo('Tell me a story', 1)).not.toBe(replyTo('Tell me a story', 0))
  expect(replyTo('Do you know my cat?', 0)).toContain('“Do I know your cat”')
  for (const question of ['Tell me a story', 'why', '- \n`']) expect(tokensOf(replyTo(question, 0)).join('')).toBe(replyTo(question, 0))
})
