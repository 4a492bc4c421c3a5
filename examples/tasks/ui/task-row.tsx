/** One task: its checkbox, its text (click to edit), and what can be done to it. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { describeDue, nameOf, type TaskView } from '../board-view.ts'
import { editableText } from '../task-line.ts'
import { TrashIcon } from '../../shared/icons.tsx'
import { EditIcon, GripIcon } from './icons.tsx'
import { RowMenu, type RowMenuProps } from './row-menu.tsx'
import { TaskEditor } from './task-editor.tsx'
import { TaskText } from './task-text.tsx'

export interface TaskRowProps extends Pick<RowMenuProps, 'fixed' | 'onMove' | 'onPriority' | 'onDelete'> {
  readonly task: TaskView
  readonly today: string
  /** In the view, from 0, and how many there are. */
  readonly position: number
  readonly of: number
  readonly top: number
  readonly drag: 'held' | 'settling' | undefined
  /** Whether Tab stops here: one row of the list does. */
  readonly isActive: boolean
  readonly isEditing: boolean
  readonly tag: string
  observe(row: HTMLElement): () => void
  onGrip(event: PointerEvent): void
  /** Completes or reopens it. Answers once the task shows it, or cannot be changed. */
  onToggle(done: boolean): Promise<unknown>
  onEdit(isEditing: boolean, byKeyboard?: boolean): void
  onSave(text: string): void
  onTag(tag: string): void
}

export function TaskRow(props: TaskRowProps) {
  const { task, position, of, isActive, isEditing } = props
  const row = useRef<HTMLLIElement>(null)
  const [isMenuOpen, setMenuOpen] = useState(false)
  const [isChecked, setChecked] = useState<boolean>()
  useEffect(() => props.observe(row.current!), [])

  const toggles = useRef(0)

  // The box shows at once what was asked for last.
  const toggle = async (done: boolean) => {
    const count = ++toggles.current
    setChecked(done)
    await props.onToggle(done)
    if (count === toggles.current) setChecked(undefined)
  }

  const name = nameOf(task)
  const tabIndex = isActive ? 0 : -1
  const textId = `text-${task.id}`
  const states = [task.done && 'is-done', isEditing && 'is-editing', isMenuOpen && 'is-raised', props.drag && `is-${props.drag}`]

  return (
    <li
      ref={row}
      class={['row', ...states].filter(Boolean).join(' ')}
      data-row={task.id}
      aria-setsize={of}
      aria-posinset={position + 1}
      style={{ transform: `translateY(${props.top}px)` }}
    >
      <span
        class={`grip ${props.fixed ? 'is-fixed' : ''}`}
        title={props.fixed ?? 'Drag to reorder, or Alt+↑ and Alt+↓'}
        data-testid="grip"
        onPointerDown={props.fixed ? undefined : props.onGrip}
      >
        <GripIcon />
      </span>
      <span class="check">
        <input
          type="checkbox"
          data-control="check"
          checked={isChecked ?? task.done}
          {...(isEditing ? { 'aria-label': name } : { 'aria-labelledby': textId })}
          tabIndex={tabIndex}
          onChange={(event) => void toggle(event.currentTarget.checked)}
        />
      </span>
      {isEditing ? (
        <TaskEditor text={editableText(task.line)} onSave={props.onSave} onClose={(byKeyboard) => props.onEdit(false, byKeyboard)} />
      ) : (
        <>
          <div class="body" onClick={(event) => isPlainClick(event) && props.onEdit(true)}>
            {task.priority && <Priority letter={task.priority} />}
            <span class="text" id={textId}>
              <TaskText tokens={task.tokens} tag={props.tag} tabIndex={tabIndex} onTag={props.onTag} />
            </span>
            {task.due && !task.done && <Due day={task.due} today={props.today} />}
          </div>
          <div class="row-tools">
            <button
              type="button"
              class="icon-button is-extra"
              data-control="edit"
              aria-label={`Edit ${name}`}
              title="Edit"
              tabIndex={tabIndex}
              onClick={() => props.onEdit(true)}
            >
              <EditIcon />
            </button>
            <button
              type="button"
              class="icon-button is-extra"
              data-control="delete"
              aria-label={`Delete ${name}`}
              title="Delete"
              tabIndex={tabIndex}
              onClick={props.onDelete}
            >
              <TrashIcon />
            </button>
            <RowMenu
              name={name}
              tabIndex={tabIndex}
              priority={task.priority}
              isDone={task.done}
              fixed={props.fixed}
              isFirst={position === 0}
              isLast={position === of - 1}
              onOpen={setMenuOpen}
              onEdit={() => props.onEdit(true)}
              onMove={props.onMove}
              onPriority={props.onPriority}
              onDelete={props.onDelete}
            />
          </div>
        </>
      )}
    </li>
  )
}

function Priority({ letter }: { letter: string }) {
  return (
    <span class={`priority is-${letter.toLowerCase()}`}>
      <span class="visually-hidden">Priority </span>
      {letter}
    </span>
  )
}

function Due({ day, today }: { day: string; today: string }) {
  const { text, tone } = describeDue(day, today)
  return (
    <time class={`due is-${tone}`} dateTime={day} title={`Due ${day}`}>
      <span class="visually-hidden">Due </span>
      {text}
    </time>
  )
}

/** Not on a button or link in the text, and not the end of selecting some of it. */
function isPlainClick(event: MouseEvent): boolean {
  return !(event.target as HTMLElement).closest('button, a') && (window.getSelection()?.isCollapsed ?? true)
}
