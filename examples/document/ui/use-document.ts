/** The document's handle. Its connection carries who is here, so a new name is a new connection. */
import type { Home, SystemHandle } from 'homeroom'
import { useEffect, useState } from 'preact/hooks'
import { SharedText } from '../shared-text.ts'
import type { CollaborativeDoc, Visitor } from '../systems.ts'

export type DocumentHandle = SystemHandle<CollaborativeDoc>

export interface OpenDocument {
  /** Absent until its state is there; the one before stands in while another opens. */
  readonly doc: DocumentHandle | undefined
  readonly text: SharedText
  /** Why the document cannot be opened, or what was typed cannot be stored. */
  readonly trouble: unknown
}

const RETRY_MS = 3_000

export function useDocument(home: Home, id: string, visitor: Visitor): OpenDocument {
  const [doc, setDoc] = useState<DocumentHandle>()
  const [trouble, setTrouble] = useState<unknown>()
  const [text] = useState(() => new SharedText({ onTrouble: setTrouble }))

  useEffect(() => {
    const opened = home.system<CollaborativeDoc>({ id, metadata: visitor })
    let isWanted = true
    let detach = () => {}
    opened.$ready.then(
      () => {
        if (!isWanted) return
        detach = text.attach(opened)
        setDoc(opened)
      },
      (error: unknown) => isWanted && setTrouble(error),
    )
    return () => {
      isWanted = false
      detach()
      opened.$close()
    }
  }, [home, id, visitor, text])

  useEffect(() => {
    if (trouble === undefined) return
    const timer = setInterval(() => text.retry(), RETRY_MS)
    return () => clearInterval(timer)
  }, [trouble, text])

  useEffect(() => {
    const flush = () => text.flush()
    window.addEventListener('pagehide', flush)
    return () => window.removeEventListener('pagehide', flush)
  }, [text])

  return { doc, text, trouble }
}
