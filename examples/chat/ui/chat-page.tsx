/** The page of one conversation: everything that is seen, from plain values and the streams among them. */
import type { Immutable, RejectedCall, SystemHandle } from 'homeroom'
import { useEffect } from 'preact/hooks'
import { LostCalls } from '../../shared/lost-calls.tsx'
import { MoreExamples } from '../../shared/more-examples.tsx'
import { NoticeBar } from '../../shared/notice.tsx'
import { SyncBadge, type SyncBadgeProps } from '../../shared/sync-badge.tsx'
import { useFeedback } from '../../shared/use-feedback.ts'
import type { Conversation } from '../systems.ts'
import { ClearButton } from './clear-button.tsx'
import { Composer } from './composer.tsx'
import { EmptyState } from './empty-state.tsx'
import { Mark } from './icons.tsx'
import { MessageList } from './message-list.tsx'
import { useAnswering } from './use-answering.ts'

export interface ChatPageProps {
  readonly messages: Immutable<Conversation['messages']>
  readonly actions: SystemHandle<Conversation>['actions']
  readonly isLoading: boolean
  readonly rejected: readonly RejectedCall[]
  onDismiss(id: string): void
  readonly sync: SyncBadgeProps
}

export function ChatPage({ messages, actions, isLoading, rejected, onDismiss, sync }: ChatPageProps) {
  const feedback = useFeedback()
  const answering = useAnswering(messages, actions, feedback)
  const { isMine, isBusy, ask, goOn, stop } = answering
  const isEmpty = messages.length === 0

  useEffect(() => {
    document.title = `${isBusy ? '… ' : ''}Chat`
  }, [isBusy])
  useEffect(() => {
    if (!isMine) return
    const onKeyDown = (event: KeyboardEvent) => event.key === 'Escape' && stop()
    document.addEventListener('keydown', onKeyDown)
    return () => document.removeEventListener('keydown', onKeyDown)
  }, [isMine, stop])

  return (
    <div class={`page${isEmpty ? ' is-empty' : ''}`}>
      <header class="topbar">
        <div class="brand">
          <Mark />
          <h1>Chat</h1>
        </div>
        <div class="topbar-tools">
          <SyncBadge {...sync} />
          <ClearButton
            isDisabled={isEmpty || isBusy}
            onClear={() => void feedback.attempt('The conversation was not cleared', actions.clear())}
          />
        </div>
      </header>
      <div class="columns">
        <main>
          <LostCalls rejected={rejected} titleOf={titleOf} onDismiss={onDismiss} />
          {isEmpty ? (
            !isLoading && <EmptyState onAsk={ask} />
          ) : (
            <MessageList messages={messages} answering={answering.id} isBusy={isBusy} onGoOn={goOn} onWhole={feedback.announce} />
          )}
          <Composer isMine={isMine} isBusy={isBusy} onAsk={ask} onStop={stop} />
        </main>
        <aside class="side">
          <section aria-labelledby="about-title">
            <h2 id="about-title">About the model</h2>
            <p class="quiet">It runs in a worker of this browser and knows its answers by heart. Open a second tab while it talks.</p>
          </section>
          <MoreExamples app="chat" />
        </aside>
      </div>
      <NoticeBar feedback={feedback} />
      <p class="visually-hidden" role="log" aria-live="polite">
        {feedback.announcement}
      </p>
    </div>
  )
}

function titleOf({ action }: RejectedCall): string {
  return action === 'answer' ? 'An answer could not be kept' : 'What was done offline could not be kept'
}
