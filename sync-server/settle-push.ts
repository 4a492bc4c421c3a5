/** What becomes of one push: judged, folded, appended. The log is the only thing that changes. */
import { commitKey, type Commit, type LoggedCommit } from '../lib/protocol/commit.ts'
import type { PushMessage } from '../lib/protocol/sync-messages.ts'
import { encode } from '../lib/protocol/wire.ts'
import { CHUNK_BYTES, errorFrame, frame } from './answers.ts'
import { foldCommits, type Folded } from './fold.ts'
import type { InstanceLog } from './instance-log.ts'
import { judgePush, type Refusal } from './judge.ts'
import type { Limits } from './limits.ts'

export interface Settled {
  /** Frames for the device that pushed. */
  readonly answers: readonly string[]
  /** Texts of the commits that now stand in the log, durable; the last one at its head. */
  readonly appended: readonly string[]
  /** Whether the push was behind, so that the next turn is the device's. */
  readonly isBehind: boolean
}

/** @returns undefined where another server has appended to the log: it has to be loaded anew, and the push judged again */
export async function settlePush(log: InstanceLog, push: PushMessage, limits: Limits): Promise<Settled | undefined> {
  const { instance } = push
  const verdict = judgePush(push, log, push.after === null ? 'unknown' : await log.locate(push.after))
  switch (verdict.kind) {
    case 'lineage':
      return answered(errorFrame('sync/lineage', verdict.message, { instance }))
    case 'ahead':
      return {
        ...answered(frame({ type: 'ahead', instance, push: push.push, head: log.head, reserveMs: limits.reserveMs })),
        isBehind: true,
      }
    case 'known':
      return settleKnown(log, push, verdict.count)
    case 'chain':
      return appendChain(log, push, verdict, limits)
  }
}

async function appendChain(
  log: InstanceLog,
  push: PushMessage,
  chain: { commits: readonly Commit[]; refusal?: Refusal | undefined },
  limits: Limits,
): Promise<Settled | undefined> {
  const from = log.head + 1
  const folded = foldCommits(await log.state(), chain.commits, limits.commitBytes)
  const count = folded.stored.length
  const refusals = refused(push, folded.refusal ?? chain.refusal)
  if (count === 0) return answered(...refusals)
  if (!(await hasRoomFor(log, folded, limits))) return answered(fullFrame(push, limits))
  if (!(await log.append(chain.commits, folded.stored, folded.state))) return undefined
  const pushed = frame({ type: 'pushed', instance: push.instance, push: push.push, log: log.id as string, from, count })
  return { answers: [pushed, ...refusals], appended: folded.stored.map(({ text }) => text), isBehind: false }
}

/** Folding the tail into a snapshot may make room. */
async function hasRoomFor(log: InstanceLog, { stored }: Folded, { instanceBytes }: Limits): Promise<boolean> {
  const allowed = instanceBytes - stored.reduce((chars, { text }) => chars + text.length, 0)
  if (log.size > allowed && log.tail > 0) await log.makeSnapshot()
  return log.size <= allowed
}

/** Each commit as the log has it, where that is kept (rule Y5). As many as one frame carries; the device pushes the rest again. */
async function settleKnown(log: InstanceLog, push: PushMessage, knownCount: number): Promise<Settled> {
  const known: LoggedCommit[] = []
  let count = 0
  let chars = 0
  for (; count < knownCount && chars < CHUNK_BYTES; count++) {
    const commit = push.commits[count] as Commit
    const located = await log.locate(commit)
    if (typeof located === 'string') continue
    if (located.commit.call !== commit.call)
      return { ...answered(...pushedKnown(log, push, count, known), ...refused(push, conflict(count, commit))) }
    known.push(located)
    chars += encode(located.commit).length
  }
  return answered(...pushedKnown(log, push, count, known))
}

function pushedKnown(log: InstanceLog, { instance, push }: PushMessage, count: number, known: readonly LoggedCommit[]): string[] {
  if (count === 0) return []
  return [frame({ type: 'pushed', instance, push, log: log.id as string, from: log.head + 1, count, known })]
}

function conflict(index: number, commit: Commit): Refusal {
  return {
    index,
    code: 'conflict-id',
    message: `The key ${commitKey(commit)} stands in the log for another call. Run the action again under a new key.`,
  }
}

function refused({ instance, push }: PushMessage, refusal: Refusal | undefined): string[] {
  return refusal === undefined ? [] : [frame({ type: 'refused', instance, push, ...refusal })]
}

function fullFrame({ instance }: PushMessage, { instanceBytes }: Limits): string {
  return errorFrame(
    'full',
    `The instance has grown past ${instanceBytes} bytes, so it takes no more commits. Reading still works. Move what is old to another instance.`,
    { instance },
  )
}

function answered(...answers: readonly string[]): Settled {
  return { answers, appended: [], isBehind: false }
}
