/** Line icons of 20 × 20, drawn in the colour of the text around them and hidden from assistive technology. */
import type { ComponentChildren } from 'preact'

function Icon({ children }: { children: ComponentChildren }) {
  return (
    <svg
      class="icon"
      viewBox="0 0 20 20"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      stroke-width="1.6"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      {children}
    </svg>
  )
}

/** A component that draws one path. */
export const draw = (path: string) => () => (
  <Icon>
    <path d={path} />
  </Icon>
)

export const PlusIcon = draw('M10 4v12M4 10h12')
export const CloseIcon = draw('m5 5 10 10M15 5 5 15')
export const WarningIcon = draw(
  'M10 7.5v3.5M10 13.7v.1M8.7 3.7 2.3 14.8A1.5 1.5 0 0 0 3.6 17h12.8a1.5 1.5 0 0 0 1.3-2.2L11.3 3.7a1.5 1.5 0 0 0-2.6 0Z',
)
export const TrashIcon = draw(
  'M3.5 5.5h13M8 5.5V4a1 1 0 0 1 1-1h2a1 1 0 0 1 1 1v1.5M5.2 5.5l.7 10a1.5 1.5 0 0 0 1.5 1.5h5.2a1.5 1.5 0 0 0 1.5-1.5l.7-10',
)
