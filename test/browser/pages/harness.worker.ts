/** A SharedWorker that answers, in order, what the harness's own tests ask: of its store, its locks, its sockets. */

export type Question =
  | { type: 'boot' }
  | { type: 'count' }
  | { type: 'locked'; name: string }
  | { type: 'fields' }
  | { type: 'connect'; url: string }
  | { type: 'echo'; text: string }
  | { type: 'socket' }

export interface Answers {
  /** A random id of this run of the worker. */
  boot: string
  /** How often this was asked on this profile, kept in IndexedDB. */
  count: number
  /** Whether the worker could take the lock at once. */
  locked: boolean
  /** Names that a decorator recorded: legacy decorators are lowered in worker bundles. */
  fields: string[]
  connect: 'open' | 'closed'
  echo: string
  socket: 'none' | 'open' | 'closed'
}

const fields: string[] = []
const field = (_target: object, name: string) => void fields.push(name)
export class Sample {
  @field first = 1
  @field second = 2
}

const boot = crypto.randomUUID()
let socket: WebSocket | undefined

const answer: { [T in Question['type']]: (question: Extract<Question, { type: T }>) => Promise<Answers[T]> } = {
  boot: async () => boot,
  count: countUp,
  locked: ({ name }) => navigator.locks.request(name, { ifAvailable: true }, async (lock) => lock !== null),
  fields: async () => fields,
  connect: ({ url }) =>
    new Promise((resolve) => {
      socket = new WebSocket(url)
      socket.onopen = () => resolve('open')
      socket.onclose = () => resolve('closed')
    }),
  echo: ({ text }) =>
    new Promise((resolve) => {
      if (socket === undefined) return
      socket.onmessage = (event) => resolve(event.data as string)
      socket.send(text)
    }),
  socket: async () => (socket === undefined ? 'none' : socket.readyState === WebSocket.OPEN ? 'open' : 'closed'),
}

;(globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = (event) => {
  const port = event.ports[0] as MessagePort
  port.onmessage = async ({ data }: MessageEvent<Question>) => port.postMessage(await answer[data.type](data as never))
}

/** Reads, adds one and writes in one transaction; answers when it is complete. */
function countUp(): Promise<number> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open('harness', 1)
    opening.onupgradeneeded = () => opening.result.createObjectStore('counts')
    opening.onerror = () => reject(opening.error)
    opening.onsuccess = () => {
      const transaction = opening.result.transaction('counts', 'readwrite')
      const counts = transaction.objectStore('counts')
      const reading = counts.get('count')
      let count = 0
      reading.onsuccess = () => counts.put((count = ((reading.result as number | undefined) ?? 0) + 1), 'count')
      transaction.oncomplete = () => {
        opening.result.close()
        resolve(count)
      }
      transaction.onabort = () => reject(transaction.error)
    }
  })
}
