/**
 * Messages between a device and the sync server: one WebSocket, many instances, each message one text frame written by
 * `encode` (wire.ts). The server keeps and orders commits; it never needs the app's code.
 *
 *   device                                server
 *   hello ──────────────────────────────► (token, device, session)
 *         ◄────────────────────────────── welcome
 *   open (cursor) ──────────────────────►
 *         ◄────────────────────────────── opened (snapshot?, commits, head)      then `commits` as they are confirmed
 *   push (base, chain of commits) ──────►
 *         ◄────────────────────────────── pushed (offset, count)                 base was the head: appended, on disk
 *         ◄────────────────────────────── ahead (commits it lacks) + a reserve   base was behind: rebase and push again
 *
 * Everything the server says of one instance arrives in log order: a device's own commits are confirmed by `pushed`
 * exactly where `commits` would have carried them to others.
 *
 *   presence (connections), show ───────►                                        who is here: in memory, never in the log
 *         ◄────────────────────────────── present, shown                         who is elsewhere, and who is lost
 *   ended (a lost device) ──────────────►
 */
import type { Boots, Commit, LoggedCommit } from './commit.ts'
import type { State } from './ops.ts'
import type { PresentConnection } from './presence.ts'

/** History: 1 first version. 2 presence. */
export const SYNC_PROTOCOL = 2

/** Frames longer than this are refused by either side; snapshots and long tails travel in parts. One commit must fit. */
export const MAX_FRAME_BYTES = 8 * 1024 * 1024

export type ClientMessage =
  | HelloMessage
  | OpenMessage
  | CloseMessage
  | PushMessage
  | PresenceMessage
  | ShowMessage
  | EndedMessage
  | PingMessage

export interface HelloMessage {
  readonly type: 'hello'
  readonly protocol: number
  /** Random id of the device's store. */
  readonly device: string
  /** Grows with each socket the device opens: a newer session ends the older ones, whose frames are dropped (Y2). */
  readonly session: number
  readonly token?: string
}

export interface OpenMessage {
  readonly type: 'open'
  /** `instanceHash(system, id)`. */
  readonly instance: string
  readonly system: string
  readonly id: string
  /** What the device has: the log's id, and the offset of the last commit it applied. Absent: nothing. */
  readonly cursor?: { readonly log: string; readonly offset: number }
}

export interface CloseMessage {
  readonly type: 'close'
  readonly instance: string
}

export interface PushMessage {
  readonly type: 'push'
  readonly instance: string
  /** Names this push in its answer. */
  readonly push: number
  /** Absent for the push that begins the log. */
  readonly log?: string
  /** Offset of the last confirmed commit that the chain stands on. */
  readonly base: number
  /** The commit before the chain's first, with the digest of its operations as the device has them. */
  readonly after: { readonly boot: string; readonly n: number; readonly ops: string } | null
  readonly commits: readonly Commit[]
}

/** The device's connections to the instance, all of them; none: it has left. Sent when that changes. */
export interface PresenceMessage {
  readonly type: 'presence'
  readonly instance: string
  readonly connections: readonly PresentConnection[]
}

/** What connections of the device show now. */
export interface ShowMessage {
  readonly type: 'show'
  readonly instance: string
  readonly values: readonly { readonly id: string; readonly value?: unknown }[]
}

/** No connection of a lost device stands in the log any more: the server may forget it. */
export interface EndedMessage {
  readonly type: 'ended'
  readonly instance: string
  readonly device: string
}

export interface PingMessage {
  readonly type: 'ping'
}

export type ServerMessage =
  | WelcomeMessage
  | OpenedMessage
  | SnapshotPartMessage
  | CommitsMessage
  | PushedMessage
  | AheadMessage
  | RefusedMessage
  | CheckMessage
  | PresentMessage
  | ShownMessage
  | ErrorMessage
  | PongMessage

export interface WelcomeMessage {
  readonly type: 'welcome'
  readonly protocol: number
}

/** A snapshot travels as `parts` pieces of its encoded text, before `opened`. */
export interface SnapshotPartMessage {
  readonly type: 'snapshot-part'
  readonly instance: string
  readonly part: number
  readonly parts: number
  readonly text: string
}

/** What the joined parts of a snapshot decode to. */
export interface Snapshot {
  readonly offset: number
  readonly state: State
  readonly boots: Boots
  /** Highest `version` of the commits folded into it. */
  readonly version: number
  /** `digest(state)`: a device that comes to another one has gone wrong, and says so (rule Y6). */
  readonly hash: string
}

/** The instance is open: the device now has everything up to `head`, once the `commits` messages up to it have come. */
export interface OpenedMessage {
  readonly type: 'opened'
  readonly instance: string
  /** Absent where nobody has begun the log yet. */
  readonly log?: string
  readonly head: number
  /** True where the cursor did not fit (too old, or of another log): parts of a snapshot came before this message. */
  readonly snapshot: boolean
  /** What this connection may do here. */
  readonly right: 'read' | 'write' | 'admin'
}

/** Commits in order, the first at offset `from`. */
export interface CommitsMessage {
  readonly type: 'commits'
  readonly instance: string
  readonly log: string
  readonly from: number
  readonly commits: readonly Commit[]
}

/** The first `count` commits of the push stand in the log on stable storage, the first at `from`. */
export interface PushedMessage {
  readonly type: 'pushed'
  readonly instance: string
  readonly push: number
  readonly log: string
  readonly from: number
  readonly count: number
  /** Commits of the push that were in the log before, with the version that counts (rule Y5). */
  readonly known?: readonly LoggedCommit[]
}

/** Nothing of the push was appended: `commits` messages up to `head` came before this, and the next turn is reserved. */
export interface AheadMessage {
  readonly type: 'ahead'
  readonly instance: string
  readonly push: number
  readonly head: number
  /** For this long the server makes others wait for the device's next push. */
  readonly reserveMs: number
}

/** The commit at `index` of the push breaks a rule and will never be taken; the ones before it were appended. */
export interface RefusedMessage {
  readonly type: 'refused'
  readonly instance: string
  readonly push: number
  readonly index: number
  readonly code: string
  readonly message: string
}

/** The server's state has this digest at this offset. */
export interface CheckMessage {
  readonly type: 'check'
  readonly instance: string
  readonly offset: number
  readonly hash: string
}

/** Who has the instance open elsewhere: of the devices named, these are all connections; none: it is not here. */
export interface PresentMessage {
  readonly type: 'present'
  readonly instance: string
  /** True where devices that are not named are not here. */
  readonly all: boolean
  readonly devices: readonly PresentDevice[]
}

export interface PresentDevice {
  readonly device: string
  readonly connections: readonly PresentConnection[]
  /** Its lease has run out, and these connections are to be ended: by this device after so many ms, if nobody has by then. */
  readonly endAfter?: number
}

/** What connections on other devices show now, and maybe some of this device. */
export interface ShownMessage {
  readonly type: 'shown'
  readonly instance: string
  readonly values: readonly { readonly device: string; readonly id: string; readonly value?: unknown }[]
}

/** Something else went wrong: with the socket where no instance is named. */
export interface ErrorMessage {
  readonly type: 'error'
  readonly code: string
  readonly message: string
  readonly instance?: string
  readonly retryMs?: number
}

export interface PongMessage {
  readonly type: 'pong'
}

/** WebSocket close codes of the server. */
export const CLOSE = { invalid: 4400, unauthorized: 4401, forbidden: 4403, slow: 4408, superseded: 4409, rate: 4429 } as const
