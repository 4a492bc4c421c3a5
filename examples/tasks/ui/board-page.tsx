/** The page of one board: everything that is seen, from plain values. */
import type { RejectedCall } from 'homeroom'
import { useCallback, useEffect, useMemo, useRef, useState } from 'preact/hooks'
import { countTasks, NO_FILTER, selectTasks, viewOf, type Filter } from '../board-view.ts'
import { createCommands, type BoardActions } from '../commands.ts'
import type { Task } from '../systems.ts'
import { Composer } from './composer.tsx'
import { DropZone } from './drop-zone.tsx'
import { EmptyState } from './empty-state.tsx'
import { ExportIcon, ImportIcon, Mark } from './icons.tsx'
import { NoticeBar } from '../../shared/notice.tsx'
import { Problems } from './problems.tsx'
import { Sidebar } from './sidebar.tsx'
import { SyncBadge, type SyncBadgeProps } from '../../shared/sync-badge.tsx'
import { TaskList } from './task-list.tsx'
import { Toolbar } from './toolbar.tsx'
import { useFeedback } from '../../shared/use-feedback.ts'
import { useFilter } from './use-filter.ts'
import { useToday } from './use-today.ts'

export interface BoardPageProps {
  readonly title: string
  readonly tasks: readonly Readonly<Task>[]
  readonly rounds: number
  readonly actions: BoardActions
  readonly isLoading: boolean
  readonly sync: SyncBadgeProps
  readonly rejected: readonly RejectedCall[]
  onRetry(id: string): void
  onDismiss(id: string): void
}

export function BoardPage({ title, tasks, rounds, actions, isLoading, sync, rejected, onRetry, onDismiss }: BoardPageProps) {
  const views = useMemo(() => tasks.map(viewOf), [tasks])
  const counts = useMemo(() => countTasks(views), [views])
  const [filter, setFilter] = useFilter()
  const selected = useMemo(() => selectTasks(views, filter), [views, filter])
  const today = useToday()
  const feedback = useFeedback()
  const [focusRequest, setFocusRequest] = useState<{ readonly id: string }>()
  const picker = useRef<HTMLInputElement>(null)

  const commands = createCommands(views, actions, feedback, (id) => setFocusRequest({ id }))
  const latest = useRef(commands)
  latest.current = commands
  const importFiles = useCallback((files: readonly File[]) => void latest.current.importFiles(files), [])

  useEffect(() => {
    document.title = `${counts.open > 0 ? `(${counts.open.toLocaleString()}) ` : ''}${title} · Tasks`
  }, [counts.open, title])

  const change = (part: Partial<Filter>) => setFilter({ ...filter, ...part })
  const onTag = (tag: string) => change({ tag: tag === filter.tag ? '' : tag })
  const fixed = filter.sort === 'manual' ? undefined : 'Choose “My order” to move tasks.'

  return (
    <div class="page">
      <header class="topbar">
        <div class="brand">
          <Mark />
          <h1>{title}</h1>
        </div>
        <div class="topbar-tools">
          <SyncBadge {...sync} />
          <button type="button" class="button" aria-label="Import todo.txt" title="Import todo.txt" onClick={() => picker.current?.click()}>
            <ImportIcon />
            <span>Import</span>
          </button>
          <button
            type="button"
            class="button"
            aria-label="Export todo.txt"
            title="Export todo.txt"
            disabled={counts.all === 0}
            onClick={() => commands.exportFile()}
          >
            <ExportIcon />
            <span>Export</span>
          </button>
          <input
            ref={picker}
            type="file"
            class="visually-hidden"
            aria-label="todo.txt file"
            tabIndex={-1}
            multiple
            onChange={(event) => {
              importFiles([...(event.currentTarget.files ?? [])])
              event.currentTarget.value = ''
            }}
          />
        </div>
      </header>
      <div class="columns">
        <main>
          <Problems feedback={feedback} rejected={rejected} onRetry={onRetry} onDismiss={onDismiss} onAddText={commands.add} />
          <Composer commands={commands} />
          {counts.all > 0 && <Toolbar filter={filter} counts={counts} shown={selected.length} commands={commands} onFilter={change} />}
          {selected.length > 0 ? (
            <TaskList
              tasks={selected}
              today={today}
              fixed={fixed}
              isTransient={filter.show !== 'all'}
              tag={filter.tag}
              commands={commands}
              focusRequest={focusRequest}
              onTag={onTag}
            />
          ) : (
            !isLoading && (
              <EmptyState
                isBoardEmpty={counts.all === 0}
                filter={filter}
                onImport={() => picker.current?.click()}
                onSample={() => void importSample(commands.importText)}
                onClearFilter={() => setFilter(NO_FILTER)}
              />
            )
          )}
        </main>
        <Sidebar counts={counts} tag={filter.tag} rounds={rounds} commands={commands} onTag={onTag} />
      </div>
      <NoticeBar feedback={feedback} />
      <p class="visually-hidden" role="log" aria-live="polite" data-testid="announcement">
        {feedback.announcement}
      </p>
      <DropZone onFiles={importFiles} />
    </div>
  )
}

async function importSample(importText: (text: string, from: string) => Promise<void>): Promise<void> {
  const sample = await fetch(new URL('../sample.todo.txt', import.meta.url))
  await importText(await sample.text(), 'The sample')
}
