/**
 * The hand-written limit: one app's state in one plain object, no library, nothing general. Calls run in the order they
 * come, tabs get patches, and everything that came while the last transaction ran goes into the next as one value.
 * With a server, what is stored is sent there, and what comes from there is shown and stored.
 */
import type { Item } from '../../contender.ts'
import type { Action, Patch, ToTab, ToWorker } from './messages.ts'

const tabs = new Set<MessagePort>()
const items = new Map<string, Item>()
let count = 0

let database: IDBDatabase
let opening: Promise<void> | undefined
let socket: WebSocket | undefined

/** What the next transaction stores, and who waits for it. */
let changed = new Map<string, Item>()
let isCountChanged = false
let isOwn = false
let waiting = new Map<MessagePort, number[]>()
let isStoring = false

;(globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = ({ ports }) => {
  const port = ports[0] as MessagePort
  port.onmessage = ({ data }: MessageEvent<ToWorker>) => {
    if (data.type === 'calls') return run(port, data.calls)
    opening ??= open(data.name, data.server)
    void opening.then(() => {
      send(port, { type: 'state', patch: { count, items: [...items.values()] } })
      tabs.add(port)
    })
  }
}

function run(port: MessagePort, calls: Extract<ToWorker, { type: 'calls' }>['calls']): void {
  const patch = emptyPatch()
  let waits = waiting.get(port)
  if (waits === undefined) waiting.set(port, (waits = []))
  for (const { call, action } of calls) {
    perform(action, patch)
    waits.push(call)
  }
  isOwn = true
  show({ ...patch, items: [...patch.items.values()] })
}

interface Changes {
  count?: number
  readonly items: Map<string, Item>
}

function emptyPatch(): Changes {
  return { items: new Map() }
}

function perform(action: Action, patch: Changes): void {
  if (action.type === 'increment') patch.count = ++count
  else if (action.type === 'rename') put({ ...(items.get(action.id) as Item), title: action.title }, patch)
  else for (const item of action.items) put(item, patch)
}

function put(item: Item, patch: Changes): void {
  items.set(item.id, item)
  patch.items.set(item.id, item)
}

/** Tells tabs what has changed, and stores it. */
function show(patch: Patch): void {
  for (const item of patch.items) changed.set(item.id, item)
  if (patch.count !== undefined) isCountChanged = true
  for (const tab of tabs) send(tab, { type: 'patch', patch })
  if (!isStoring) store()
}

function store(): void {
  const patch: Patch = { ...(isCountChanged ? { count } : {}), items: [...changed.values()] }
  const [waits, own] = [waiting, isOwn]
  changed = new Map()
  waiting = new Map()
  isStoring = true
  isCountChanged = isOwn = false
  const transaction = database.transaction('log', 'readwrite', { durability: 'relaxed' })
  transaction.objectStore('log').add(patch)
  transaction.commit()
  transaction.oncomplete = () => {
    for (const [port, calls] of waits) send(port, { type: 'done', calls })
    if (own) socket?.send(JSON.stringify(patch))
    isStoring = false
    if (waiting.size > 0 || changed.size > 0 || isCountChanged) store()
  }
}

async function open(name: string, server: string | undefined): Promise<void> {
  const request = indexedDB.open(`limit:${name}`, 1)
  request.onupgradeneeded = () => request.result.createObjectStore('log', { autoIncrement: true })
  database = await resultOf(request)
  for (const patch of (await resultOf(database.transaction('log').objectStore('log').getAll())) as Patch[]) take(patch)
  if (server !== undefined) await connect(`${server}${encodeURIComponent(name)}`)
}

function connect(url: string): Promise<void> {
  socket = new WebSocket(url)
  socket.onmessage = ({ data }) => {
    const patch = JSON.parse(data as string) as Patch
    take(patch)
    show(patch)
  }
  return new Promise((resolve) => ((socket as WebSocket).onopen = () => resolve()))
}

function take(patch: Patch): void {
  for (const item of patch.items) items.set(item.id, item)
  count = patch.count ?? count
}

function send(port: MessagePort, message: ToTab): void {
  port.postMessage(message)
}

function resultOf<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}
