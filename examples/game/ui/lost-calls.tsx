/** What was done offline and could not be kept, because others were faster: said kindly, until it is read. */
import type { RejectedCall } from 'homeroom'
import { SIDE_NAMES } from '../game-view.ts'
import type { Side } from '../four.ts'

export function LostCalls({ rejected, onDismiss }: { rejected: readonly RejectedCall[]; onDismiss(id: string): void }) {
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

function titleOf({ action, args }: RejectedCall): string {
  switch (action) {
    case 'claim':
      return `Somebody was faster at the ${SIDE_NAMES[args[0] as Side] ?? ''} seat`
    case 'takeTurn':
      return `Your disc in column ${Number(args[2]) + 1} came too late`
    case 'newGame':
      return 'The new game was not begun'
    case 'resign':
      return 'Your resignation came too late'
    default:
      return 'What you did offline could not be kept'
  }
}
