/** Measures the rows that are shown and keeps what stands on the screen where it is while rows above it get their true height. */
import type { RefObject } from 'preact'
import { useCallback, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'

export interface RowHeights {
  readonly heights: ReadonlyMap<string, number>
  /** Changes when a height does. */
  readonly version: number
  /** For each row's element, which names its task in `data-row`. Answers how to stop. */
  observe(row: HTMLElement): () => void
}

/** @param guess the height taken for rows that were not shown yet, in px */
export function useRowHeights(list: RefObject<HTMLElement | null>, guess: number): RowHeights {
  const [version, setVersion] = useState(0)
  const heights = useRef(new Map<string, number>())
  const width = useRef(0)
  const grownAbove = useRef(0)

  const observer = useMemo(() => {
    return new ResizeObserver((entries) => {
      const listWidth = list.current?.clientWidth ?? 0
      if (listWidth !== width.current) heights.current.clear()
      width.current = listWidth
      let changed = false
      for (const entry of entries) {
        const target = entry.target as HTMLElement
        const id = target.dataset['row']
        const height = target.offsetHeight
        if (id === undefined || !target.isConnected || heights.current.get(id) === height) continue
        const before = heights.current.get(id) ?? guess
        heights.current.set(id, height)
        if (target.getBoundingClientRect().top + before <= 0) grownAbove.current += height - before
        changed = true
      }
      if (changed) setVersion((count) => count + 1)
    })
  }, [list, guess])

  useLayoutEffect(() => {
    if (grownAbove.current !== 0) window.scrollBy({ top: grownAbove.current, behavior: 'instant' })
    grownAbove.current = 0
  }, [version])

  const observe = useCallback(
    (row: HTMLElement) => {
      observer.observe(row)
      return () => observer.unobserve(row)
    },
    [observer],
  )
  return { heights: heights.current, version, observe }
}
