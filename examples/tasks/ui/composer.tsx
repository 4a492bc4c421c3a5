/** The box for new tasks. What is pasted with line breaks is imported, a task a line. */
import { useRef, useState } from 'preact/hooks'
import type { Commands } from '../commands.ts'
import { splitLines } from '../todo-file.ts'
import { PlusIcon } from '../../shared/icons.tsx'

export function Composer({ commands }: { commands: Commands }) {
  const box = useRef<HTMLInputElement>(null)
  const [text, setText] = useState('')

  const onSubmit = async (event: Event) => {
    event.preventDefault()
    box.current?.focus()
    if (text.trim() === '') return
    setText('')
    if (!(await commands.add(text))) setText(text)
  }

  const onPaste = (event: ClipboardEvent) => {
    const pasted = event.clipboardData?.getData('text/plain') ?? ''
    if (splitLines(pasted).length < 2) return
    event.preventDefault()
    void commands.importText(pasted, 'What you pasted')
  }

  return (
    <form class="composer" onSubmit={onSubmit}>
      <input
        ref={box}
        id="new-task"
        type="text"
        aria-label="New task"
        placeholder="Add a task, such as (A) Call Mom +Family @phone"
        autocomplete="off"
        enterkeyhint="done"
        value={text}
        onInput={(event) => setText(event.currentTarget.value)}
        onPaste={onPaste}
      />
      <button type="submit" class="button is-primary" aria-label="Add task">
        <PlusIcon />
        <span>Add</span>
      </button>
    </form>
  )
}
