/**
 * The writing surface: a plain text field over a copy of its text. The copy has the same shape, gives the field its
 * height, and shows where others are; it is hidden from assistive technology, which reads the field.
 */
import { useEffect, useLayoutEffect, useMemo, useRef } from 'preact/hooks'
import { CursorReporter, type Places } from '../cursor-reporter.ts'
import { cutIntoStretches, type RemoteCursor } from '../mirror.ts'
import type { SharedText } from '../shared-text.ts'
import { TextBinding } from '../text-binding.ts'
import { RemoteCaret } from './remote-caret.tsx'
import type { TextView } from './use-text.ts'

export interface EditorProps {
  readonly text: SharedText
  readonly view: TextView
  readonly cursors: readonly RemoteCursor[]
  readonly isReady: boolean
  /** A new one is told where the caret is, also if it has not moved. */
  readonly onCursor: (places: Places) => void
}

export function Editor({ text, view, cursors, isReady, onCursor }: EditorProps) {
  const field = useRef<HTMLTextAreaElement>(null)
  const binding = useRef<TextBinding>(undefined)
  const stretches = useMemo(() => cutIntoStretches(view.value, cursors), [view.value, cursors])

  useLayoutEffect(() => {
    const bound = new TextBinding(text, field.current!)
    binding.current = bound
    return () => bound.destroy()
  }, [text])
  useReportedCursor(text, field, onCursor)

  const onKeyDown = (event: KeyboardEvent) => {
    const key = event.key.toLowerCase()
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing || (key !== 'z' && key !== 'y')) return
    event.preventDefault()
    if (key === 'y' || event.shiftKey) text.redo()
    else text.undo()
  }
  // The menus of browsers and phones undo as well; what they know of is not what others have made of the text since.
  const onBeforeInput = (event: InputEvent) => {
    if (event.inputType !== 'historyUndo' && event.inputType !== 'historyRedo') return
    event.preventDefault()
    if (event.inputType === 'historyUndo') text.undo()
    else text.redo()
  }

  return (
    <div class="surface">
      <div class="mirror" aria-hidden="true">
        {stretches.map((stretch) => (
          <span key={stretch.from} class={stretch.colour && `selected is-${stretch.colour}`}>
            {stretch.carets.map((cursor) => (
              <RemoteCaret key={cursor.id} cursor={cursor} isTyping={cursor.caret === view.typedAt} />
            ))}
            {stretch.text}
          </span>
        ))}
        {'\u200b'}
      </div>
      <textarea
        ref={field}
        class="field"
        aria-label="Text"
        placeholder={isReady ? 'Start writing. Open this page in another tab, or on another device, and write there as well.' : ''}
        readOnly={!isReady}
        spellcheck
        onInput={() => binding.current?.fieldChanged()}
        onCompositionStart={() => binding.current?.compositionStarted()}
        onCompositionEnd={() => binding.current?.compositionEnded()}
        onKeyDown={onKeyDown}
        onBeforeInput={onBeforeInput}
      />
    </div>
  )
}

/** Reports where the caret is, while the field has the focus, whatever moved it. */
function useReportedCursor(text: SharedText, field: { readonly current: HTMLTextAreaElement | null }, onCursor: (places: Places) => void) {
  useEffect(() => {
    const reporter = new CursorReporter(onCursor)
    const look = () => {
      if (field.current === null || document.activeElement !== field.current) return
      const { selectionStart, selectionEnd, selectionDirection } = field.current
      const [anchor, position] = selectionDirection === 'backward' ? [selectionEnd, selectionStart] : [selectionStart, selectionEnd]
      reporter.move({ position: text.placeAt(position), anchor: text.placeAt(anchor) })
    }
    look()
    document.addEventListener('selectionchange', look)
    const stop = text.listen(look)
    return () => {
      stop()
      document.removeEventListener('selectionchange', look)
      reporter.stop()
    }
  }, [text, field, onCursor])
}
