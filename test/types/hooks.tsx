/** [A20] `useSystem` gives typed fields and typed actions, in both libraries; what is wrong must not compile. */
import {
  action,
  AgenticSystem,
  type ActionCall,
  field,
  type Home,
  type PresenceView,
  type Present,
  type Status,
  stream,
  type StreamHandle,
  type SystemView,
} from 'homeroom'
import * as preactHooks from 'homeroom/preact'
import * as reactHooks from 'homeroom/react'

class TaskManager extends AgenticSystem {
  @field tasks: { id: string; title: string; done: boolean }[] = []
  @field scores = new Map<string, number>()
  @field due: Date | null = null
  @field summary = stream<string>('')
  @action() addTask(title: string) {
    this.tasks.push({ id: this.turn.uuid(), title, done: false })
    return this.tasks.length
  }
  @action() async rename(id: string, title = 'untitled') {
    await Promise.resolve()
    return { id, title }
  }
  onConnect() {}
}

class Review extends AgenticSystem {
  @field status: 'draft' | 'public' = 'draft'
  @field error = 0
}

type Same<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false
const is = <_ extends true>(): void => undefined

is<Same<typeof preactHooks.useSystem, typeof reactHooks.useSystem>>()
is<Same<typeof preactHooks.usePresence, typeof reactHooks.usePresence>>()
is<Same<keyof typeof preactHooks, keyof typeof reactHooks>>()

export function Tasks({ home }: { home: Home | undefined }) {
  const view = reactHooks.useSystem<TaskManager>({ id: 'project-123', metadata: { userId: 'ada' } })
  const { tasks, scores, due, summary, addTask, rename, actions, status, error, $status, $error } = view
  is<Same<typeof view, SystemView<TaskManager>>>()
  is<Same<typeof tasks, readonly { readonly id: string; readonly title: string; readonly done: boolean }[]>>()
  is<Same<typeof scores, ReadonlyMap<string, number>>>()
  is<Same<typeof due, Date | null>>()
  is<Same<typeof summary, StreamHandle<string>>>()
  is<Same<ReturnType<typeof addTask>, ActionCall<number>>>()
  is<Same<ReturnType<typeof rename>, ActionCall<{ id: string; title: string }>>>()
  is<Same<Parameters<typeof actions.rename>, [id: string, title?: string | undefined]>>()
  is<Same<typeof status, Status>>()
  is<Same<typeof error, Error | undefined>>()
  is<Same<typeof $status, Status>>()
  is<Same<typeof $error, Error | undefined>>()
  is<Same<keyof typeof actions, 'addTask' | 'rename'>>()

  // @ts-expect-error -- a title is text
  void addTask(1)
  // @ts-expect-error -- an argument is missing
  void actions.addTask()
  // @ts-expect-error -- values are to be read
  tasks.push({ id: '', title: '', done: false })
  // @ts-expect-error -- fields are changed by actions
  view.tasks = []
  // @ts-expect-error -- hooks are not called from tabs
  void view.onConnect
  // @ts-expect-error -- a turn exists in the host only
  void view.turn
  // @ts-expect-error -- no such member
  void view.tusks
  // @ts-expect-error -- which instance?
  reactHooks.useSystem<TaskManager>({})
  // @ts-expect-error -- which instance?
  reactHooks.useSystem<TaskManager>('TaskManager')
  // @ts-expect-error -- not a system
  reactHooks.useSystem<{ tasks: string[] }>({ id: 'x' })

  return reactHooks.HomeProvider({ home, children: tasks.map((task) => task.title) })
}

export function Cursors() {
  const presence = reactHooks.usePresence<{ x: number }>({ id: 'project-123' })
  const named = preactHooks.usePresence('TaskManager', { id: 'project-123', metadata: { userId: 'ada' } })
  is<Same<typeof presence, PresenceView<{ x: number }>>>()
  is<Same<typeof presence.value, readonly Present<{ x: number }>[]>>()
  is<Same<typeof named, PresenceView>>()
  presence.set({ x: 1 })
  // @ts-expect-error -- another shape
  presence.set('here')
  // @ts-expect-error -- who is here is read, not set
  presence.value = []
  // @ts-expect-error -- which instance?
  void reactHooks.usePresence({})
  return presence.value.map(({ id, isSelf, value }) => `${id} ${isSelf} ${value?.x ?? 0}`)
}

export function Shown() {
  const byName = preactHooks.useSystem<Review>('Review', { id: 'x' })
  is<Same<typeof byName.status, 'draft' | 'public'>>()
  is<Same<typeof byName.error, number>>()
  is<Same<typeof byName.$status, Status>>()
  is<Same<typeof byName.$error, Error | undefined>>()
  return <preactHooks.HomeProvider home={undefined}>{byName.status}</preactHooks.HomeProvider>
}
