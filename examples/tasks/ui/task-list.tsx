/**
 * The list. Only the rows near the window are in the document, each at its place by a transform, and always the one
 * that has focus, is edited or is dragged. One row at a time takes part in the Tab order; arrow keys go between rows.
 */
import { useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import type { TaskView } from '../board-view.ts'
import type { Commands } from '../commands.ts'
import { layOut, rowsBetween } from './row-layout.ts'
import { TaskRow } from './task-row.tsx'
import { useRowDrag } from './use-row-drag.ts'
import { useRowHeights } from './use-row-heights.ts'
import { useViewport } from './use-viewport.ts'

export interface TaskListProps {
  readonly tasks: readonly TaskView[]
  readonly today: string
  /** Why tasks cannot be moved in this view, or nothing. */
  readonly fixed: string | undefined
  /** Whether a task leaves the view when it is completed or reopened. */
  readonly isTransient: boolean
  readonly tag: string
  readonly commands: Commands
  /** A task to focus once it is there: another object for each request. */
  readonly focusRequest: { readonly id: string } | undefined
  onTag(tag: string): void
}

const GUESS = 49

export function TaskList({ tasks, today, fixed, isTransient, tag, commands, focusRequest, onTag }: TaskListProps) {
  const list = useRef<HTMLUListElement>(null)
  const ids = useMemo(() => tasks.map((task) => task.id), [tasks])
  const positions = useMemo(() => new Map(ids.map((id, i) => [id, i])), [ids])
  const { heights, version, observe } = useRowHeights(list, GUESS)
  const { drag, order, start } = useRowDrag({ list, ids, heights, guess: GUESS, drop: (id, place) => moveTo(id, place) })
  const layout = useMemo(() => layOut(order, heights, GUESS), [order, heights, version])
  const viewport = useViewport(list)

  const [activeId, setActiveId] = useState<string>()
  const [editingId, setEditingId] = useState<string>()
  const active = activeId !== undefined && positions.has(activeId) ? activeId : ids[0]
  const focus = useFocusLater(list, setActiveId)
  useLayoutEffect(() => {
    if (focusRequest) focus(focusRequest.id, 'check')
  }, [focusRequest])

  const [from, to] = rowsBetween(layout, viewport.top, viewport.bottom)
  const places = new Map(order.slice(from, to).map((id, i) => [id, from + i]))
  for (const id of [active, editingId, drag?.id]) {
    if (id !== undefined && positions.has(id) && !places.has(id)) places.set(id, order.indexOf(id))
  }
  // In the document they keep the order they have when nothing is dragged: a moved element would lose its transition.
  const shown = [...places.keys()].toSorted((a, b) => positions.get(a)! - positions.get(b)!)

  /** Moves a task to a place in the view, counted without it. */
  const moveTo = (id: string, place: number) => {
    const others = ids.filter((other) => other !== id)
    const task = tasks[positions.get(id)!]!
    return commands.move(task, { after: others[place - 1], before: others[place], position: place + 1, of: ids.length })
  }

  const moveBy = async (id: string, to: 'top' | 'up' | 'down' | 'bottom', control: string) => {
    const at = positions.get(id)!
    const place = { top: 0, up: at - 1, down: at + 1, bottom: ids.length - 1 }[to]
    if (fixed !== undefined || place < 0 || place >= ids.length || place === at) return
    await moveTo(id, place)
    focus(id, control)
  }

  /** Focus goes to the row that takes the place of one that leaves. */
  const focusBeside = (id: string, control: string) => {
    const at = positions.get(id)!
    const beside = ids[at + 1] ?? ids[at - 1]
    if (beside !== undefined) focus(beside, control)
    else document.querySelector<HTMLElement>('#new-task')?.focus()
  }

  const remove = (task: TaskView, control: string) => {
    focusBeside(task.id, control)
    commands.remove(task)
  }

  const toggle = (task: TaskView, done: boolean) => {
    if (isTransient) focusBeside(task.id, 'check')
    return commands.complete(task, done, isTransient)
  }

  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement
    const id = target.closest<HTMLElement>('[data-row]')?.dataset['row']
    const control = target.dataset['control'] ?? 'check'
    if (id === undefined || target.matches('textarea') || event.defaultPrevented || event.ctrlKey || event.metaKey) return
    const at = positions.get(id)!
    const act: Record<string, () => void> = event.altKey
      ? { ArrowUp: () => void moveBy(id, 'up', control), ArrowDown: () => void moveBy(id, 'down', control) }
      : {
          ArrowUp: () => focus(ids[Math.max(0, at - 1)]!, control),
          ArrowDown: () => focus(ids[Math.min(ids.length - 1, at + 1)]!, control),
          Home: () => focus(ids[0]!, control),
          End: () => focus(ids.at(-1)!, control),
          Delete: () => remove(tasks[at]!, control),
          F2: () => setEditingId(id),
          ...(control === 'check' ? { Enter: () => setEditingId(id) } : {}),
        }
    if (!act[event.key]) return
    event.preventDefault()
    act[event.key]!()
  }

  return (
    <ul
      ref={list}
      class={`list ${drag ? 'is-dragging' : ''}`}
      role="list"
      aria-label="Tasks"
      style={{ height: `${layout.total}px` }}
      onKeyDown={onKeyDown}
      onFocusIn={(event) => setActiveId((event.target as HTMLElement).closest<HTMLElement>('[data-row]')?.dataset['row'] ?? activeId)}
    >
      {shown.map((id) => {
        const position = positions.get(id)!
        const task = tasks[position]!
        const isDragged = drag?.id === id
        return (
          <TaskRow
            key={id}
            task={task}
            today={today}
            position={position}
            of={ids.length}
            top={isDragged && drag.phase === 'held' ? drag.top : layout.tops[places.get(id)!]!}
            drag={isDragged ? drag.phase : undefined}
            isActive={id === active}
            isEditing={id === editingId}
            fixed={fixed}
            tag={tag}
            observe={observe}
            onGrip={(event) => start(event, id)}
            onToggle={(done) => toggle(task, done)}
            onEdit={(isEditing, byKeyboard) => {
              setEditingId((old) => (isEditing ? id : old === id ? undefined : old))
              if (!isEditing && byKeyboard) focus(id, 'check')
            }}
            onSave={(text) => commands.edit(task, text)}
            onMove={(to) => void moveBy(id, to, 'more')}
            onPriority={(priority) => commands.setPriority(task, priority)}
            onDelete={() => remove(task, 'check')}
            onTag={onTag}
          />
        )
      })}
    </ul>
  )
}

/** Focus for a row's control that may be in the document only after the next renderings, within a second. */
function useFocusLater(list: { readonly current: HTMLElement | null }, setActiveId: (id: string) => void) {
  const wanted = useRef<{ readonly id: string; readonly control: string; readonly until: number } | undefined>(undefined)
  const [, render] = useState(0)
  useLayoutEffect(() => {
    if (!wanted.current) return
    const { id, control, until } = wanted.current
    if (performance.now() > until) wanted.current = undefined
    const element = list.current?.querySelector<HTMLElement>(`[data-row="${CSS.escape(id)}"] [data-control="${control}"]`)
    if (!element) return
    wanted.current = undefined
    element.focus()
  })
  return (id: string, control: string) => {
    wanted.current = { id, control, until: performance.now() + 1000 }
    setActiveId(id)
    render((count) => count + 1)
  }
}
