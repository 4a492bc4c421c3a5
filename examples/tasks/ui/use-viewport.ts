/** The stretch of an element that the window shows, and some more at both ends, in steps so that scrolling renders rarely. */
import type { RefObject } from 'preact'
import { useCallback, useEffect, useLayoutEffect, useState } from 'preact/hooks'

const STEP = 300
const BEYOND = 600

export function useViewport(element: RefObject<HTMLElement | null>): { readonly top: number; readonly bottom: number } {
  const [viewport, setViewport] = useState({ top: -BEYOND, bottom: 1200 })
  const look = useCallback(() => {
    const start = element.current?.getBoundingClientRect().top ?? 0
    const top = Math.floor(-start / STEP) * STEP - BEYOND
    const bottom = Math.ceil((window.innerHeight - start) / STEP) * STEP + BEYOND
    setViewport((old) => (old.top === top && old.bottom === bottom ? old : { top, bottom }))
  }, [element])
  useLayoutEffect(look)
  useEffect(() => {
    window.addEventListener('scroll', look, { passive: true })
    window.addEventListener('resize', look)
    return () => {
      window.removeEventListener('scroll', look)
      window.removeEventListener('resize', look)
    }
  }, [look])
  return viewport
}
