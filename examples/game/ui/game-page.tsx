/** The page of one table: everything that is seen, from plain values. */
import type { RejectedCall, SystemHandle } from 'homeroom'
import { useEffect, useRef } from 'preact/hooks'
import { LostCalls } from '../../shared/lost-calls.tsx'
import { MoreExamples } from '../../shared/more-examples.tsx'
import { NoticeBar } from '../../shared/notice.tsx'
import { SyncBadge, type SyncBadgeProps } from '../../shared/sync-badge.tsx'
import { useFeedback } from '../../shared/use-feedback.ts'
import { type Side, sideOfMove } from '../four.ts'
import { SIDE_NAMES, type Table, viewOf } from '../game-view.ts'
import { rememberName } from '../player.ts'
import type { FourInARow } from '../systems.ts'
import { Board } from './board.tsx'
import { Mark } from './disc.tsx'
import { MoveList } from './move-list.tsx'
import { People } from './people.tsx'
import { Seat } from './seat.tsx'

export interface GamePageProps {
  readonly table: Table
  readonly user: string
  readonly actions: SystemHandle<FourInARow>['actions']
  readonly isLoading: boolean
  readonly rejected: readonly RejectedCall[]
  onDismiss(id: string): void
  readonly sync: SyncBadgeProps
}

export function GamePage({ table, user, actions, isLoading, rejected, onDismiss, sync }: GamePageProps) {
  const feedback = useFeedback()
  const view = viewOf(table, user)
  const { headline, hint, mine } = view
  useMoveAnnouncements(table, headline, isLoading, feedback.announce)
  useEffect(() => {
    document.title = `${view.isMyTurn ? '● ' : ''}${headline} · Four in a row`
  }, [headline, view.isMyTurn])

  /** What the rules refuse is no accident: it is said in a notice, in the words of the refusal. */
  const ask = async (call: Promise<unknown>): Promise<boolean> => {
    try {
      await call
      return true
    } catch (error) {
      feedback.notify(error instanceof Error ? error.message : String(error))
      return false
    }
  }

  return (
    <div class="page">
      <header class="topbar">
        <div class="brand">
          <Mark />
          <h1>Four in a row</h1>
        </div>
        <div class="topbar-tools">
          <SyncBadge {...sync} />
        </div>
      </header>
      <div class="columns">
        <main class={isLoading ? 'is-loading' : ''} aria-busy={isLoading}>
          <LostCalls rejected={rejected} titleOf={titleOf} onDismiss={onDismiss} />
          <section class="standing" aria-label="Game">
            <div>
              <h2 data-testid="headline">{isLoading ? 'Setting the table' : headline}</h2>
              <p>{isLoading ? '…' : hint}</p>
            </div>
            {mine !== undefined && view.isOver && (
              <button type="button" class="button is-primary" onClick={() => void ask(actions.newGame(table.game))}>
                New game
              </button>
            )}
            {mine !== undefined && view.isUnderWay && (
              <button type="button" class="button" onClick={() => void ask(actions.resign(table.game))}>
                Resign
              </button>
            )}
          </section>
          <div class="seats" role="group" aria-label="Seats">
            {view.seats.map((seat) => (
              <Seat
                key={seat.side}
                seat={seat}
                isUnderWay={view.isUnderWay}
                canSit={mine === undefined || !view.isUnderWay}
                onClaim={() => void ask(actions.claim(seat.side))}
                onLeave={() => void ask(actions.leave())}
              />
            ))}
          </div>
          <Board view={view} game={table.game} onPlay={(column) => void ask(actions.takeTurn(table.game, table.moves.length, column))} />
        </main>
        <aside class="side">
          <People
            table={table}
            user={user}
            onRename={async (name) => {
              if (await ask(actions.rename(name))) rememberName(name)
            }}
          />
          <MoveList table={table} />
          <MoreExamples app="game" />
        </aside>
      </div>
      <NoticeBar feedback={feedback} />
      <p class="visually-hidden" role="log" aria-live="polite">
        {feedback.announcement}
      </p>
    </div>
  )
}

/** Says each move that is made while one looks on, and what it means. */
function useMoveAnnouncements({ game, moves }: Table, headline: string, isLoading: boolean, announce: (text: string) => void) {
  const seen = useRef<{ game: number; moves: number } | undefined>(undefined)
  useEffect(() => {
    if (isLoading) return
    const before = seen.current
    seen.current = { game, moves: moves.length }
    if (before === undefined || (before.game === game && before.moves >= moves.length)) return
    const last = moves.at(-1)
    announce(
      last === undefined
        ? `A new game. ${headline}.`
        : `${SIDE_NAMES[sideOfMove(game, moves.length - 1)]} played column ${last + 1}. ${headline}.`,
    )
  }, [game, moves.length, isLoading])
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
