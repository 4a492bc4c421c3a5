/** What the hooks do, in every library. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { StreamHandle, SystemView } from 'homeroom'
import { defer } from '../../lib/protocol/deferred.ts'
import type { Component, Element, Library } from './library.ts'
import { homeWithClock, openPage, type Page, unreachableHome } from './page.ts'
import { Board, Review, Writer } from './systems.ts'

export function describeHooks(library: Library): void {
  const { name, h, useSystem, usePresence, HomeProvider, Suspense, ErrorBoundary, memo, useState } = library
  let page: Page
  /** Elements below the page's home, and a fallback. */
  const inPage = (...children: Element[]): Element =>
    h(Suspense, { fallback: 'loading' }, h(HomeProvider, { home: page.home }, ...children))
  /** A component that shows what `show` reads, and counts how often it was rendered. */
  const reader = (show: (view: SystemView<Board>) => Element, id = 'x') => {
    const Reader = Object.assign(
      (() => {
        Reader.renders++
        return show((Reader.view = useSystem<Board>({ id })))
      }) as Component,
      { renders: 0, view: undefined as unknown as SystemView<Board> },
    )
    return Reader
  }
  const titles = ({ tasks }: SystemView<Board>): string => tasks.map((task) => task.title).join(',')

  describe(name, () => {
    beforeEach(() => {
      page = openPage(library)
    })
    afterEach(() => page.close())

    describe('reading', () => {
      test('[A20] a component shows fields, and calls actions, flat and under `actions`', async () => {
        const Tasks = reader(titles)
        await page.show(inPage(h(Tasks)))
        await page.run(() => Tasks.view.addTask('one'))
        await page.run(() => Tasks.view.actions.addTask('two'))
        expect(page.text).toBe('one,two')
      })

      test('[A20] only a change of a field that was read renders a component again', async () => {
        const Count = reader((view) => `${view.count};`)
        const Title = reader((view) => view.title)
        const Actions = reader(({ addTask, actions }) => typeof addTask + typeof actions)
        await page.show(inPage(h(Count), h(Title), h(Actions)))
        const before = [Count.renders, Title.renders, Actions.renders]
        await page.run(() => Actions.view.increment())
        expect(page.text).toBe('1;untitledfunctionobject')
        await page.run(() => Actions.view.addTask('read by nobody'))
        expect([Count.renders, Title.renders, Actions.renders]).toEqual([before[0]! + 1, before[1], before[2]])
      })

      test('[A20] a field that the last render did not read renders nothing; one that it read for the first time does', async () => {
        let choose = (_field: 'count' | 'title'): void => undefined
        let renders = 0
        const Chosen = (): Element => {
          const [field, setField] = useState<'count' | 'title'>('count')
          choose = setField
          renders++
          return `${useSystem<Board>({ id: 'x' })[field]}`
        }
        const { view } = await shown(reader(() => null))
        await page.show(inPage(h(Chosen)))
        await page.run(() => choose('title'))
        const before = renders
        await page.run(() => view.increment())
        expect(renders).toBe(before)
        await page.run(() => view.setTitle('plan'))
        expect([renders, page.text]).toEqual([before + 1, 'plan'])
      })

      test('[F2] the fields of one commit change in one render', async () => {
        const seen: string[] = []
        const All = reader((view) => {
          const text = `${view.count} ${view.title} ${view.tasks.length}`
          seen.push(text)
          return text
        })
        await page.show(inPage(h(All)))
        seen.length = 0
        await page.run(() => All.view.addCounted('one'))
        expect(seen).toEqual(['1 one 1'])
      })

      test('[A20] what a child reads of a view that it was given is followed too', async () => {
        let setOpen = (_isOpen: boolean): void => undefined
        const Child = memo(({ view }: { view: SystemView<Board> }): Element => {
          const [isOpen, set] = useState(false)
          setOpen = set
          return isOpen ? view.title : 'closed'
        })
        const Parent = reader((view) => h(Child, { view }))
        await page.show(inPage(h(Parent)))
        await page.run(() => setOpen(true))
        expect(page.text).toBe('untitled')
        await page.run(() => Parent.view.setTitle('plan'))
        expect(page.text).toBe('plan')
        await page.run(() => Parent.view.setTitle('another plan'))
        expect(page.text).toBe('another plan')
      })

      test('[F2] actions and unchanged values keep their identity, so that memo works', async () => {
        let rows = 0
        const Row = memo(({ task }: { task: { readonly title: string } }): Element => {
          rows++
          return `${task.title};`
        })
        const views: Pick<SystemView<Board>, 'addTask' | 'actions'>[] = []
        const Tasks = reader(({ tasks, addTask, actions }) => {
          views.push({ addTask, actions })
          return h('p', null, ...tasks.map((task) => h(Row, { task, key: String(task.id) })))
        })
        await page.show(inPage(h(Tasks)))
        await page.run(() => Tasks.view.addTask('one'))
        await page.run(() => Tasks.view.addTask('two'))
        await page.run(() => Tasks.view.rename(0, 'uno'))
        expect(page.text).toBe('uno;two;')
        expect(rows).toBe(3)
        expect(new Set(views.map((view) => view.addTask)).size).toBe(1)
        expect(new Set(views.map((view) => view.actions)).size).toBe(1)
        expect(Tasks.view.actions.addTask).toBe(Tasks.view.addTask)
      })

      test('[undo] a component undoes and redoes, and its buttons know whether there is anything', async () => {
        const Buttons = reader(({ title, $canUndo, $canRedo }) => `${title} ${$canUndo} ${$canRedo}`)
        await page.show(inPage(h(Buttons)))
        await page.run(() => Buttons.view.$group(() => (Buttons.view.setTitle('one'), Buttons.view.increment())))
        expect(page.text).toBe('one true false')
        await page.run(() => Buttons.view.$undo())
        expect([page.text, Buttons.view.count]).toEqual(['untitled false true', 0])
        await page.run(() => Buttons.view.$redo())
        expect([page.text, Buttons.view.count]).toEqual(['one true false', 1])
      })

      test('[A1] a name that the system does not have is refused, with those that it has', async () => {
        const Wrong = reader((view) => String((view as unknown as { tusks: unknown }).tusks))
        await page.show(h(ErrorBoundary, null, inPage(h(Wrong))))
        expect(page.text).toContain('error: system/no-such-member Board has no field or action named tusks; it has: tasks, title, count')
      })

      test('[A20] a view can be spread and looked through, and not changed', async () => {
        const Tasks = reader((view) => {
          const { title, ...rest } = view
          return `${title} ${rest.count} ${Object.keys(rest).length}`
        })
        const Names = reader((view) => Object.keys(view).join(' '))
        await page.show(inPage(h('p', null, h(Tasks)), h(Names)))
        expect(page.text).toContain('untitled 0')
        expect(page.text).toContain('actions $status $error $undo $redo $group $canUndo $canRedo status error tasks title count addTask')
        for (const change of [{ tasks: [] }, { tusks: [] }]) expect(() => Object.assign(Tasks.view, change)).toThrow('cannot be changed')
        const before = Names.renders
        await page.run(() => Tasks.view.addCounted('one'))
        expect(page.text).toContain('one 1')
        expect(Names.renders).toBe(before)
      })
    })

    describe('status', () => {
      const Status = () => reader(({ status, error, $status }) => `${status} ${$status} ${error?.message ?? 'fine'}`)

      test('[A20] initial values stand with `connecting` until the state is there', async () => {
        await page.home.ready
        const seen: string[] = []
        const Title = reader(({ title, status }) => {
          seen.push(`${title} ${status}`)
          return null
        })
        await page.show(inPage(h(Title)))
        expect([seen[0], seen.at(-1)]).toEqual(['untitled connecting', 'untitled connected'])
      })

      test('[A19] after the death of the host a component shows what was, and goes on', async () => {
        const Tasks = reader((view) => `${titles(view)} ${view.status}`)
        await page.show(inPage(h(Tasks)))
        await page.run(() => Tasks.view.addTask('before'))
        await page.run(() => page.world.device('laptop').killHost())
        expect(page.text).toBe('before connected')
        await page.run(() => Tasks.view.addTask('after'))
        expect(page.text).toBe('before,after connected')
      })

      test('[A20] a system that cannot be opened shows `error`', async () => {
        const Shown = Status()
        const { view } = await shown(reader(titles))
        await page.run(() => view.addTask('one'))
        await page.show(inPage())
        page.world.device('laptop').kill()
        page.world.device('laptop').disk.damage(() => 'no state')
        await page.world.device('laptop').restart()
        const home = page.world.device('laptop').tab()
        await page.show(h(Suspense, { fallback: 'loading' }, h(HomeProvider, { home }, h(Shown))))
        expect(page.text).toMatch(/^error error (?!fine)/)
      })

      test('[A20] a system with members named `status` and `error` keeps its own; the connection has `$status`, `$error`', async () => {
        await page.close()
        page = openPage(library, { Review })
        let view = undefined as unknown as SystemView<Review>
        const Shown = (): Element => {
          view = useSystem<Review>({ id: 'x' })
          return `${view.status} ${view.error} ${view.$status} ${view.$error}`
        }
        await page.show(inPage(h(Shown)))
        expect(page.text).toBe('draft none connected undefined')
        await page.run(() => view.publish())
        expect(page.text).toBe('public none connected undefined')
      })
    })

    describe('streams', () => {
      let view: SystemView<Writer>
      beforeEach(async () => {
        await page.close()
        page = openPage(library, { Writer })
      })

      test('[A11] each chunk is shown while the action runs, then that it is done', async () => {
        const Summary = (): Element => {
          view = useSystem<Writer>({ id: 'x' })
          return `${view.summary.status}: ${view.summary.current}`
        }
        await page.show(inPage(h(Summary)))
        expect(page.text).toBe('idle: ')
        const open = closeGate()
        await page.run(() => void view.summarize('one ', 'two'))
        expect(page.text).toBe('streaming: one ')
        await page.run(open)
        expect(page.text).toBe('done: one two')
        await page.run(() => view.fail())
        expect(page.text).toBe('error: one two')
        expect(view.summary.error).toEqual(new Error('no words'))
      })

      test('[A11] a child that was given a stream follows it', async () => {
        const Text = memo(({ stream }: { stream: StreamHandle<string> }): Element => stream.current)
        const Summary = (): Element => {
          view = useSystem<Writer>({ id: 'x' })
          return h(Text, { stream: view.summary })
        }
        await page.show(inPage(h(Summary)))
        const open = closeGate()
        await page.run(() => void view.summarize('one ', 'two'))
        expect(page.text).toBe('one ')
        await page.run(open)
        expect(page.text).toBe('one two')
      })

      test('[A11] streams inside of elements of a list: only the row whose stream goes on is rendered', async () => {
        let rows: string[] = []
        const Row = memo(
          ({ source: { name, notes } }: { source: { readonly name: string; readonly notes: StreamHandle<string> } }): Element => {
            rows.push(name)
            return `${name}: ${notes.current} (${notes.status});`
          },
        )
        const Sources = (): Element => {
          view = useSystem<Writer>({ id: 'x' })
          return h('p', null, ...view.sources.map((source) => h(Row, { source, key: source.name })))
        }
        await page.show(inPage(h(Sources)))
        await page.run(() => view.addSource('a'))
        await page.run(() => view.addSource('b'))
        expect(page.text).toBe('a:  (idle);b:  (idle);')
        rows = []
        const open = closeGate()
        await page.run(() => void view.note(1, 'one ', 'two'))
        expect(page.text).toBe('a:  (idle);b: one  (streaming);')
        expect(rows).toEqual(['b'])
        await page.run(open)
        expect(page.text).toBe('a:  (idle);b: one two (done);')
      })

      /** The action stops at its next chunk, until what this answers is called. */
      function closeGate(): () => void {
        const gate = defer<void>()
        Writer.gate = gate.promise
        return () => gate.resolve()
      }
    })

    describe('suspending', () => {
      test('[A20] shows the fallback until the worker has said what it serves', async () => {
        const Tasks = reader(titles)
        await page.showOnly(inPage(h(Tasks)))
        expect(page.text).toBe('loading')
        await page.settle()
        await page.run(() => Tasks.view.addTask('one'))
        expect(page.text).toBe('one')
        expect(page.opened).toEqual(['x'])
      })

      test('[A20] needs no boundary where `home.ready` was awaited', async () => {
        await page.home.ready
        const Tasks = reader((view) => `${view.title} ${view.count}`)
        await page.showOnly(h(HomeProvider, { home: page.home }, h(Tasks)))
        expect(page.text).toBe('untitled 0')
      })

      test.each(['worker', 'locks'] as const)(
        '[A20] a page without %s is an error for the boundary, not an endless wait',
        async (lacks) => {
          const Tasks = reader(titles)
          const home = unreachableHome(page, lacks)
          await page.show(h(ErrorBoundary, null, h(Suspense, { fallback: 'loading' }, h(HomeProvider, { home }, h(Tasks)))))
          expect(page.text).toContain(`error: host/unreachable The worker cannot be reached: no ${lacks} here.`)
          expect(Tasks.renders).toBeLessThan(10)
        },
      )

      test('[A20] a name that is not served, or none among several, is an error for the boundary', async () => {
        await page.close()
        page = openPage(library, { Board, Review })
        const Nameless = (): Element => useSystem<Board>({ id: 'x' }).title
        const Unknown = (): Element => useSystem<Board>('Bored', { id: 'x' }).title
        for (const isKnown of [false, true]) {
          if (isKnown) expect(page.home.status.value).toBe('connected')
          await page.show(h('p', { key: `nameless ${isKnown}` }, h(ErrorBoundary, null, inPage(h(Nameless)))))
          expect(page.text).toContain('error: system/ambiguous')
          await page.show(h('p', { key: `unknown ${isKnown}` }, h(ErrorBoundary, null, inPage(h(Unknown)))))
          expect(page.text).toContain('error: system/unknown')
        }
        const Named = (): Element => useSystem<Board>('Board', { id: 'x' }).title
        await page.show(h('p', { key: 'named' }, inPage(h(Named))))
        expect(page.text).toBe('untitled')
      })
    })

    describe('presence', () => {
      const pass = (ms = 100) => page.run(() => page.world.clock.advance(ms))

      test('[C1] a component shows who is here and what they show, and sets what it shows itself', async () => {
        let mine = (_value: string): void => undefined
        const Here = (): Element => {
          const presence = usePresence<string>({ id: 'x' })
          mine = presence.set
          return presence.value.map(({ isSelf, value }) => `${isSelf ? 'me' : 'you'}:${value ?? '-'};`).join('')
        }
        await page.show(inPage(h(Here)))
        await pass()
        expect(page.text).toBe('me:-;')
        const other = page.world.device('laptop').tab().system<Board>({ id: 'x' })
        other.$presence.set('there')
        await page.run(() => mine('here'))
        await pass()
        expect(page.text).toBe('me:here;you:there;')
        other.$close()
        await pass()
        expect(page.text).toBe('me:here;')
      })

      test('[C3] `usePresence` and `useSystem` with the same options are one connection', async () => {
        let renders = 0
        const Count = reader((view) => `${view.count};`)
        const Here = (): Element => {
          renders++
          return `${usePresence({ id: 'x' }).value.length};`
        }
        await page.show(inPage(h(Count), h(Here)))
        await pass()
        expect([page.text, page.opened.length]).toEqual(['0;1;', 1])
        const before = [Count.renders, renders]
        await page.run(() => Count.view.increment())
        expect([Count.renders, renders]).toEqual([before[0]! + 1, before[1]])
        await page.unmount()
        await pass()
        expect(page.closed.count).toBe(1)
      })
    })

    describe('connections', () => {
      test('[C1] components that use one instance share one connection; the last one closes it', async () => {
        const [A, B] = [reader(titles), reader((view) => view.title)]
        await page.show(inPage(h(A), h(B)))
        await page.show(inPage(h(A)))
        expect([page.opened, page.closed.count]).toEqual([['x'], 0])
        await page.show(inPage())
        expect([page.opened, page.closed.count]).toEqual([['x'], 1])
        await page.show(inPage(h(A)))
        expect([page.opened, page.closed.count]).toEqual([['x', 'x'], 1])
      })

      test('[C1] unmounting closes after the current task, so that a remount keeps the connection', async () => {
        const A = reader(titles)
        await page.show(inPage(h('p', { key: 'first' }, h(A))))
        await page.run(() => A.view.addTask('one'))
        await page.showOnly(inPage(h('p', { key: 'second' }, h(A))))
        expect(page.text).toBe('one')
        await page.settle()
        expect([page.opened, page.closed.count]).toEqual([['x'], 0])
        await page.unmount()
        await page.settle()
        expect(page.closed.count).toBe(1)
      })

      test('[A15] another id shows another instance, and leaves the first', async () => {
        const One = ({ id }: { id: string }): Element => `${id}: ${titles(useSystem<Board>({ id }))}`
        const other = page.home.system<Board>({ id: 'b' })
        await page.run(() => other.actions.addTask('of b'))
        await page.show(inPage(h(One, { id: 'a' })))
        expect(page.text).toBe('a: ')
        await page.show(inPage(h(One, { id: 'b' })))
        expect(page.text).toBe('b: of b')
        expect([page.opened, page.closed.count]).toEqual([['b', 'a'], 1])
      })

      test('[A14] other metadata makes another connection, equal metadata does not', async () => {
        const One = ({ user }: { user: string }): Element => useSystem<Board>({ id: 'x', metadata: { user: { name: user } } }).title
        await page.show(inPage(h(One, { user: 'ada' }), h(One, { user: 'ada' })))
        expect(page.opened).toEqual(['x'])
        await page.show(inPage(h(One, { user: 'ada' }), h(One, { user: 'grace' })))
        expect([page.opened, page.closed.count]).toEqual([['x', 'x'], 0])
      })

      test('[C1] the connection of a render that came to nothing is closed later', async () => {
        const Tasks = reader(titles)
        const forever = new Promise<void>(() => undefined)
        const Endless = (): Element => {
          throw forever
        }
        await page.home.ready
        await page.show(inPage(h(Tasks), h(Endless)))
        expect(Tasks.renders).toBeGreaterThan(0)
        await page.unmount()
        await page.run(() => page.world.clock.advance(10_000))
        expect([page.opened, page.closed.count]).toEqual([['x'], 1])
      })

      test('[C1] a component on the page keeps its connection as time passes', async () => {
        const Tasks = reader(titles)
        await page.show(inPage(h(Tasks)))
        await page.run(() => page.world.clock.advance(60_000))
        await page.run(() => Tasks.view.addTask('late'))
        expect([page.text, page.opened, page.closed.count]).toEqual(['late', ['x'], 0])
      })

      test('[C1] a connection that was closed before its component was shown is made anew', async () => {
        const { home, passTime } = homeWithClock(page)
        await page.run(() => home.ready)
        const Tasks = reader((view) => {
          // More than ten seconds lie between this render and its effects: a debugger has stopped the page, for example.
          if (Tasks.renders === 1) passTime()
          return titles(view)
        })
        await page.show(h(HomeProvider, { home }, h(Tasks)))
        expect([page.opened, page.closed.count]).toEqual([['x', 'x'], 1])
        await page.run(() => Tasks.view.addTask('one'))
        expect(page.text).toBe('one')
      })

      test('[A20] HomeProvider says which home; the nearest counts', async () => {
        const other = page.world.device('phone').tab()
        await page.run(() => other.system<Board>({ id: 'x' }).actions.addTask('on the phone'))
        const Tasks = reader((view) => `${titles(view)};`)
        const OnPhone = reader((view) => `${titles(view)};`)
        await page.show(inPage(h(Tasks), h(HomeProvider, { home: other }, h(OnPhone))))
        await page.run(() => Tasks.view.addTask('on the laptop'))
        expect(page.text).toBe('on the laptop;on the phone;')
      })

      test('[A20] without connect() and HomeProvider the error says what to do', async () => {
        const Tasks = reader(titles)
        await page.show(h(ErrorBoundary, null, h(Suspense, { fallback: 'loading' }, h(Tasks))))
        expect(page.text).toContain('error: home/none A hook was used before connect() was called.')
      })
    })

    /** Keeps a reader on a second page part, to call actions without rendering what is tested. */
    async function shown<T extends Component & { view: SystemView<Board> }>(Reader: T): Promise<T> {
      await page.show(inPage(h(Reader)))
      return Reader
    }
  })
}
