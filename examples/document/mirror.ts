/** The text cut into stretches, so that a copy of it behind the text field can show where others are. */

/** Somebody else's caret and selection, as offsets. */
export interface RemoteCursor {
  /** Of the connection. */
  readonly id: string
  readonly name: string
  readonly colour: string
  readonly caret: number
  readonly anchor: number
  /** Another one each time its owner has moved it; letters that others type before it do not change it. */
  readonly key: string
}

export interface Stretch {
  readonly from: number
  readonly text: string
  /** The colour of who has selected it. */
  readonly colour: string | undefined
  /** Whose carets stand right before it. */
  readonly carets: readonly RemoteCursor[]
}

/** All of `text`, in order; the last stretch may be empty, for carets at the end. */
export function cutIntoStretches(text: string, cursors: readonly RemoteCursor[]): Stretch[] {
  const inside = cursors.map((cursor) => ({
    ...cursor,
    caret: Math.min(cursor.caret, text.length),
    anchor: Math.min(cursor.anchor, text.length),
  }))
  const cuts = [...new Set([0, text.length, ...inside.flatMap(({ caret, anchor }) => [caret, anchor])])].toSorted((a, b) => a - b)
  return cuts.map((from, i) => ({
    from,
    text: text.slice(from, cuts[i + 1] ?? text.length),
    colour: inside.findLast(({ caret, anchor }) => from >= Math.min(caret, anchor) && from < Math.max(caret, anchor))?.colour,
    carets: inside.filter(({ caret }) => caret === from),
  }))
}
