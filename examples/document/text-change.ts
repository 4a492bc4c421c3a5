/** What happened to a text, found by looking at it before and after; and where a place in it is then. */

/** At `at`, `removed` characters (UTF-16 code units, as everywhere here) gave way to `inserted`. */
export interface TextChange {
  readonly at: number
  readonly removed: number
  readonly inserted: string
}

/**
 * The one change that made `after` from `before`. Where several would do, as when an `l` is typed into `hello`, the caret
 * decides: what was typed ends there. Never cuts a character of two code units in half: Yjs would lose it.
 *
 * @param caret where the caret stands after the change
 */
export function changeBetween(before: string, after: string, caret = after.length): TextChange | undefined {
  if (before === after) return undefined
  const shorter = Math.min(before.length, after.length)
  let tail = 0
  const tailAtMost = Math.min(shorter, Math.max(0, after.length - caret))
  while (tail < tailAtMost && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  let at = 0
  while (at < shorter - tail && before[at] === after[at]) at++
  // What stands behind the caret may have changed as well (Delete, drag and drop): then less is alike than could be.
  while (tail < shorter - at && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  if (isInsidePair(before, at) || isInsidePair(after, at)) at--
  if (isInsidePair(before, before.length - tail) || isInsidePair(after, after.length - tail)) tail--
  return { at, removed: before.length - tail - at, inserted: after.slice(at, after.length - tail) }
}

/** Whether a place is between the two code units of one character. */
function isInsidePair(text: string, at: number): boolean {
  return /[\uD800-\uDBFF]/.test(text[at - 1] ?? '') && /[\uDC00-\uDFFF]/.test(text[at] ?? '')
}

/** Where a place is after a change: what is inserted right there comes behind it. */
export function moveOffset(offset: number, { at, removed, inserted }: TextChange): number {
  if (offset <= at) return offset
  return offset < at + removed ? at : offset - removed + inserted.length
}
