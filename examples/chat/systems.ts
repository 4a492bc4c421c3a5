/**
 * A conversation. A turn is atomic: what it does to fields shows when it ends. Streams show at once. So a question is
 * one action, which leaves room for the answer, and the answer is another, which writes into it.
 */
import { AgenticSystem, action, field, stream, type Stream } from 'homeroom'
import { pauseBefore, replyTo, tokensOf } from './model.ts'

export interface Question {
  id: string
  role: 'user'
  text: string
}

export interface Answer {
  id: string
  role: 'model'
  stream: Stream<string>
  /** Somebody stopped it before it was whole; it can go on. */
  isStopped: boolean
}

const LONGEST_QUESTION = 4000

export class Conversation extends AgenticSystem {
  @field messages: (Question | Answer)[] = []

  /** Adds a question with an empty answer below it. @returns the answer's id, for `answer` */
  @action() ask(text: string): string {
    const tidy = text.trim()
    if (tidy === '') throw new Error('There was nothing to ask.')
    if (tidy.length > LONGEST_QUESTION)
      throw new Error(`A question has at most ${LONGEST_QUESTION} characters, and this has ${tidy.length}.`)
    const id = this.turn.uuid()
    this.messages.push({ id: this.turn.uuid(), role: 'user', text: tidy }, { id, role: 'model', stream: stream(''), isStopped: false })
    return id
  }

  /**
   * Writes an answer, word by word, to all tabs at once. A call that is cancelled ends the stream where it stands;
   * calling again goes on from there. An answer that is whole stays as it is.
   */
  @action() async answer(id: string): Promise<void> {
    const at = this.messages.findIndex((message) => message.id === id)
    const answer = this.messages[at]
    const question = this.messages[at - 1]
    if (answer?.role !== 'model' || question?.role !== 'user')
      throw new Error('The question is gone: the conversation was cleared in the meantime.')
    if (answer.stream.status === 'done' && !answer.isStopped) return

    const said = answer.stream.current
    answer.stream.reset()
    answer.stream.set(said)
    answer.isStopped = false
    const nth = this.messages.slice(0, at).filter((message) => message.role === 'user').length - 1
    const tokens = tokensOf(replyTo(question.text, nth))
    for (let next = tokensOf(said).length; next < tokens.length; next++) {
      await this.wait(pauseBefore(tokens, next), this.turn.signal)
      if (this.turn.signal.aborted) {
        answer.isStopped = true
        break
      }
      answer.stream.append(tokens[next]!)
    }
    answer.stream.complete()
  }

  @action() clear(): void {
    this.messages = []
  }

  /** Resolves after so many ms, or as soon as the signal is aborted. A test has a wait of its own. */
  protected wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', end)
        resolve()
      }
      const timer = setTimeout(end, ms)
      signal.addEventListener('abort', end)
    })
  }
}
