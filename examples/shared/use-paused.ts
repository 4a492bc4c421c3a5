/** Whether a person chose to work offline: for all tabs of this browser, and still so after a reload. */
import { useEffect, useState } from 'preact/hooks'

const keyOf = (app: string) => `${app}/offline`

export function isPaused(app: string): boolean {
  return localStorage.getItem(keyOf(app)) !== null
}

export function usePaused(app: string): [boolean, (paused: boolean) => void] {
  const [paused, setPaused] = useState(() => isPaused(app))
  useEffect(() => {
    const look = () => setPaused(isPaused(app))
    window.addEventListener('storage', look)
    return () => window.removeEventListener('storage', look)
  }, [app])
  const pause = (next: boolean) => {
    if (next) localStorage.setItem(keyOf(app), 'yes')
    else localStorage.removeItem(keyOf(app))
    setPaused(next)
  }
  return [paused, pause]
}
