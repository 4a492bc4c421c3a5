/** The mark of the app: lines of text with a caret in them. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" fill="var(--accent)" />
      <path
        d="M8 10.5h9M8 16h6M8 21.5h8M21.5 12v8M19.5 10c1.2 0 2 .8 2 2 0-1.2.8-2 2-2M19.5 22c1.2 0 2-.8 2-2 0 1.2.8 2 2 2"
        fill="none"
        stroke="var(--on-accent)"
        stroke-width="2.2"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  )
}
