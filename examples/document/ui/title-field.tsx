/** The title, as an input that looks like a heading. While somebody types here, what others set does not come between. */
import { useEffect, useRef, useState } from 'preact/hooks'

export interface TitleFieldProps {
  readonly title: string
  readonly isReady: boolean
  onTitle(title: string): void
  onEnter(): void
}

const REST_MS = 400

export function TitleField({ title, isReady, onTitle, onEnter }: TitleFieldProps) {
  const [draft, setDraft] = useState<string>()
  const latest = useRef(onTitle)
  latest.current = onTitle

  useEffect(() => {
    if (draft === undefined) return
    const timer = setTimeout(() => latest.current(draft), REST_MS)
    return () => clearTimeout(timer)
  }, [draft])

  const finish = () => {
    if (draft !== undefined) onTitle(draft)
    setDraft(undefined)
  }
  return (
    <input
      class="title"
      aria-label="Title"
      placeholder={isReady ? 'Untitled' : ''}
      maxLength={200}
      autocomplete="off"
      readOnly={!isReady}
      value={draft ?? title}
      onInput={(event) => setDraft(event.currentTarget.value)}
      onBlur={finish}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || event.isComposing) return
        event.preventDefault()
        finish()
        onEnter()
      }}
    />
  )
}
