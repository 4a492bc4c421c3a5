/** The menu of a row: everything that can be done to a task, for pointers and keyboards alike. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { MoreIcon } from './icons.tsx'

export interface RowMenuProps {
  readonly name: string
  readonly tabIndex: number
  readonly priority: string | undefined
  readonly isDone: boolean
  /** Why the row cannot be moved now, or nothing where it can. */
  readonly fixed: string | undefined
  readonly isFirst: boolean
  readonly isLast: boolean
  onOpen(isOpen: boolean): void
  onEdit(): void
  onMove(to: 'top' | 'up' | 'down' | 'bottom'): void
  onPriority(priority: string | null): void
  onDelete(): void
}

export function RowMenu(props: RowMenuProps) {
  const [isOpen, setOpen] = useState(false)
  const [isAbove, setAbove] = useState(false)
  const button = useRef<HTMLButtonElement>(null)
  const menu = useRef<HTMLDivElement>(null)

  const change = (open: boolean) => {
    setOpen(open)
    props.onOpen(open)
  }
  const close = () => {
    change(false)
    button.current?.focus()
  }
  const choose = (act: () => void) => () => {
    close()
    act()
  }

  useLayoutEffect(() => {
    if (!isOpen || !menu.current || !button.current) return
    setAbove(button.current.getBoundingClientRect().bottom + menu.current.offsetHeight + 12 > window.innerHeight)
    itemsOf(menu.current)[0]?.focus({ preventScroll: true })
  }, [isOpen])

  useEffect(() => {
    if (!isOpen) return
    const onPointerDown = ({ target }: PointerEvent) => {
      if (!menu.current?.contains(target as Node) && !button.current?.contains(target as Node)) change(false)
    }
    document.addEventListener('pointerdown', onPointerDown, true)
    return () => document.removeEventListener('pointerdown', onPointerDown, true)
  }, [isOpen])

  const onKeyDown = (event: KeyboardEvent) => {
    if (!menu.current) return
    event.stopPropagation()
    if (event.key === 'Escape') close()
    else if (event.key === 'Tab') change(false)
    else if (!focusByKey(menu.current, event.key)) return
    if (event.key !== 'Tab') event.preventDefault()
  }

  const move = (label: string, to: 'top' | 'up' | 'down' | 'bottom', isEnd: boolean, keys?: string) => (
    <button
      type="button"
      role="menuitem"
      tabIndex={-1}
      aria-disabled={isEnd || props.fixed !== undefined}
      onClick={isEnd || props.fixed !== undefined ? undefined : choose(() => props.onMove(to))}
    >
      {label}
      {keys && <kbd aria-hidden="true">{keys}</kbd>}
    </button>
  )

  return (
    <div class="menu-anchor">
      <button
        ref={button}
        type="button"
        class="icon-button"
        data-control="more"
        aria-label={`More for ${props.name}`}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        tabIndex={props.tabIndex}
        onClick={() => change(!isOpen)}
      >
        <MoreIcon />
      </button>
      {isOpen && (
        <div ref={menu} class={`menu ${isAbove ? 'is-above' : ''}`} role="menu" aria-label={`More for ${props.name}`} onKeyDown={onKeyDown}>
          <button type="button" role="menuitem" tabIndex={-1} onClick={choose(props.onEdit)}>
            Edit <kbd aria-hidden="true">F2</kbd>
          </button>
          <hr />
          {move('Move up', 'up', props.isFirst, 'Alt ↑')}
          {move('Move down', 'down', props.isLast, 'Alt ↓')}
          {move('Move to top', 'top', props.isFirst)}
          {move('Move to bottom', 'bottom', props.isLast)}
          {props.fixed && <p class="menu-note">{props.fixed}</p>}
          {!props.isDone && (
            <>
              <hr />
              <div role="group" aria-label="Priority" class="menu-priorities">
                <span aria-hidden="true">Priority</span>
                {[null, 'A', 'B', 'C'].map((priority) => (
                  <button
                    key={priority}
                    type="button"
                    role="menuitemradio"
                    tabIndex={-1}
                    aria-label={priority === null ? 'No priority' : `Priority ${priority}`}
                    aria-checked={(props.priority ?? null) === priority}
                    onClick={choose(() => props.onPriority(priority))}
                  >
                    {priority ?? '–'}
                  </button>
                ))}
              </div>
            </>
          )}
          <hr />
          <button type="button" role="menuitem" tabIndex={-1} class="is-danger" onClick={choose(props.onDelete)}>
            Delete <kbd aria-hidden="true">Del</kbd>
          </button>
        </div>
      )}
    </div>
  )
}

/** Moves focus in the menu as `key` asks; answers whether it asked anything. */
function focusByKey(menu: HTMLElement, key: string): boolean {
  const items = itemsOf(menu)
  const at = items.indexOf(document.activeElement as HTMLElement)
  const targets: Record<string, number> = { ArrowDown: at + 1, ArrowRight: at + 1, ArrowUp: at - 1, ArrowLeft: at - 1, Home: 0, End: -1 }
  const to = targets[key]
  if (to !== undefined) items.at(to % items.length)?.focus()
  return to !== undefined
}

function itemsOf(menu: HTMLElement): HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>('[role^=menuitem]')]
}
