/** The icons of this example. */
import { draw } from '../../shared/icons.tsx'

export const ImportIcon = draw('M10 3v9M6.5 8.5 10 12l3.5-3.5M3.5 13v2.5a1.5 1.5 0 0 0 1.5 1.5h10a1.5 1.5 0 0 0 1.5-1.5V13')
export const ExportIcon = draw('M10 12V3M6.5 6.5 10 3l3.5 3.5M3.5 13v2.5a1.5 1.5 0 0 0 1.5 1.5h10a1.5 1.5 0 0 0 1.5-1.5V13')
export const EditIcon = draw('m4 16 .7-3.2L13.2 4.3a1.4 1.4 0 0 1 2 0l.5.5a1.4 1.4 0 0 1 0 2L7.2 15.3 4 16Z')
export const SearchIcon = draw('M9 15A6 6 0 1 0 9 3a6 6 0 0 0 0 12ZM13.5 13.5 17 17')
export const FileIcon = draw(
  'M11.5 3H6a1.5 1.5 0 0 0-1.5 1.5v11A1.5 1.5 0 0 0 6 17h8a1.5 1.5 0 0 0 1.5-1.5V7l-4-4ZM11.5 3v4h4M7.5 10.5h5M7.5 13.5h3',
)

export function GripIcon() {
  return (
    <svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="currentColor" aria-hidden="true" focusable="false">
      {[5, 10, 15].map((y) => [7.5, 12.5].map((x) => <circle key={`${x}-${y}`} cx={x} cy={y} r="1.35" />))}
    </svg>
  )
}

export function MoreIcon() {
  return (
    <svg class="icon" viewBox="0 0 20 20" width="20" height="20" fill="currentColor" aria-hidden="true" focusable="false">
      {[4.5, 10, 15.5].map((x) => (
        <circle key={x} cx={x} cy="10" r="1.5" />
      ))}
    </svg>
  )
}

/** The mark of the app: a list with its first line ticked. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true" focusable="false">
      <rect width="32" height="32" rx="9" fill="var(--accent)" />
      <path
        d="m8 11.5 2.3 2.3 4.2-4.6M18.5 11.5H24M8.5 20.5H24"
        fill="none"
        stroke="var(--on-accent)"
        stroke-width="2.4"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  )
}
