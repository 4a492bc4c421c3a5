/** Editing in place: Enter keeps, Escape leaves it as it was, going elsewhere keeps. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'

export interface TaskEditorProps {
  readonly text: string
  onSave(text: string): void
  /** After either way out by keyboard, so that focus goes back to the row. */
  onClose(byKeyboard: boolean): void
}

export function TaskEditor({ text, onSave, onClose }: TaskEditorProps) {
  const box = useRef<HTMLTextAreaElement>(null)
  const [typed, setTyped] = useState(text)
  const isOver = useRef(false)

  useLayoutEffect(() => {
    box.current?.focus()
    box.current?.setSelectionRange(text.length, text.length)
  }, [])
  useLayoutEffect(() => {
    const { current } = box
    if (!current) return
    current.style.height = 'auto'
    current.style.height = `${current.scrollHeight}px`
  }, [typed])

  const close = (keep: boolean, byKeyboard: boolean) => {
    if (isOver.current) return
    isOver.current = true
    if (keep && typed.trim() !== '' && typed !== text) onSave(typed)
    onClose(byKeyboard)
  }

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing || (event.key !== 'Enter' && event.key !== 'Escape')) return
    event.preventDefault()
    event.stopPropagation()
    close(event.key === 'Enter', true)
  }

  return (
    <div class="editor">
      <textarea
        ref={box}
        rows={1}
        aria-label="Edit task"
        aria-describedby="editor-hint"
        autocomplete="off"
        value={typed}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onBlur={() => close(true, false)}
      />
      <p id="editor-hint" class="hint">
        <kbd>Enter</kbd> saves, <kbd>Esc</kbd> cancels. <span class="hint-format">(A) +project @context due:2026-01-31</span>
      </p>
    </div>
  )
}
