/** Whether a person chose to work offline: for all tabs of this browser, and still so after a reload. */
import { useEffect, useState } from 'preact/hooks'

const KEY = 'tasks/offline'

export function isPaused(): boolean {
  return localStorage.getItem(KEY) !== null
}

export function usePaused(): [boolean, (paused: boolean) => void] {
  const [paused, setPaused] = useState(isPaused)
  useEffect(() => {
    const look = () => setPaused(isPaused())
    window.addEventListener('storage', look)
    return () => window.removeEventListener('storage', look)
  }, [])
  const pause = (next: boolean) => {
    if (next) localStorage.setItem(KEY, 'yes')
    else localStorage.removeItem(KEY)
    setPaused(next)
  }
  return [paused, pause]
}
