/** The page of one document. */
import type { Home } from 'homeroom'
import { useCallback, useEffect, useMemo, useState } from 'preact/hooks'
import { MoreExamples } from '../../shared/more-examples.tsx'
import { SyncBadge } from '../../shared/sync-badge.tsx'
import { useSync } from '../../shared/sync.ts'
import { useSignalValue, type SignalLike } from '../../shared/use-signal-value.ts'
import type { Places } from '../cursor-reporter.ts'
import type { RemoteCursor } from '../mirror.ts'
import { peopleOf, type Person } from '../people.ts'
import type { SharedText } from '../shared-text.ts'
import type { Cursor, Visitor } from '../systems.ts'
import { countWords } from '../words.ts'
import { Editor } from './editor.tsx'
import { Mark } from './mark.tsx'
import { PeopleBar } from './people-bar.tsx'
import { TitleField } from './title-field.tsx'
import { Trouble } from './trouble.tsx'
import { useDocument } from './use-document.ts'
import { useText } from './use-text.ts'
import { useVisitor } from './use-visitor.ts'

export function DocumentPage({ home, app, id }: { home: Home; app: string; id: string }) {
  const [visitor, changeVisitor] = useVisitor()
  const { doc, text, trouble } = useDocument(home, id, visitor)
  const sync = useSync(home, app)
  const title = useSignalValue(doc?.title ?? nothing(''))
  const users = useSignalValue(doc?.users ?? nothing<Users>({}))
  const cursors = useSignalValue(doc?.cursors ?? nothing<Cursors>({}))
  const view = useText(text)
  const words = useCount(view.value)

  const people = useMemo(() => peopleOf(users, visitor.person), [users, visitor.person])
  const remote = useMemo(() => remoteCursors(cursors, users, visitor, text), [cursors, users, visitor, text, view.value])
  const sendCursor = useCallback(({ position, anchor }: Places) => void doc?.updateCursor(position, anchor).catch(() => undefined), [doc])

  useEffect(() => {
    document.title = `${title || 'Untitled'} · Document`
  }, [title])

  return (
    <div class="page">
      <header class="topbar">
        <div class="brand">
          <Mark />
          <h1 class="visually-hidden">{title || 'Untitled'}</h1>
          <p class="app-name">Document</p>
        </div>
        <div class="topbar-tools">
          <SyncBadge {...sync} />
          <PeopleBar people={people} visitor={visitor} onChange={changeVisitor} onFind={findInText} />
        </div>
      </header>
      <main class="sheet">
        <Trouble reason={trouble} isOpen={doc !== undefined} />
        <TitleField
          title={title}
          isReady={doc !== undefined}
          onTitle={(next) => void doc?.setTitle(next).catch(() => undefined)}
          onEnter={() => document.querySelector<HTMLElement>('.field')?.focus()}
        />
        <Editor text={text} view={view} cursors={remote} isReady={doc !== undefined} onCursor={sendCursor} />
        <p class="count" data-testid="count">
          {doc && `${words.toLocaleString()} ${words === 1 ? 'word' : 'words'}`}
        </p>
      </main>
      <footer class="foot">
        <MoreExamples app={app} />
      </footer>
    </div>
  )
}

type Users = Readonly<Record<string, Visitor>>
type Cursors = Readonly<Record<string, Cursor>>

/** In place of a signal that is not there yet. */
function nothing<T>(value: T): SignalLike<T> {
  return { value, subscribe: () => () => undefined }
}

/** Carets of all other tabs, one's own among them, where they are in the text as it is here. */
function remoteCursors(cursors: Cursors, users: Users, { tab, person }: Visitor, text: SharedText): RemoteCursor[] {
  return Object.entries(cursors).flatMap(([id, { position, anchor, name, colour }]) => {
    const user = users[id]
    const caret = text.offsetOf(position)
    if (user === undefined || user.tab === tab || caret === undefined) return []
    const label = user.person === person ? 'You, other tab' : name
    return [{ id, name: label, colour, caret, anchor: text.offsetOf(anchor) ?? caret, key: String(position) }]
  })
}

function findInText({ connections }: Person): void {
  const carets = [...document.querySelectorAll('.caret')]
  const found = carets.findLast((caret) => connections.includes(caret.getAttribute('data-connection') ?? ''))
  found?.scrollIntoView({ block: 'center', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' })
}

/** The number of words, a moment after the text has changed: a long text takes some milliseconds to count. */
function useCount(text: string): number {
  const [words, setWords] = useState(0)
  useEffect(() => {
    const timer = setTimeout(() => setWords(countWords(text)), 150)
    return () => clearTimeout(timer)
  }, [text])
  return words
}
