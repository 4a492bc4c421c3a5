/** Today's date, also for a page that stays open over midnight. */
import { useEffect, useState } from 'preact/hooks'
import { dayAt } from '../task-line.ts'

export function useToday(): string {
  const [today, setToday] = useState(() => dayAt(Date.now()))
  useEffect(() => {
    const timer = setInterval(() => setToday(dayAt(Date.now())), 60_000)
    return () => clearInterval(timer)
  }, [])
  return today
}
