/** The rules of the game, read off the columns that were played. Rows count from the bottom. */
export const COLUMNS = 7
export const ROWS = 6
export const SIDES = ['red', 'yellow'] as const
export type Side = (typeof SIDES)[number]

export interface Place {
  readonly column: number
  readonly row: number
}

export function otherSide(side: Side): Side {
  return side === 'red' ? 'yellow' : 'red'
}

/** Games are begun in turns: red begins the first. */
export function sideOfMove(game: number, move: number): Side {
  return (game + move) % 2 === 1 ? 'red' : 'yellow'
}

/** Where each disc came to lie. */
export function placesOf(moves: readonly number[]): Place[] {
  const heights = Array.from({ length: COLUMNS }, () => 0)
  return moves.map((column) => ({ column, row: heights[column]!++ }))
}

export function isColumnFull(moves: readonly number[], column: number): boolean {
  return moves.filter((played) => played === column).length >= ROWS
}

export function isBoardFull(moves: readonly number[]): boolean {
  return moves.length >= COLUMNS * ROWS
}

const DIRECTIONS = [
  [1, 0],
  [0, 1],
  [1, 1],
  [1, -1],
] as const

/** The discs in a row, four or more, that the last move has made; several lines at once count together. */
export function winningPlaces(moves: readonly number[]): readonly Place[] {
  const places = placesOf(moves)
  const last = places.at(-1)
  if (last === undefined) return []
  const own = new Set(places.filter((_, move) => (places.length - move) % 2 === 1).map(keyOf))
  const reach = (dx: number, dy: number): Place[] => {
    const line: Place[] = []
    let place = { column: last.column + dx, row: last.row + dy }
    while (own.has(keyOf(place))) {
      line.push(place)
      place = { column: place.column + dx, row: place.row + dy }
    }
    return line
  }
  const lines = DIRECTIONS.map(([dx, dy]) => [...reach(-dx, -dy), ...reach(dx, dy)]).filter((line) => line.length >= 3)
  return lines.length === 0 ? [] : [last, ...lines.flat()]
}

function keyOf({ column, row }: Place): string {
  return `${column}/${row}`
}
