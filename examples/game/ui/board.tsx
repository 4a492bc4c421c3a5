/** The board: one button per column. Keys 1 to 7 play a column, arrows go from one to the next. */
import { useEffect, useRef } from 'preact/hooks'
import { COLUMNS } from '../four.ts'
import { type Cell, describeColumn, type GameView } from '../game-view.ts'
import { Disc } from './disc.tsx'

export interface BoardProps {
  readonly view: GameView
  readonly game: number
  onPlay(column: number): void
}

export function Board({ view, game, onPlay }: BoardProps) {
  const board = useRef<HTMLDivElement>(null)
  const play = useRef(onPlay)
  play.current = onPlay
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const isTyping = (event.target as HTMLElement).matches('input, textarea')
      const column = '1234567'.indexOf(event.key)
      if (column >= 0 && event.key.length === 1 && !isTyping && !event.ctrlKey && !event.metaKey && !event.altKey) play.current(column)
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [])

  const onArrow = (event: KeyboardEvent, column: number) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0
    if (step === 0) return
    event.preventDefault()
    const next = (column + step + COLUMNS) % COLUMNS
    board.current?.querySelectorAll('button')[next]?.focus()
  }

  return (
    <div
      ref={board}
      class={`board${view.isMyTurn ? ` is-turn-of-${view.mine}` : ''}${view.isOver ? ' is-over' : ''}`}
      role="group"
      aria-label="Board"
      data-testid="board"
    >
      {view.columns.map((cells, column) => (
        <button
          key={column}
          type="button"
          class="column"
          aria-label={describeColumn(cells, column)}
          onClick={() => onPlay(column)}
          onKeyDown={(event) => onArrow(event, column)}
        >
          {cells.map((cell, fromTop) => (
            <span key={fromTop} class={`hole${isNext(cells, fromTop) ? ' is-next' : ''}`}>
              {isNext(cells, fromTop) && view.isMyTurn && <Disc side={view.mine!} />}
              {cell.side && (
                <span
                  key={game}
                  class={`dropped${cell.isWinning ? ' is-winning' : ''}${cell.isLast ? ' is-last' : ''}`}
                  style={{ '--from-top': fromTop + 1 }}
                >
                  <Disc side={cell.side} />
                </span>
              )}
            </span>
          ))}
        </button>
      ))}
    </div>
  )
}

/** Whether the next disc of this column comes to lie here. */
function isNext(cells: readonly Cell[], fromTop: number): boolean {
  return cells[fromTop]!.side === undefined && (fromTop === cells.length - 1 || cells[fromTop + 1]!.side !== undefined)
}
