/** What one device may cost the others: every bound of the server, in one place. */
import { LEASE_MS } from '../lib/protocol/presence.ts'
import { MAX_FRAME_BYTES } from '../lib/protocol/sync-messages.ts'

export interface Limits {
  /** How long a socket may stay without a `hello`. */
  readonly helloMs: number
  /** How long after its token has expired a device may still come with a new one. */
  readonly renewMs: number
  /** How long others wait for the device whose push was behind (rule Y2). */
  readonly reserveMs: number
  /** A snapshot is made after this many commits, or later where the state is large (see `isSnapshotDue`). */
  readonly snapshotEvery: number
  /** A newcomer gets at most this many commits after a snapshot; with more, one is made for it. */
  readonly newcomerTail: number
  /** Commits kept behind the snapshot, for devices that were away for a while. */
  readonly keepCommits: number
  /** An instance larger than this, as text, takes no more commits; reading it still works. */
  readonly instanceBytes: number
  /** Folded states kept in memory, as text bytes, over all instances. */
  readonly stateBytes: number
  /** One commit, as text; less than a frame, so that it fits into every message that carries it. */
  readonly commitBytes: number
  /** Values in one frame, containers included. */
  readonly frameNodes: number
  /** A socket that has not taken this many bytes is closed: the device resumes by its cursor. More than the largest frame. */
  readonly bufferedBytes: number
  /** Sockets of the whole server, and of one subject. */
  readonly sockets: number
  readonly socketsPerSubject: number
  /** Instances open on one socket. */
  readonly subscriptions: number
  /** Token buckets of one socket: so much at once, and so much per second in the long run. */
  readonly messages: { readonly burst: number; readonly perSecond: number }
  readonly bytes: { readonly burst: number; readonly perSecond: number }
  readonly presence: {
    /** How long a device without a socket still counts as here (rule C1). */
    readonly leaseMs: number
    /** Token buckets of one device in one instance, as above; of presence only. */
    readonly messages: { readonly burst: number; readonly perSecond: number }
    readonly chars: { readonly burst: number; readonly perSecond: number }
    /** Characters of presence kept in memory, over all instances. */
    readonly totalChars: number
  }
}

export const DEFAULT_LIMITS: Limits = {
  helloMs: 5_000,
  renewMs: 30_000,
  reserveMs: 1_000,
  snapshotEvery: 500,
  newcomerTail: 100,
  keepCommits: 1_000,
  instanceBytes: 256 * 1024 * 1024,
  stateBytes: 256 * 1024 * 1024,
  commitBytes: MAX_FRAME_BYTES - 4_096,
  frameNodes: 1_000_000,
  bufferedBytes: MAX_FRAME_BYTES + 4 * 1024 * 1024,
  sockets: 10_000,
  socketsPerSubject: 20,
  subscriptions: 1_000,
  messages: { burst: 4_000, perSecond: 1_000 },
  bytes: { burst: 256 * 1024 * 1024, perSecond: 32 * 1024 * 1024 },
  presence: {
    leaseMs: LEASE_MS,
    messages: { burst: 60, perSecond: 40 },
    chars: { burst: 1024 * 1024, perSecond: 64 * 1024 },
    totalChars: 64 * 1024 * 1024,
  },
}
