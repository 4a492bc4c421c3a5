/**
 * Where rows stand in a long list of which only a window is in the document. Heights are measured once a row has been
 * shown and guessed before, so a list of 5,000 costs two arrays, not 5,000 elements.
 */
export interface RowLayout {
  /** `tops[i]` is where row `i` begins; the one after the last is the height of all. */
  readonly tops: Float64Array
  readonly total: number
}

export function layOut(ids: readonly string[], heights: ReadonlyMap<string, number>, guess: number): RowLayout {
  const tops = new Float64Array(ids.length + 1)
  for (let i = 0; i < ids.length; i++) tops[i + 1] = tops[i]! + (heights.get(ids[i]!) ?? guess)
  return { tops, total: tops[ids.length]! }
}

/** The row at `y`, the first or last where `y` lies outside. */
export function rowAt({ tops }: RowLayout, y: number): number {
  let low = 0
  let high = Math.max(0, tops.length - 2)
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (tops[middle]! <= y) low = middle
    else high = middle - 1
  }
  return low
}

/** The rows that touch the stretch from `top` to `bottom`: from the first up to, not with, the second. */
export function rowsBetween(layout: RowLayout, top: number, bottom: number): readonly [from: number, to: number] {
  const count = layout.tops.length - 1
  if (count === 0 || bottom <= 0 || top >= layout.total) return [0, 0]
  return [rowAt(layout, top), rowAt(layout, bottom) + 1]
}

/** Where a row that is held with its upper edge at `top` lands: the gap between the `others` that is nearest. */
export function landingPlace(others: RowLayout, top: number): number {
  const count = others.tops.length - 1
  if (count === 0) return 0
  const above = rowAt(others, top)
  return top - others.tops[above]! > others.tops[above + 1]! - top ? above + 1 : above
}
