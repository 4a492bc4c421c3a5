/** A page of the suite: a world, a tab, a container in the document, and what crosses the tab's link. */
import type { Home } from 'homeroom'
import { createWorld, type World } from 'homeroom/testing'
import { vi } from 'vitest'
import { TabHome } from '../../lib/tab/home.ts'
import { Link } from '../../lib/tab/link.ts'
import type { Element, Library } from './library.ts'
import { Board } from './systems.ts'

export interface Page {
  readonly world: World
  readonly home: Home
  /** Ids of the instances that the tabs have opened, one for each connection. */
  readonly opened: readonly string[]
  readonly closed: { readonly count: number }
  readonly text: string
  /** Renders and lets the world come to rest. */
  show(element: Element): Promise<void>
  /** Renders, and leaves the world where it is. */
  showOnly(element: Element): Promise<void>
  settle(): Promise<void>
  /** Runs `task` and what follows from it, in the world and on the page. */
  run(task: () => unknown): Promise<void>
  unmount(): Promise<void>
  close(): Promise<void>
}

const { open: realOpen, close: realClose } = Link.prototype

export function openPage({ act, createRoot }: Library, systems: Parameters<typeof createWorld>[0]['systems'] = { Board }): Page {
  const world = createWorld({ systems, sync: false })
  const home = world.device('laptop').tab()
  const container = document.createElement('div')
  document.body.append(container)
  const root = createRoot(container)
  const opened: string[] = []
  const closed = { count: 0 }
  const open = vi.spyOn(Link.prototype, 'open').mockImplementation(function (this: Link, request, listener) {
    opened.push(request.id)
    realOpen.call(this, request, listener)
  })
  const close = vi.spyOn(Link.prototype, 'close').mockImplementation(function (this: Link, handle) {
    closed.count++
    realClose.call(this, handle)
  })
  const settle = (): Promise<void> => act(() => world.settle())
  return {
    world,
    home,
    opened,
    closed,
    get text() {
      return container.textContent
    },
    settle,
    async show(element) {
      await act(() => root.render(element))
      await settle()
    },
    showOnly: (element) => act(() => root.render(element)),
    run: (task) =>
      act(async () => {
        await task()
        await world.settle()
      }),
    unmount: () => act(() => root.unmount()),
    async close() {
      await act(() => root.unmount())
      container.remove()
      open.mockRestore()
      close.mockRestore()
      await world.close()
    },
  }
}

/** A home whose time passes in the middle of a task, if a test says so. */
export function homeWithClock({ world }: Page): { home: Home; passTime(): void } {
  const { port, feed, locks } = world.device('laptop').dial()
  const timers = new Set<() => void>()
  const clock = {
    now: () => 0,
    setTimeout: (run: () => void) => {
      timers.add(run)
      return () => void timers.delete(run)
    },
  }
  const home = new TabHome({ clock, locks, randomId: () => 'tab', createFeed: () => feed }, () => port, {})
  const passTime = (): void => {
    for (const run of timers) run()
    timers.clear()
  }
  return { home, passTime }
}

/** A home whose worker, or whose lock, cannot be had. */
export function unreachableHome({ world }: Page, lacks: 'worker' | 'locks'): Home {
  const { feed, locks } = world.device('laptop').dial()
  const refuse = (): never => {
    throw new Error(`no ${lacks} here`)
  }
  const clock = { now: () => 0, setTimeout: () => () => undefined }
  const environment = {
    clock,
    locks: lacks === 'locks' ? { ...locks, hold: refuse } : locks,
    randomId: () => 'tab',
    createFeed: () => feed,
  }
  return new TabHome(environment, refuse, {})
}
