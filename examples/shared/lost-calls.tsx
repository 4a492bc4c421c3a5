/** What was done offline and could not be kept, because others were faster: said kindly, until it is read. */
import type { RejectedCall } from 'homeroom'

export interface LostCallsProps {
  readonly rejected: readonly RejectedCall[]
  /** What became of a call, as a heading; the error's message stands below it. */
  titleOf(call: RejectedCall): string
  onDismiss(id: string): void
}

export function LostCalls({ rejected, titleOf, onDismiss }: LostCallsProps) {
  return (
    <div class="problems" role="region" aria-label="What could not be kept" aria-live="polite" hidden={rejected.length === 0}>
      {rejected.map((call) => (
        <div key={call.id} class="lost" data-testid="rejected">
          <div class="problem-text">
            <strong>{titleOf(call)}</strong>
            <p>{call.error.message}</p>
          </div>
          <button type="button" class="button" onClick={() => onDismiss(call.id)}>
            All right
          </button>
        </div>
      ))}
    </div>
  )
}
