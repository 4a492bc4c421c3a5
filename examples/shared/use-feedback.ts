/** What the page says back: one notice with its undo, problems that stay until read, and sentences for screen readers. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'

export interface Notice {
  readonly key: number
  readonly text: string
  readonly undo?: () => Promise<unknown>
}

export interface Problem {
  readonly key: number
  readonly title: string
  readonly text: string
}

export interface Feedback {
  readonly notice: Notice | undefined
  readonly problems: readonly Problem[]
  /** For the live region: changes that are visible anyway. */
  readonly announcement: string
  /** Shows a notice; with `undo`, also remembered for Ctrl+Z after the notice has gone. */
  notify(text: string, undo?: () => Promise<unknown>): void
  /** Remembered for Ctrl+Z without a notice. */
  remember(undo: () => Promise<unknown>): void
  announce(text: string): void
  report(title: string, text: string): void
  /** Awaits a call, and reports it as a problem if it fails. Answers whether it went well. */
  attempt(what: string, call: Promise<unknown>): Promise<boolean>
  /** Undoes what is given, or else the latest thing that can be undone. */
  undo(which?: () => Promise<unknown>): Promise<void>
  dismissNotice(): void
  dismissProblem(key: number): void
}

export function useFeedback(): Feedback {
  const [notice, setNotice] = useState<Notice>()
  const [problems, setProblems] = useState<readonly Problem[]>([])
  const [announcement, setAnnouncement] = useState('')
  const undos = useRef<readonly (() => Promise<unknown>)[]>([])
  const nextKey = useRef(0)

  const announce = useCallback((text: string) => {
    // A repeated sentence is read again only if the region changes.
    setAnnouncement((old) => (old === text ? `${text}\u00a0` : text))
  }, [])
  const report = useCallback((title: string, text: string) => {
    setProblems((old) => [...old, { key: nextKey.current++, title, text }])
  }, [])

  const says = useMemo(() => {
    const remember = (undo: () => Promise<unknown>) => {
      undos.current = [...undos.current, undo]
    }
    const attempt = async (what: string, call: Promise<unknown>) => {
      try {
        await call
        return true
      } catch (error) {
        report(what, error instanceof Error ? error.message : String(error))
        return false
      }
    }
    return {
      announce,
      report,
      remember,
      attempt,
      notify(text: string, undo?: () => Promise<unknown>) {
        if (undo) remember(undo)
        setNotice({ key: nextKey.current++, text, ...(undo ? { undo } : {}) })
      },
      async undo(which = undos.current.at(-1)) {
        setNotice(undefined)
        if (!which) return announce('There is nothing to undo.')
        undos.current = undos.current.filter((undo) => undo !== which)
        if (await attempt('This could not be undone', which())) announce('Undone.')
      },
      dismissNotice: () => setNotice(undefined),
      dismissProblem: (key: number) => setProblems((old) => old.filter((problem) => problem.key !== key)),
    }
  }, [announce, report])

  useUndoKey(says.undo)
  return { ...says, notice, problems, announcement }
}

/** Ctrl+Z (⌘Z) undoes, except where it undoes typing. */
function useUndoKey(undo: Feedback['undo']) {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      const target = event.target as HTMLElement
      const isTyping = target.matches('textarea, input:not([type=checkbox], [type=radio])')
      if (event.key.toLowerCase() !== 'z' || !(event.ctrlKey || event.metaKey) || event.shiftKey || event.altKey || isTyping) return
      event.preventDefault()
      void undo()
    }
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [undo])
}
