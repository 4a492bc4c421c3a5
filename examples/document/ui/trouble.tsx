/** What goes wrong with the document, as long as it does. */
import { WarningIcon } from '../../shared/icons.tsx'

export function Trouble({ reason, isOpen }: { reason: unknown; isOpen: boolean }) {
  if (reason === undefined) return null
  return (
    <div class="problem" role="alert">
      <WarningIcon />
      <div class="problem-text">
        <strong>{isOpen ? 'What you typed last is not stored yet' : 'The document did not open'}</strong>
        {reason instanceof Error && <p>{reason.message}</p>}
        {isOpen && <p>It is kept in this tab, and is tried again by itself: leave the tab open.</p>}
      </div>
    </div>
  )
}
