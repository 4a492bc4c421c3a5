/** Who reads and writes in this tab: kept in this browser, and the same in all its tabs. */
import { useEffect, useMemo, useState } from 'preact/hooks'
import { newcomer, PALETTE } from '../people.ts'
import type { Visitor } from '../systems.ts'

const KEY = 'document/visitor'
const tab = crypto.randomUUID()

type Kept = Omit<Visitor, 'tab'>

/** Changing name or colour makes a new visitor, in all tabs of this browser. */
export function useVisitor(): [Visitor, (change: Partial<Pick<Kept, 'name' | 'colour'>>) => void] {
  const [kept, setKept] = useState(readKept)
  useEffect(() => {
    const look = ({ key }: StorageEvent) => {
      if (key === KEY) setKept(readKept())
    }
    window.addEventListener('storage', look)
    return () => window.removeEventListener('storage', look)
  }, [])
  const change = (part: Partial<Kept>) => setKept(keep({ ...kept, ...part }))
  const { person, name, colour } = kept
  return [useMemo(() => ({ person, tab, name, colour }), [person, name, colour]), change]
}

function readKept(): Kept {
  try {
    const { person, name, colour } = JSON.parse(localStorage.getItem(KEY) ?? '') as Partial<Kept>
    if (person && name && PALETTE.some((known) => known === colour)) return { person, name, colour: colour! }
  } catch {
    // Nothing was kept, or nothing that can be read.
  }
  return keep({ person: crypto.randomUUID(), ...newcomer() })
}

function keep(kept: Kept): Kept {
  localStorage.setItem(KEY, JSON.stringify(kept))
  return kept
}
