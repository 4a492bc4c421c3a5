/** What the page shows of a table, for one of those who look at it. Pure. */
import type { FieldsOf, Immutable } from 'homeroom'
import { COLUMNS, isBoardFull, otherSide, type Place, placesOf, ROWS, type Side, SIDES, sideOfMove, winningPlaces } from './four.ts'
import type { FourInARow, Player } from './systems.ts'

export type Table = { readonly [F in FieldsOf<FourInARow>]: Immutable<FourInARow[F]> }

export interface Cell {
  readonly side: Side | undefined
  readonly isWinning: boolean
  readonly isLast: boolean
}

export interface SeatView {
  readonly side: Side
  readonly player: Immutable<Player> | null
  readonly isMine: boolean
  readonly isHere: boolean
  readonly wins: number
  readonly isToMove: boolean
  readonly hasWon: boolean
}

export interface GameView {
  /** Columns from the left, each from the top. */
  readonly columns: readonly (readonly Cell[])[]
  readonly seats: readonly SeatView[]
  readonly mine: Side | undefined
  readonly isOver: boolean
  readonly isUnderWay: boolean
  readonly isMyTurn: boolean
  readonly headline: string
  readonly hint: string
}

export const SIDE_NAMES: Record<Side, string> = { red: 'Red', yellow: 'Yellow' }

export function viewOf(table: Table, user: string): GameView {
  const { seats, moves, game, here, results } = table
  const winning = winningPlaces(moves)
  const winner = table.resigned ? otherSide(table.resigned) : winning.length > 0 ? sideOfMove(game, moves.length - 1) : undefined
  const isOver = winner !== undefined || isBoardFull(moves)
  const toMove = isOver ? undefined : sideOfMove(game, moves.length)
  const mine = SIDES.find((side) => seats[side]?.user === user)
  const isFull = SIDES.every((side) => seats[side] !== null)
  const views = SIDES.map((side): SeatView => {
    const player = seats[side]
    return {
      side,
      player,
      isMine: side === mine,
      isHere: player !== null && here.some((present) => present.user === player.user),
      wins: player === null ? 0 : results.filter((result) => result.winner?.user === player.user).length,
      isToMove: isFull && side === toMove,
      hasWon: side === winner,
    }
  })
  const isMyTurn = isFull && toMove !== undefined && toMove === mine
  const base = { columns: columnsOf(table, winning), seats: views, mine, isOver, isUnderWay: moves.length > 0 && !isOver, isMyTurn }
  return { ...base, ...wordsFor(table, { mine, winner, toMove, isMyTurn, isFull }) }
}

function columnsOf({ moves, game }: Table, winning: readonly Place[]): Cell[][] {
  const columns = Array.from({ length: COLUMNS }, () =>
    Array.from({ length: ROWS }, (): Cell => ({ side: undefined, isWinning: false, isLast: false })),
  )
  for (const [move, { column, row }] of placesOf(moves).entries()) {
    columns[column]![ROWS - 1 - row] = {
      side: sideOfMove(game, move),
      isWinning: winning.some((place) => place.column === column && place.row === row),
      isLast: move === moves.length - 1,
    }
  }
  return columns
}

interface Standing {
  readonly mine: Side | undefined
  readonly winner: Side | undefined
  readonly toMove: Side | undefined
  readonly isMyTurn: boolean
  readonly isFull: boolean
}

function wordsFor(
  { seats, resigned, moves }: Table,
  { mine, winner, toMove, isMyTurn, isFull }: Standing,
): { headline: string; hint: string } {
  const nameOf = (side: Side) => seats[side]?.name ?? SIDE_NAMES[side]
  if (winner !== undefined) {
    const how =
      resigned === null ? `Four in a row, after ${moves.length} moves.` : `${mine === resigned ? 'You' : nameOf(resigned)} resigned.`
    return { headline: mine === winner ? 'You win' : `${nameOf(winner)} wins`, hint: how }
  }
  if (toMove === undefined) return { headline: 'A draw', hint: 'The board is full, and nobody has four in a row.' }
  if (!isFull) {
    if (mine === undefined) return { headline: 'Take a seat', hint: 'Two players, four discs in a row. Everybody else watches.' }
    return {
      headline: 'Waiting for an opponent',
      hint: 'Open this page in a second tab or on another device, and take the other seat there.',
    }
  }
  if (isMyTurn) return { headline: 'Your turn', hint: moves.length === 0 ? 'You begin: choose a column.' : 'Choose a column.' }
  return { headline: `${nameOf(toMove)}’s turn`, hint: mine === undefined ? 'You are watching.' : 'Your disc is next.' }
}

/** A column in words, from the bottom: `Column 4: red, yellow; 4 free`. */
export function describeColumn(cells: readonly Cell[], column: number): string {
  const discs = cells.toReversed().flatMap((cell) => cell.side ?? [])
  const free = ROWS - discs.length
  const what = discs.length === 0 ? 'empty' : `${discs.join(', ')}; ${free === 0 ? 'full' : `${free} free`}`
  return `Column ${column + 1}: ${what}`
}

/** Everyone at the table once, with how many tabs each has open: players first, then in order of arrival. */
export function peopleOf({ here, seats }: Table): { user: string; name: string; side: Side | undefined; tabs: number }[] {
  const users = [...new Set(here.map((present) => present.user))]
  const people = users.map((user) => ({
    user,
    name: here.find((present) => present.user === user)!.name,
    side: SIDES.find((side) => seats[side]?.user === user),
    tabs: here.filter((present) => present.user === user).length,
  }))
  return people.toSorted((a, b) => rankOf(a.side) - rankOf(b.side))
}

function rankOf(side: Side | undefined): number {
  return side === undefined ? SIDES.length : SIDES.indexOf(side)
}
