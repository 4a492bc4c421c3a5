/**
 * The text of a document in one tab: a Yjs document that reads the updates kept in the system's state and sends its own
 * there. Letters typed here are in the text at once; they are sent one append at a time, and what is typed meanwhile goes
 * together with the next.
 *
 * Invariants
 * 1. What was changed here is in the log or in the outbox, until an append that holds it has resolved.
 * 2. While paused, nothing from elsewhere enters the text: an input method may be composing a character in the field.
 */
import type { ReadonlySignal } from 'homeroom'
import * as Y from 'yjs'
import { fingerprint } from './fingerprint.ts'
import type { TextChange } from './text-change.ts'

/** Where the updates are kept: a handle on the system. */
export interface TextLog {
  readonly updates: ReadonlySignal<readonly Uint8Array[]>
  append(update: Uint8Array): Promise<number>
  compact(merged: Uint8Array, count: number, of: string): Promise<boolean>
}

/** Who made a change: this tab's field, this tab's undo or redo, or somebody else. */
export type ChangeSource = 'field' | 'undo' | 'elsewhere'

/** Told of what has just happened to the text, one change after the other. */
export type ChangeListener = (changes: readonly TextChange[], source: ChangeSource) => void

export interface SharedTextOptions {
  /** With so many updates in the log, who appends one merges them all. */
  readonly compactAt?: number
  /** Told why letters could not be stored, and `undefined` once they are. They are kept here meanwhile. */
  readonly onTrouble?: (error: unknown) => void
  /** Yjs names each writer by a number that must be its own. Default random. */
  readonly writer?: number
}

const COMPACT_AT = 100
const FIELD = Symbol('field')
const ELSEWHERE = Symbol('elsewhere')

export class SharedText {
  readonly #doc = new Y.Doc()
  readonly #text = this.#doc.getText('text')
  readonly #undo = new Y.UndoManager(this.#text, { trackedOrigins: new Set([FIELD]) })
  readonly #options: SharedTextOptions
  readonly #listeners = new Set<ChangeListener>()
  /** Bytes that are in the text. They are shared with the state, where what did not change keeps its identity. */
  readonly #applied = new WeakSet<Uint8Array>()
  #log: TextLog | undefined
  #outbox: Uint8Array[] = []
  #isSending = false
  #isPaused = false
  /** Where the field's latest change ended. */
  #typedTo = 0

