/**
 * Dragging a row by its grip, with mouse, pen or finger:
 *
 *   held ──(released)──► settling ──(moved and at rest)──► over
 *     └──(Escape, or the row is gone)──────────────────────► over
 *
 * While it lasts, `order` is the list with the row where it would land; nothing is moved before it is released. The
 * list, not the row, captures the pointer: rows may leave the document while it scrolls.
 */
import type { RefObject } from 'preact'
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
import { landingPlace, layOut } from './row-layout.ts'

export interface Drag {
  readonly id: string
  readonly phase: 'held' | 'settling'
  /** Where the row's upper edge is while it is held, from that of the list. */
  readonly top: number
  /** Its place among the other rows. */
  readonly place: number
}

interface Held {
  readonly id: string
  readonly pointer: number
  /** From the row's upper edge to the pointer. */
  readonly grip: number
  y: number
}

interface Options {
  readonly list: RefObject<HTMLElement | null>
  readonly ids: readonly string[]
  readonly heights: ReadonlyMap<string, number>
  readonly guess: number
  drop(id: string, place: number): Promise<unknown>
}

export interface RowDrag {
  readonly drag: Drag | undefined
  readonly order: readonly string[]
  start(event: PointerEvent, id: string): void
}

const SETTLE_MS = 180
const EDGE = 90

export function useRowDrag(options: Options): RowDrag {
  const latest = useRef(options)
  latest.current = options
  const held = useRef<Held | undefined>(undefined)
  const [drag, setDrag] = useState<Drag>()
  const isHeld = drag?.phase === 'held'

  const follow = () => {
    const { list, ids, heights, guess } = latest.current
    const row = held.current
    if (!row || !list.current) return
    if (!ids.includes(row.id)) return end()
    const top = row.y - list.current.getBoundingClientRect().top - row.grip
    const place = landingPlace(layOut(without(ids, row.id), heights, guess), top)
    setDrag({ id: row.id, phase: 'held', top, place })
  }

  const end = () => {
    held.current = undefined
    setDrag(undefined)
  }

  const release = async (place: number) => {
    const row = held.current
    if (!row) return
    held.current = undefined
    setDrag((old) => old && { ...old, phase: 'settling' })
    const isStill = latest.current.ids.indexOf(row.id) === place
    await Promise.all([isStill ? undefined : latest.current.drop(row.id, place), new Promise((rest) => setTimeout(rest, SETTLE_MS))])
    setDrag((old) => (old?.phase === 'settling' && old.id === row.id ? undefined : old))
  }

  const start = (event: PointerEvent, id: string) => {
    const row = (event.currentTarget as HTMLElement).closest<HTMLElement>('[data-row]')
    const list = latest.current.list.current
    if (!row || !list || event.button !== 0) return
    event.preventDefault()
    list.setPointerCapture(event.pointerId)
    held.current = { id, pointer: event.pointerId, grip: event.clientY - row.getBoundingClientRect().top, y: event.clientY }
    follow()
  }

  const reached = useRef(drag?.place ?? 0)
  reached.current = drag?.place ?? 0

  useEffect(() => {
    const list = latest.current.list.current
    if (!isHeld || !list) return
    const listening = new AbortController()
    const on = <K extends keyof DocumentEventMap>(target: HTMLElement | Document, type: K, react: (event: DocumentEventMap[K]) => void) =>
      target.addEventListener(type, react as EventListener, { signal: listening.signal })
    on(list, 'pointermove', (event) => {
      if (!held.current || event.pointerId !== held.current.pointer) return
      held.current.y = event.clientY
      follow()
    })
    on(list, 'pointerup', () => void release(reached.current))
    on(list, 'pointercancel', end)
    on(list, 'lostpointercapture', () => {
      if (held.current) end()
    })
    on(document, 'keydown', (event) => {
      if (event.key === 'Escape') end()
    })
    const scrolling = scrollAtEdges(() => held.current?.y, follow)
    return () => {
      listening.abort()
      scrolling.stop()
    }
  }, [isHeld])

  // A row that went while it was held cannot be dropped.
  useLayoutEffect(() => {
    if (drag && !options.ids.includes(drag.id)) end()
  }, [options.ids, drag])

  const order = useMemo(() => {
    if (!drag || !options.ids.includes(drag.id)) return options.ids
    return without(options.ids, drag.id).toSpliced(drag.place, 0, drag.id)
  }, [options.ids, drag?.id, drag?.place])
  return { drag, order, start }
}

function without(ids: readonly string[], id: string): string[] {
  return ids.filter((other) => other !== id)
}

/** Scrolls the window while the pointer is near its upper or lower edge, faster the nearer. */
function scrollAtEdges(pointer: () => number | undefined, scrolled: () => void): { stop(): void } {
  let frame = requestAnimationFrame(function step() {
    const y = pointer()
    const past = y === undefined ? 0 : y < EDGE ? y - EDGE : Math.max(0, y - (window.innerHeight - EDGE))
    if (past !== 0) {
      window.scrollBy({ top: Math.max(-18, Math.min(18, past / 4)), behavior: 'instant' })
      scrolled()
    }
    frame = requestAnimationFrame(step)
  })
  return { stop: () => cancelAnimationFrame(frame) }
}
