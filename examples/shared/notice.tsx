/** The latest thing that was done, for a while, with its undo. It waits while a pointer or focus is on it. */
import { useEffect, useState } from 'preact/hooks'
import { CloseIcon } from './icons.tsx'
import type { Feedback } from './use-feedback.ts'

const SHOWN_MS = 10_000

export function NoticeBar({ feedback: { notice, undo, dismissNotice } }: { feedback: Feedback }) {
  const [isHeld, setHeld] = useState(false)

  useEffect(() => setHeld(false), [notice?.key])
  useEffect(() => {
    if (!notice || isHeld) return
    const timer = setTimeout(dismissNotice, SHOWN_MS)
    return () => clearTimeout(timer)
  }, [notice?.key, isHeld])

  return (
    <div class="notice-place" role="status" aria-label="Notice">
      {notice && (
        <div
          key={notice.key}
          class="notice"
          onPointerEnter={() => setHeld(true)}
          onPointerLeave={() => setHeld(false)}
          onFocusIn={() => setHeld(true)}
          onFocusOut={() => setHeld(false)}
        >
          <p>{notice.text}</p>
          {notice.undo && (
            <button type="button" class="notice-undo" onClick={() => void undo(notice.undo)}>
              Undo
            </button>
          )}
          <button type="button" class="icon-button" aria-label="Close notice" onClick={dismissNotice}>
            <CloseIcon />
          </button>
        </div>
      )}
    </div>
  )
}
