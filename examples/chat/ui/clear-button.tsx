/** Clears the conversation, everywhere and for good: so it asks once more. */
import { useEffect, useState } from 'preact/hooks'
import { TrashIcon } from '../../shared/icons.tsx'

const ASKS_MS = 4000

export function ClearButton({ isDisabled, onClear }: { isDisabled: boolean; onClear(): void }) {
  const [asks, setAsks] = useState(false)
  useEffect(() => {
    if (!asks) return
    const timer = setTimeout(() => setAsks(false), ASKS_MS)
    return () => clearTimeout(timer)
  }, [asks])
  const onClick = () => {
    if (asks) onClear()
    setAsks(!asks)
  }
  return (
    <button
      type="button"
      class={`button${asks ? ' is-asking' : ''}`}
      aria-label={asks ? 'Really clear the conversation' : 'Clear the conversation'}
      disabled={isDisabled}
      onClick={onClick}
    >
      <TrashIcon />
      <span>{asks ? 'Really?' : 'Clear'}</span>
    </button>
  )
}