  constructor(options: SharedTextOptions = {}) {
    this.#options = options
    if (options.writer !== undefined) this.#doc.clientID = options.writer
    this.#text.observe((event, { origin }) => this.#tell(changesOf(event.delta), sourceOf(origin)))
    this.#doc.on('update', (update: Uint8Array, origin: unknown) => {
      if (origin === ELSEWHERE) return
      this.#outbox.push(update)
      void this.#send()
    })
  }

  get value(): string {
    return this.#text.toJSON()
  }

  /** Whether something typed here is not stored yet. */
  get isUnsaved(): boolean {
    return this.#outbox.length > 0
  }

  /** Reads and feeds this log from now on, instead of an earlier one. The answer ends that. */
  attach(log: TextLog): () => void {
    this.#log = log
    this.#isSending = false
    const stop = log.updates.subscribe(() => this.#receive())
    void this.#send()
    return () => {
      stop()
      if (this.#log === log) this.#log = undefined
    }
  }

  /** Makes a change of the field's. The field shows it already. */
  change({ at, removed, inserted }: TextChange): void {
    // What is typed in one go is undone in one go; elsewhere in the text begins something new.
    if (at !== this.#typedTo && at + removed !== this.#typedTo) this.#undo.stopCapturing()
    this.#typedTo = at + inserted.length
    this.#doc.transact(() => {
      if (removed > 0) this.#text.delete(at, removed)
      if (inserted !== '') this.#text.insert(at, inserted)
    }, FIELD)
  }

  /** Takes back this tab's own latest changes, whatever others have done since. */
  undo(): void {
    this.#undo.undo()
  }

  redo(): void {
    this.#undo.redo()
  }

  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#receive()
  }

  listen(listener: ChangeListener): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  /** A place that stays with the letter behind it, as bytes for others. */
  placeAt(offset: number): Uint8Array {
    return Y.encodeRelativePosition(Y.createRelativePositionFromTypeIndex(this.#text, offset))
  }

  /** Where a place is now; `undefined` where its letter has not arrived yet, or the bytes say nothing. */
  offsetOf(place: Uint8Array): number | undefined {
    try {
      return Y.createAbsolutePositionFromRelativePosition(Y.decodeRelativePosition(place), this.#doc)?.index
    } catch {
      return undefined
    }
  }

  /** Sends what waits without awaiting what is on its way: for a page that is about to go. */
  flush(): void {
    if (this.#log !== undefined && this.isUnsaved) void this.#log.append(Y.mergeUpdates(this.#outbox)).catch(() => undefined)
  }

  /** Tries again to store what could not be. */
  retry(): void {
    void this.#send()
  }

  destroy(): void {
    this.#listeners.clear()
    this.#doc.destroy()
  }

  #receive(): void {
    if (this.#isPaused || this.#log === undefined) return
    const fresh = this.#log.updates.peek().filter((update) => !this.#applied.has(update))
    if (fresh.length === 0) return
    this.#doc.transact(() => fresh.forEach((update) => this.#apply(update)), ELSEWHERE)
  }

  /** Bytes that are no update, as only a faulty program would append them, must not keep the others from being read. */
  #apply(update: Uint8Array): void {
    this.#applied.add(update)
    try {
      Y.applyUpdate(this.#doc, update, ELSEWHERE)
    } catch (error) {
      console.error('An update of the text cannot be read.', error)
    }
  }

  async #send(): Promise<void> {
    const log = this.#log
    if (this.#isSending || log === undefined || !this.isUnsaved) return
    this.#isSending = true
    try {
      while (this.#log === log && this.isUnsaved) await this.#sendOutbox(log)
      this.#options.onTrouble?.(undefined)
    } catch (error) {
      if (this.#log === log) this.#options.onTrouble?.(error)
    } finally {
      if (this.#log === log) this.#isSending = false
    }
  }

  async #sendOutbox(log: TextLog): Promise<void> {
    const sent = this.#outbox.slice()
    const held = await log.append(sent.length === 1 ? sent[0]! : Y.mergeUpdates(sent))
    this.#outbox = this.#outbox.filter((update) => !sent.includes(update))
    if (held >= (this.#options.compactAt ?? COMPACT_AT)) await compact(log)
  }

  #tell(changes: readonly TextChange[], source: ChangeSource): void {
    for (const listener of this.#listeners) listener(changes, source)
  }
}

/** Merges what the log holds now. Done in a document of its own: this one may hold more, or less. */
async function compact(log: TextLog): Promise<void> {
  const updates = log.updates.peek()
  const doc = new Y.Doc()
  for (const update of updates) Y.applyUpdate(doc, update)
  await log.compact(Y.encodeStateAsUpdate(doc), updates.length, fingerprint(updates))
}

function sourceOf(origin: unknown): ChangeSource {
  if (origin === FIELD) return 'field'
  return origin === ELSEWHERE ? 'elsewhere' : 'undo'
}

/** What Yjs calls a delta, as changes that happen one after the other. */
function changesOf(delta: Y.YTextEvent['delta']): TextChange[] {
  const changes: TextChange[] = []
  let at = 0
  for (const part of delta) {
    if (part.retain !== undefined) at += part.retain
    else if (part.delete !== undefined) changes.push({ at, removed: part.delete, inserted: '' })
    else if (typeof part.insert === 'string') {
      changes.push({ at, removed: 0, inserted: part.insert })
      at += part.insert.length
    }
  }
  return changes
}
