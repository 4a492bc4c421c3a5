/** A shared text in a component, which renders again when it changes. */
import { useEffect, useState } from 'preact/hooks'
import type { SharedText } from '../shared-text.ts'

export interface TextView {
  readonly value: string
  /** Where somebody else's latest change ended: that is where they are typing. */
  readonly typedAt: number | undefined
}

export function useText(text: SharedText): TextView {
  const [view, setView] = useState<TextView>({ value: text.value, typedAt: undefined })
  useEffect(() => {
    setView({ value: text.value, typedAt: undefined })
    return text.listen((changes, source) => {
      const last = source === 'elsewhere' ? changes.at(-1) : undefined
      setView({ value: text.value, typedAt: last && last.at + last.inserted.length })
    })
  }, [text])
  return view
}
