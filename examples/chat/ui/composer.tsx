/** Where a question is written. While an answer comes, the button stops it, if this tab has asked for it. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { SendIcon, StopIcon } from './icons.tsx'

export interface ComposerProps {
  /** Whether the answer that is being written was asked for by this tab. */
  readonly isMine: boolean
  readonly isBusy: boolean
  onAsk(text: string): Promise<boolean>
  onStop(): void
}

export function Composer({ isMine, isBusy, onAsk, onStop }: ComposerProps) {
  const box = useRef<HTMLTextAreaElement>(null)
  const [text, setText] = useState('')
  useLayoutEffect(() => {
    box.current!.style.height = 'auto'
    box.current!.style.height = `${box.current!.scrollHeight}px`
  }, [text])

  const submit = async () => {
    box.current?.focus()
    if (isBusy || text.trim() === '') return
    setText('')
    if (!(await onAsk(text))) setText(text)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return
    event.preventDefault()
    void submit()
  }
  return (
    <form
      class="composer"
      onSubmit={(event) => {
        event.preventDefault()
        void submit()
      }}
    >
      <div class="composer-box">
        <textarea
          ref={box}
          rows={1}
          aria-label="Your question"
          placeholder={isBusy && !isMine ? 'An answer is being written for another tab' : 'Ask something'}
          maxLength={4000}
          enterkeyhint="send"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        {isMine ? (
          <button type="button" class="button" onClick={onStop}>
            <StopIcon />
            <span>Stop</span>
          </button>
        ) : (
          <button type="submit" class="button is-primary" aria-label="Send" disabled={isBusy || text.trim() === ''}>
            <SendIcon />
          </button>
        )}
      </div>
    </form>
  )
}
