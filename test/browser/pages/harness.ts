/** A page that hands questions to its SharedWorker: `await ask({ type: 'count' })`. For test/browser/harness.test.ts. */
import type { Answers, Question } from './harness.worker.ts'

declare global {
  interface Window {
    ask<T extends Question['type']>(question: Extract<Question, { type: T }>): Promise<Answers[T]>
  }
}

const worker = new SharedWorker(new URL('./harness.worker.ts', import.meta.url), { type: 'module', name: 'harness' })
const waiting: ((answer: never) => void)[] = []
worker.port.onmessage = (event) => waiting.shift()?.(event.data as never)

window.ask = (question) =>
  new Promise((resolve) => {
    waiting.push(resolve)
    worker.port.postMessage(question)
  })
