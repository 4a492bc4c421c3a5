// @vitest-environment happy-dom
/** What React's own ways of rendering ask of the hook: Strict Mode, hidden trees, renders in slices, hydration. */
import type { Home } from 'homeroom'
import { createWorld, type World } from 'homeroom/testing'
import { HomeProvider, useSystem } from 'homeroom/react'
import {
  act,
  Activity,
  createElement as h,
  type ReactNode,
  startTransition,
  StrictMode,
  Suspense,
  useEffect,
  useLayoutEffect,
  useState,
} from 'react'
import { createRoot, hydrateRoot, type Root } from 'react-dom/client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Link } from '../../lib/tab/link.ts'
import { Board } from './systems.ts'

let world: World
let home: Home
let root: Root
let container: HTMLElement
const open = vi.spyOn(Link.prototype, 'open')
const close = vi.spyOn(Link.prototype, 'close')
const consoleError = vi.spyOn(console, 'error')

const actWorks = (isOn: boolean): void => void Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: isOn })
const run = (task: () => unknown): Promise<void> =>
  act(async () => {
    await task()
  })
const settle = (): Promise<void> => run(() => world.settle())
const inPage = (...children: ReactNode[]): ReactNode => h(Suspense, { fallback: 'loading' }, h(HomeProvider, { home }, ...children))
const useBoard = () => useSystem<Board>({ id: 'x' })

beforeEach(() => {
  actWorks(true)
  world = createWorld({ systems: { Board }, sync: false })
  home = world.device('laptop').tab()
  container = document.createElement('div')
  root = createRoot(container)
})
afterEach(async () => {
  actWorks(true)
  await run(() => root.unmount())
  await world.close()
  vi.clearAllMocks()
})

async function show(element: ReactNode): Promise<void> {
  await run(() => root.render(element))
  await settle()
}

test('[A20] in Strict Mode everything happens twice, but there is one connection', async () => {
  const counts = { renders: 0, effects: 0 }
  const Tasks = () => {
    const { tasks, addTask } = useBoard()
    counts.renders++
    useEffect(() => {
      counts.effects++
      void addTask('from an effect')
    }, [addTask])
    return tasks.map((task) => task.title).join(',')
  }
  await show(h(StrictMode, null, inPage(h(Tasks), h(Tasks))))
  await run(() => world.clock.advance(60_000))
  expect(counts.renders).toBeGreaterThan(2)
  expect(counts.effects).toBe(4)
  const shown = Array.from({ length: 4 }, () => 'from an effect').join(',')
  expect(container.textContent).toBe(shown + shown)
  expect([open.mock.calls.length, close.mock.calls.length]).toEqual([1, 0])
  await run(() => root.render(null))
  expect(close).toHaveBeenCalledTimes(1)
  expect(consoleError).not.toHaveBeenCalled()
})

test('[A20] a tree that React hides closes its connection, and opens one when it is shown again', async () => {
  let render = (): void => undefined
  const Tasks = () => {
    const { tasks } = useBoard()
    const [, set] = useState({})
    render = () => set({})
    return tasks.map((task) => task.title).join(',')
  }
  // The same element each time: React has no reason to render it when it is shown.
  const tasks = h(Tasks)
  const page = (mode: 'visible' | 'hidden') => inPage(h(Activity, { mode, children: tasks }))
  const other = home.system<Board>({ id: 'x', metadata: { another: 'connection' } })
  await show(page('visible'))
  await run(render)
  await show(page('hidden'))
  expect([open.mock.calls.length, close.mock.calls.length]).toEqual([2, 1])
  await run(() => other.addTask('while hidden'))
  await show(page('visible'))
  expect(container.textContent).toBe('while hidden')
  await run(() => other.addTask('while shown'))
  expect(container.textContent).toBe('while hidden,while shown')
  expect([open.mock.calls.length, close.mock.calls.length]).toEqual([3, 1])
})

test('[A20] a tree that was prepared hidden for more than ten seconds works when it is shown', async () => {
  const Tasks = () => useBoard().tasks.map((task) => task.title)
  const tasks = h(Tasks)
  const page = (mode: 'visible' | 'hidden') => inPage(h(Activity, { mode, children: tasks }))
  await home.ready
  await show(page('hidden'))
  await run(() => world.clock.advance(10_000))
  expect([open.mock.calls.length, close.mock.calls.length]).toEqual([1, 1])
  await show(page('visible'))
  await run(() => home.system<Board>({ id: 'x' }).addTask('one'))
  expect(container.textContent).toBe('one')
})

test('[F2] what is on the page is of one commit, also when React renders it in slices while commits arrive', async () => {
  const onPage = new Set<string>()
  let slices = 0
  const Slow = () => {
    const { count } = useBoard()
    // Longer than React stays at it without looking up.
    for (const end = performance.now() + 6; performance.now() < end;);
    return `${count} `
  }
  let showMore = (): void => undefined
  const App = () => {
    const { count, increment } = useBoard()
    const [amount, setAmount] = useState(1)
    showMore = () => {
      startTransition(() => setAmount(10))
      for (const ms of [0, 10, 20, 30]) setTimeout(() => void (slices++, increment()), ms)
    }
    useLayoutEffect(() => void onPage.add(container.textContent))
    return [`${count} `, ...Array.from({ length: amount }, (_, key) => h(Slow, { key }))]
  }
  await show(inPage(h(App)))
  actWorks(false)
  showMore()
  await vi.waitFor(() => expect(container.textContent).toBe('4 '.repeat(11)), { timeout: 5000 })
  expect(slices).toBe(4)
  for (const text of onPage) expect(new Set(text.trim().split(' ')).size, text).toBe(1)
})

test('[F2] a commit between a render and its effects is not missed', async () => {
  const Tasks = () => {
    const { count, increment } = useBoard()
    useLayoutEffect(() => {
      if (count === 0) void increment()
    }, [count, increment])
    return `${count}`
  }
  await home.ready
  actWorks(false)
  root.render(h(HomeProvider, { home }, h(Tasks)))
  await vi.waitFor(() => expect(container.textContent).toBe('1'))
})

test('[A20] a page that was rendered with the fallback on a server becomes live', async () => {
  const Tasks = () => useBoard().title
  container = document.createElement('div')
  container.innerHTML = '<p><!--$!--><template></template>loading<!--/$--></p>'
  await run(() => {
    // That the server has left this part to the browser is an error to React, which it reports and gets over.
    root = hydrateRoot(container, h('p', null, inPage(h(Tasks))), { onRecoverableError: () => undefined })
  })
  await settle()
  expect(container.textContent).toBe('untitled')
})
