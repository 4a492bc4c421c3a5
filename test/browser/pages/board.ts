/**
 * A page on a board: tests call its handle by `window.board`. With `?sync=ws://…` in its address it is synced.
 * Nothing here waits by a clock: `until` resolves by signals, so a test waits for what it wants to see.
 */
import { effect, type ReadonlySignal, signal } from '@preact/signals-core'
import { connect, type Home, type SystemHandle } from 'homeroom'
import type { Board } from './board.systems.ts'

declare global {
  interface Window {
    home: Home
    board: SystemHandle<Board>
    /** The board's state is there. */
    opened: Promise<void>
    titles(): string[]
    /** Resolves when `isSo`, which reads signals, answers true. */
    until(isSo: () => boolean): Promise<void>
    /** How often this tab has found its worker again. */
    attachments: ReadonlySignal<number>
    /** Adds tasks `PREFIX 0`, `PREFIX 1` … until told to stop, so many calls at a time. */
    keepAdding(prefix: string, width: number): void
    /** Resolves with how many were added, once all their calls have resolved. */
    stopAdding(): Promise<number>
    /** Told of each call of `keepAdding` that has resolved. A test exposes it. */
    report?(title: string): void
    /** Adds a task with a title of so many characters that do not compress, as browsers would when they store it. The code of its error, or `'stored'`. */
    addLarge(length: number): Promise<string>
    /** Milliseconds that this page's clock is behind that of the page that answers pings on `channel`. */
    clockOffset(channel: string): Promise<number>
    answerPings(channel: string): void
    /** When each title of the first task was first seen here, in milliseconds by this page's clock. */
    watchFirstTitle(): void
    seen: Map<string, number>
    /** Renames the first task as often as said, one call after the other. When each call was made. */
    renameFirst(times: number): Promise<[string, number][]>
  }
}

window.home = connect(() => new SharedWorker(new URL('./board.worker.ts', import.meta.url), { type: 'module', name: 'board' }))
window.board = window.home.system<Board>({ id: 'board' })
window.opened = window.board.$ready
window.titles = () => window.board.tasks.value.map(({ title }) => title)

const sync = new URLSearchParams(location.search).get('sync')
if (sync !== null) window.home.connectSync(sync)

window.until = async (isSo) => {
  let stop = (): void => undefined
  await new Promise<void>((resolve) => {
    stop = effect(() => {
      if (isSo()) resolve()
    })
  })
  stop()
}

const attachments = signal(0)
window.attachments = attachments
let isAttached = false
window.home.status.subscribe((status) => {
  if (status === 'connected' && !isAttached) attachments.value++
  isAttached = status === 'connected'
})

let stopped = new AbortController()
let loops: Promise<void>[] = []
let added = 0
window.keepAdding = (prefix, width) => {
  const { signal } = (stopped = new AbortController())
  const loop = async (): Promise<void> => {
    while (!signal.aborted) {
      const title = `${prefix} ${added++}`
      await window.board.add(title)
      window.report?.(title)
    }
  }
  loops = Array.from({ length: width }, loop)
}
window.stopAdding = async () => {
  stopped.abort()
  await Promise.all(loops)
  return added
}

window.addLarge = async (length) => {
  let title = ''
  while (title.length < length) title += btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(48_000))))
  return window.board.add(title.slice(0, length)).then(
    () => 'stored',
    ({ code }: { code: string }) => code,
  )
}

const now = (): number => performance.timeOrigin + performance.now()

window.answerPings = (name) => {
  const channel = new BroadcastChannel(name)
  channel.onmessage = ({ data }) => {
    if (data === 'ping') channel.postMessage(now())
  }
}
/** By the ping that came back fastest of 60: its answer was given halfway. */
window.clockOffset = async (name) => {
  const channel = new BroadcastChannel(name)
  let best = { trip: Infinity, offset: 0 }
  for (let i = 0; i < 60; i++) {
    const sent = now()
    const there = await new Promise<number>((resolve) => {
      channel.onmessage = ({ data }) => resolve(data as number)
      channel.postMessage('ping')
    })
    const trip = now() - sent
    if (trip < best.trip) best = { trip, offset: there - (sent + trip / 2) }
  }
  channel.close()
  return best.offset
}

window.seen = new Map()
window.watchFirstTitle = () =>
  void effect(() => {
    const title = window.board.tasks.value[0]?.title
    if (title !== undefined && !window.seen.has(title)) window.seen.set(title, now())
  })
window.renameFirst = async (times) => {
  const calls: [string, number][] = []
  for (let i = 0; i < times; i++) {
    const title = `renamed ${i}`
    const at = now()
    await window.board.rename(0, title)
    calls.push([title, at])
  }
  return calls
}
