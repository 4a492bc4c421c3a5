/**
 * A table with two seats. Who plays, whose turn it is and who has won is decided here and nowhere else: the page may
 * ask for anything, and what the rules do not allow is refused with a code and a sentence for people.
 *
 * A call says which game and which move it means, so that one made offline does not land in a game it was not meant for.
 * Who calls is never an argument: it is told by the connection.
 */
import { AgenticSystem, action, type Connection, field } from 'homeroom'
import { COLUMNS, isBoardFull, isColumnFull, otherSide, type Side, SIDES, sideOfMove, winningPlaces } from './four.ts'

export interface Player {
  user: string
  name: string
}

/** One open tab. Two tabs of one player are two of them. */
export interface Present extends Player {
  connection: string
}

export interface Result {
  /** `null`: the board was full. */
  winner: Player | null
  moves: number
}

export type RefusalCode =
  | 'game/column-full'
  | 'game/name'
  | 'game/no-opponent'
  | 'game/no-such-column'
  | 'game/nobody'
  | 'game/not-over'
  | 'game/not-your-turn'
  | 'game/over'
  | 'game/playing'
  | 'game/seat-taken'
  | 'game/spectator'
  | 'game/stale'

/** What the rules do not allow. `code` is for programs, `message` for people. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: RefusalCode

  constructor(code: RefusalCode, message: string) {
    super(message)
    this.code = code
  }
}

const NAMES = { red: 'Red', yellow: 'Yellow' }
const LONGEST_NAME = 24
const RESULTS_KEPT = 20

export class FourInARow extends AgenticSystem {
  @field seats: Record<Side, Player | null> = { red: null, yellow: null }
  @field here: Present[] = []
  /** Counts the games at this table. */
  @field game = 1
  /** The columns played, in order. */
  @field moves: number[] = []
  @field resigned: Side | null = null
  /** The latest first. */
  @field results: Result[] = []

  onConnect(connection: Connection): void {
    const { user, name } = (connection.metadata ?? {}) as Partial<Player>
    if (user === undefined) return
    this.here.push({ connection: connection.id, user, name: this.seatNameOf(user) ?? tidyName(name ?? '') ?? 'Somebody' })
  }

  /** By connection, not by user: the player's other tab may still be here. */
  onDisconnect(connection: Connection): void {
    this.here = this.here.filter((present) => present.connection !== connection.id)
  }

  /** Takes a seat that is free, or whose player has left. */
  @action() claim(side: Side): void {
    const me = this.me()
    const owner = this.seats[side]
    if (owner?.user === me.user) return
    if (owner !== null && this.isHere(owner)) {
      throw new Refusal('game/seat-taken', `${owner.name} sits at ${NAMES[side]} already. You can watch, or take the seat when it is free.`)
    }
    const mine = this.sideOf(me.user)
    if (mine !== undefined && this.isUnderWay()) {
      throw new Refusal('game/playing', `You are playing ${NAMES[mine]}. Finish this game first, or resign it.`)
    }
    if (mine !== undefined) this.seats[mine] = null
    this.seats[side] = me
  }

  @action() leave(): void {
    const side = this.sideOf(this.me().user)
    if (side !== undefined) this.seats[side] = null
  }

  /** Drops a disc into a column, counted from 0. `game` and `move` say what the player was looking at. */
  @action() takeTurn(game: number, move: number, column: number): void {
    const side = this.mySide('play')
    if (game !== this.game) throw new Refusal('game/stale', `That move was for game ${game}, and game ${this.game} is on the table now.`)
    if (this.isOver()) throw new Refusal('game/over', 'This game is over. Begin a new one to go on.')
    const opponent = this.seats[otherSide(side)]
    if (opponent === null)
      throw new Refusal('game/no-opponent', `Nobody sits at ${NAMES[otherSide(side)]} yet. The game begins when somebody does.`)
    if (this.turnOf() !== side) throw new Refusal('game/not-your-turn', `It is ${opponent.name}’s turn.`)
    if (move !== this.moves.length) {
      throw new Refusal('game/stale', `That was meant as move ${move + 1}, but ${this.moves.length} have been played meanwhile.`)
    }
    if (!Number.isInteger(column) || column < 0 || column >= COLUMNS) {
      throw new Refusal('game/no-such-column', `There is no such column: they go from 1 to ${COLUMNS}.`)
    }
    if (isColumnFull(this.moves, column)) throw new Refusal('game/column-full', `Column ${column + 1} is full. Choose another one.`)
    this.moves.push(column)
    if (winningPlaces(this.moves).length > 0) this.end(side)
    else if (isBoardFull(this.moves)) this.end(null)
  }

  @action() resign(game: number): void {
    const side = this.mySide('resign')
    if (game !== this.game || !this.isUnderWay()) throw new Refusal('game/stale', 'There is nothing to resign: that game is not going on.')
    this.resigned = side
    this.end(otherSide(side))
  }

  /** Clears the board after `game`. If somebody else has done so already, that is what was wanted. */
  @action() newGame(game: number): void {
    this.mySide('begin a game')
    if (game !== this.game) return
    if (this.isUnderWay()) throw new Refusal('game/not-over', 'This game is still going on. Finish it first, or resign it.')
    this.game++
    this.moves = []
    this.resigned = null
  }

  @action() rename(name: string): void {
    const { user } = this.me()
    const tidy = tidyName(name)
    if (tidy === undefined) throw new Refusal('game/name', `A name has 1 to ${LONGEST_NAME} characters.`)
    for (const present of this.here) if (present.user === user) present.name = tidy
    for (const side of SIDES) if (this.seats[side]?.user === user) this.seats[side].name = tidy
  }

  private me(): Player {
    const connection = this.turn.connection
    const user = connection?.metadata?.['user'] as string | undefined
    if (connection === undefined || user === undefined) throw new Refusal('game/nobody', 'Nobody knows who you are: reload the page.')
    const present = this.here.find((other) => other.connection === connection.id)
    return { user, name: present?.name ?? this.seatNameOf(user) ?? tidyName(connection.metadata?.['name']) ?? 'Somebody' }
  }

  private mySide(what: string): Side {
    const side = this.sideOf(this.me().user)
    if (side !== undefined) return side
    const free = SIDES.find((other) => this.seats[other] === null)
    const advice = free === undefined ? 'Both seats are taken.' : `Take the ${free} seat to join in.`
    throw new Refusal('game/spectator', `You are watching, and only players can ${what}. ${advice}`)
  }

  private sideOf(user: string): Side | undefined {
    return SIDES.find((side) => this.seats[side]?.user === user)
  }

  private seatNameOf(user: string): string | undefined {
    const side = this.sideOf(user)
    return side && this.seats[side]?.name
  }

  private isHere({ user }: Player): boolean {
    return this.here.some((present) => present.user === user)
  }

  private turnOf(): Side {
    return sideOfMove(this.game, this.moves.length)
  }

  private isOver(): boolean {
    return this.resigned !== null || winningPlaces(this.moves).length > 0 || isBoardFull(this.moves)
  }

  private isUnderWay(): boolean {
    return this.moves.length > 0 && !this.isOver()
  }

  private end(winner: Side | null): void {
    const player = winner === null ? null : this.seats[winner]
    this.results = [{ winner: player && { ...player }, moves: this.moves.length }, ...this.results].slice(0, RESULTS_KEPT)
  }
}

function tidyName(name: unknown): string | undefined {
  const tidy = typeof name === 'string' ? name.trim().replace(/\s+/g, ' ') : ''
  return tidy.length > 0 && tidy.length <= LONGEST_NAME ? tidy : undefined
}
