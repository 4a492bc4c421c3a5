/** `home.system` gives a typed handle: fields as signals of immutable values, actions as calls. What is wrong must not compile. */
import {
  action,
  AgenticSystem,
  type ActionCall,
  type ActionsOf,
  type CallStatus,
  field,
  type FieldsOf,
  type Home,
  type Immutable,
  type Presence,
  type Present,
  type RejectedCall,
  type SyncState,
  type SystemHandle,
} from 'homeroom'
import type { ReadonlySignal } from '@preact/signals-core'

interface Task {
  id: string
  title: string
  done: boolean
  due?: Date
}

class TaskManager extends AgenticSystem {
  @field tasks: Task[] = []
  @field byId = new Map<string, Task>()
  @field labels = new Set<string>()
  @field pair: [number, { n: number }] = [0, { n: 0 }]
  @field filter: 'all' | 'open' | undefined = undefined
  @field bytes = new Uint8Array()
  // oxlint-disable-next-line typescript/no-explicit-any -- a field of which nothing is said
  @field loose: any = null
  readonly #secret = 1
  readonly fixed = 'not a field'

  get computed() {
    return this.tasks.length
  }
  @action() addTask(title: string, done = false): Task {
    const task = this.make(title, done)
    this.tasks.push(task)
    return task
  }
  @action() async countOpen(...ids: string[]) {
    await Promise.resolve()
    return this.tasks.filter(({ id, done }) => !done && ids.includes(id)).length + this.#secret
  }
  @action() clear() {
    this.tasks = []
  }
  onCreate() {}
  onConnect() {}
  private make(title: string, done: boolean): Task {
    return { id: this.turn.uuid(), title, done }
  }
  protected alsoHidden() {
    return this.make('', false)
  }
}

type Same<X, Y> = (<T>() => T extends X ? 1 : 2) extends <T>() => T extends Y ? 1 : 2 ? true : false
const is = <_ extends true>(): void => undefined
type ReadonlyTask = { readonly id: string; readonly title: string; readonly done: boolean; readonly due?: Date }

is<Same<FieldsOf<TaskManager>, 'tasks' | 'byId' | 'labels' | 'pair' | 'filter' | 'bytes' | 'loose'>>()
is<Same<ActionsOf<TaskManager>, 'addTask' | 'countOpen' | 'clear'>>()
is<Same<Immutable<Task[]>, readonly ReadonlyTask[]>>()
is<Same<Immutable<Map<string, Task[]>>, ReadonlyMap<string, readonly ReadonlyTask[]>>>()

declare const home: Home
const handle = home.system<TaskManager>({ id: 'project-123' })
const named = home.system<TaskManager>('TaskManager', { id: 'project-123', metadata: { userId: 'ada' } })
is<Same<typeof handle, SystemHandle<TaskManager>>>()
is<Same<typeof named, typeof handle>>()

is<Same<typeof handle.tasks, ReadonlySignal<readonly ReadonlyTask[]>>>()
is<Same<typeof handle.byId, ReadonlySignal<ReadonlyMap<string, ReadonlyTask>>>>()
is<Same<typeof handle.labels, ReadonlySignal<ReadonlySet<string>>>>()
is<Same<typeof handle.pair.value, readonly [number, { readonly n: number }]>>()
is<Same<typeof handle.filter, ReadonlySignal<'all' | 'open' | undefined>>>()
is<Same<typeof handle.bytes, ReadonlySignal<Uint8Array<ArrayBuffer>>>>()
is<Same<typeof handle.$status.value, 'connecting' | 'connected' | 'disconnected' | 'error'>>()
is<Same<typeof handle.$ready, Promise<void>>>()
is<Same<typeof handle.$presence, Presence>>()
is<Same<typeof handle.$presence.value, readonly Present[]>>()
const cursors: Presence<{ x: number }> = handle.$presence as Presence<{ x: number }>
is<Same<(typeof cursors.value)[number]['value'], { x: number } | undefined>>()
cursors.set({ x: 1 })
cursors.set(undefined)
is<Same<ReturnType<typeof cursors.subscribe>, () => void>>()

