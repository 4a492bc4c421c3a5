/** One side of the table: who plays it, or a way to sit down. */
import { SIDE_NAMES, type SeatView } from '../game-view.ts'
import { Disc } from './disc.tsx'

export interface SeatProps {
  readonly seat: SeatView
  readonly isUnderWay: boolean
  /** Whether whoever looks at this page may sit down here if the seat is free. */
  readonly canSit: boolean
  onClaim(): void
  onLeave(): void
}

export function Seat({ seat, isUnderWay, canSit, onClaim, onLeave }: SeatProps) {
  const { side, player, isMine, isHere, wins, isToMove, hasWon } = seat
  const isFree = player === null || !isHere
  return (
    <div class={`seat is-${side}${isToMove ? ' is-to-move' : ''}${hasWon ? ' has-won' : ''}`} data-testid={`seat-${side}`}>
      <Disc side={side} />
      <div class="seat-text">
        <strong>{player === null ? SIDE_NAMES[side] : player.name}</strong>
        <span>{describe(seat)}</span>
      </div>
      {wins > 0 && (
        <span class="wins" title={`${wins} ${wins === 1 ? 'game' : 'games'} won`}>
          <span class="visually-hidden">Games won: </span>
          {wins}
        </span>
      )}
      {isMine && !isUnderWay && (
        <button type="button" class="link-button" aria-label={`Leave the ${side} seat`} onClick={onLeave}>
          Leave
        </button>
      )}
      {!isMine && isFree && canSit && (
        <button
          type="button"
          class="button"
          aria-label={`${player === null ? 'Sit here' : 'Take over'}: ${SIDE_NAMES[side]}`}
          onClick={onClaim}
        >
          {player === null ? 'Sit here' : 'Take over'}
        </button>
      )}
    </div>
  )
}

function describe({ side, player, isMine, isHere }: SeatView): string {
  if (player === null) return 'Free'
  if (isMine) return `You play ${side}`
  return isHere ? SIDE_NAMES[side] : `${SIDE_NAMES[side]} · away`
}
