/**
 * A text that many write at once. The text itself is a Yjs document, and lives in the tabs (shared-text.ts): this class
 * keeps the updates that make it up, and never looks into them. Who is here, and where, is state as well.
 */
import { AgenticSystem, action, field, type Connection } from 'homeroom'
import { fingerprint } from './fingerprint.ts'

/** What a tab says of itself when it connects: metadata of its connection. */
export interface Visitor {
  /** One id for all tabs of one person on one device. */
  readonly person: string
  /** One id per page: a page finds itself among the users by it. */
  readonly tab: string
  readonly name: string
  /** A name of the palette (people.ts). */
  readonly colour: string
}

/** Where somebody's caret is. Places are Yjs relative positions: they stay with the letters around them. */
export interface Cursor {
  readonly position: Uint8Array
  /** The other end of what is selected; the same as `position` where nothing is. */
  readonly anchor: Uint8Array
  readonly name: string
  readonly colour: string
}

export class CollaborativeDoc extends AgenticSystem {
  @field title = ''
  /** Applied in any order, and any number of times, they give the same text. */
  @field updates: Uint8Array[] = []
  /** By `connection.id`. */
  @field users: Record<string, Visitor> = {}
  /** By `connection.id`. */
  @field cursors: Record<string, Cursor> = {}

  // By `connection.id`, not by a user's id: two tabs of one user are two connections, and when one of them closes, the
  // user is still here. A list of user ids that is filtered by id would lose both.
  onConnect(connection: Connection): void {
    const { person = connection.id, tab = connection.id, name = 'Somebody', colour = 'moss' } = connection.metadata ?? {}
    this.users[connection.id] = { person, tab, name, colour }
  }

  onDisconnect(connection: Connection): void {
    delete this.users[connection.id]
    delete this.cursors[connection.id]
  }

  /** Answers how many updates there are now, so that who makes them many can merge them. */
  @action() append(update: Uint8Array): number {
    if (!(update instanceof Uint8Array) || update.length === 0) throw new TypeError('An update of the text is bytes, and not none.')
    this.updates.push(update)
    return this.updates.length
  }

  /**
   * Puts `merged` in the place of the first `count` updates. The call may run again where others' updates have come in
   * between, or another tab's merge: `of` says which updates are meant, and where others stand there nothing is done.
   */
  @action() compact(merged: Uint8Array, count: number, of: string): boolean {
    if (count > this.updates.length || fingerprint(this.updates.slice(0, count)) !== of) return false
    this.updates.splice(0, count, merged)
    return true
  }

  /** Both ends of the caller's selection. A call that comes after its connection has ended leaves no cursor behind. */
  @action() updateCursor(position: Uint8Array, anchor: Uint8Array = position): void {
    const id = this.turn.connection?.id
    const user = id === undefined ? undefined : this.users[id]
    if (id === undefined || user === undefined) return
    this.cursors[id] = { position, anchor, name: user.name, colour: user.colour }
  }

  /** The later of two wins: a title is one thing, not letters. */
  @action() setTitle(title: string): void {
    this.title = title.replace(/\s+/g, ' ').trim().slice(0, 200)
  }
}
