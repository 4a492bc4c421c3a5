/** Instead of the list, where there is nothing in it. */
import type { Filter } from '../board-view.ts'

export interface EmptyStateProps {
  readonly isBoardEmpty: boolean
  readonly filter: Filter
  onImport(): void
  onSample(): void
  onClearFilter(): void
}

export function EmptyState({ isBoardEmpty, filter, onImport, onSample, onClearFilter }: EmptyStateProps) {
  if (isBoardEmpty) {
    return (
      <div class="empty">
        <Drawing />
        <h2>A clear desk</h2>
        <p>Add a first task above, or bring the list you have: drop a todo.txt file anywhere on this page.</p>
        <div class="empty-tools">
          <button type="button" class="button is-primary" onClick={onImport}>
            Choose a todo.txt
          </button>
          <button type="button" class="button" onClick={onSample}>
            Try with sample tasks
          </button>
        </div>
      </div>
    )
  }
  const isPlain = filter.tag === '' && filter.query.trim() === ''
  return (
    <div class="empty">
      <h2>{isPlain && filter.show === 'open' ? 'All done' : 'Nothing here'}</h2>
      <p>
        {isPlain
          ? filter.show === 'open'
            ? 'There is no open task on this board.'
            : 'No task is done yet.'
          : 'No task matches this view.'}
      </p>
      <div class="empty-tools">
        <button type="button" class="button" onClick={onClearFilter}>
          Show all tasks
        </button>
      </div>
    </div>
  )
}

function Drawing() {
  return (
    <svg
      class="drawing"
      viewBox="0 0 160 110"
      width="160"
      height="110"
      fill="none"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d="M14 96h132" stroke="var(--line-strong)" />
      <rect x="44" y="14" width="72" height="82" rx="7" fill="var(--surface)" stroke="var(--line-strong)" />
      <path d="M78 36h26M78 55h20M78 74h24" stroke="var(--line-strong)" />
      <path d="m55 35 4 4 8-9M55 54l4 4 8-9" stroke="var(--accent)" stroke-width="2.5" />
      <rect x="55.5" y="68" width="11" height="11" rx="3" stroke="var(--line-strong)" />
      <path d="M128 96V76a4 4 0 0 1 4-4h10v20a4 4 0 0 1-4 4Z" fill="var(--accent-soft)" stroke="var(--accent)" />
      <path d="M142 78c5 0 8 2 8 5s-3 5-8 5" stroke="var(--accent)" />
      <path d="M133 65c0-3 3-3 3-6M139 65c0-3 3-3 3-6" stroke="var(--line-strong)" />
    </svg>
  )
}
