/** The icons of this example. */
import { draw } from '../../shared/icons.tsx'

export const SendIcon = draw('M10 16V4M4.5 9.5 10 4l5.5 5.5')
export const StopIcon = draw('M5.5 5.5h9v9h-9z')

/** The mark of the app: somebody speaks. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" fill="var(--accent)" />
      <path d="M8.5 10.5h15v9.5h-8L11 23.5V20H8.5Z" fill="none" stroke="var(--on-accent)" stroke-width="2.4" stroke-linejoin="round" />
    </svg>
  )
}