const added = handle.addTask('title')
is<Same<typeof added, ActionCall<Task>>>()
is<Same<Awaited<typeof added>, Task>>()
is<Same<typeof added.confirmed, Promise<Task>>>()
is<Same<typeof added.status, ReadonlySignal<CallStatus>>>()
is<Same<Parameters<typeof handle.actions.addTask>, [title: string, done?: boolean | undefined]>>()
is<Same<ReturnType<typeof handle.countOpen>, ActionCall<number>>>()
is<Same<ReturnType<typeof handle.clear>, ActionCall<void>>>()
is<Same<ReturnType<typeof handle.$undo>, ActionCall<boolean>>>()
is<Same<ReturnType<typeof handle.$redo>, ActionCall<boolean>>>()
is<Same<typeof handle.$canUndo, ReadonlySignal<boolean>>>()
is<Same<typeof handle.$canRedo, ReadonlySignal<boolean>>>()
const grouped = handle.$group(() => handle.addTask('title'))
is<Same<typeof grouped, ActionCall<Task>>>()
is<Same<ReturnType<typeof handle.$group<number>>, number>>()
handle.$group('a drag', () => void handle.clear())
void handle.$undo(added.id)
is<Same<keyof typeof handle.actions, ActionsOf<TaskManager>>>()

is<Same<typeof home.rejected.value, readonly RejectedCall[]>>()
is<Same<typeof home.sync.value, SyncState>>()
// oxlint-disable-next-line typescript/no-explicit-any -- nothing is known of the class
is<Same<SystemHandle<any>, any>>()

// @ts-expect-error -- a call is named by its id
void handle.$undo(added)
// @ts-expect-error -- only the last undo is redone
void handle.$redo(added.id)
// @ts-expect-error -- a group needs something to run
handle.$group('a drag')
// @ts-expect-error -- another shape
cursors.set({ y: 1 })
// @ts-expect-error -- who is here is read, not set
cursors.value = []
// @ts-expect-error -- others show what they like, this tab only reads it
if (cursors.value[0] !== undefined) cursors.value[0].value = { x: 2 }
// @ts-expect-error -- metadata is for hooks and turns
void cursors.value[0]?.metadata
// @ts-expect-error -- a title is text
void handle.addTask(1)
// @ts-expect-error -- an argument is missing
void handle.actions.addTask()
// @ts-expect-error -- there is no third argument
void handle.addTask('title', true, 1)
// @ts-expect-error -- a signal's value is read, not set
handle.tasks.value = []
// @ts-expect-error -- values are to be read
handle.tasks.value.push({ id: '', title: '', done: false })
// @ts-expect-error -- down to their leaves
if (handle.tasks.value[0] !== undefined) handle.tasks.value[0].title = 'other'
// @ts-expect-error -- an index may miss
void handle.tasks.value[0].title
// @ts-expect-error -- Maps too
handle.byId.value.set('', { id: '', title: '', done: false })
// @ts-expect-error -- hooks are not called from tabs
void handle.onCreate
// @ts-expect-error -- nor these
void handle.onConnect
// @ts-expect-error -- a turn exists in the host only
void handle.turn
// @ts-expect-error -- connections too
void handle.connections
// @ts-expect-error -- the id of a handle is $id
void handle.id
// @ts-expect-error -- a private helper is nobody's business
void handle.make
// @ts-expect-error -- nor is a protected one
void handle.actions.alsoHidden
// @ts-expect-error -- what cannot be assigned is no field
void handle.fixed
// @ts-expect-error -- nor is an accessor
void handle.computed
// @ts-expect-error -- a field is no action
void handle.actions.tasks
// @ts-expect-error -- no such member
void handle.tusks
// @ts-expect-error -- a handle has no members to set
handle.addTask = handle.clear
// @ts-expect-error -- which instance?
home.system<TaskManager>({})
// @ts-expect-error -- an id is text
home.system<TaskManager>({ id: 1 })
// @ts-expect-error -- a named system needs an id too
home.system<TaskManager>('TaskManager')
// @ts-expect-error -- not a system
home.system<{ tasks: string[] }>({ id: 'x' })
// @ts-expect-error -- a turn is for actions: outside the class it is protected
void new TaskManager().turn
