/** The two kinds of disc: told apart by their marks as well as by their colours. */
import type { Side } from '../four.ts'

export function Disc({ side }: { side: Side }) {
  return (
    <svg class={`disc is-${side}`} viewBox="0 0 40 40" width="40" height="40" aria-hidden="true" focusable="false">
      <circle class="disc-face" cx="20" cy="20" r="20" />
      {side === 'red' ? (
        <circle class="disc-mark" cx="20" cy="20" r="11.5" fill="none" stroke-width="3.5" />
      ) : (
        <path class="disc-mark" d="M20 9.5 30.5 20 20 30.5 9.5 20Z" fill="none" stroke-width="3.5" stroke-linejoin="round" />
      )}
    </svg>
  )
}

export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" fill="var(--board)" />
      <g fill="var(--disc-yellow)">
        <circle cx="11" cy="11" r="4" />
        <circle cx="21" cy="21" r="4" />
      </g>
      <g fill="var(--disc-red)">
        <circle cx="21" cy="11" r="4" />
        <circle cx="11" cy="21" r="4" />
      </g>
    </svg>
  )
}
