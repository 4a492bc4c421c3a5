/** What was said. The page follows the latest words as long as its end is in view. */
import { useLayoutEffect, useRef } from 'preact/hooks'
import type { ChatPageProps } from './chat-page.tsx'
import { AnswerView } from './answer-view.tsx'

export interface MessageListProps {
  readonly messages: ChatPageProps['messages']
  /** The answer that a call of this tab writes. */
  readonly answering: string | undefined
  readonly isBusy: boolean
  onGoOn(id: string): void
  /** Told of each answer that becomes whole while one looks on. */
  onWhole(text: string): void
}

export function MessageList({ messages, answering, isBusy, onGoOn, onWhole }: MessageListProps) {
  const list = useRef<HTMLOListElement>(null)
  useFollowEnd(list, messages.length)
  return (
    <ol ref={list} role="list" class="messages" aria-label="Conversation">
      {messages.map((message) =>
        message.role === 'user' ? (
          <li key={message.id} class="question">
            <span class="visually-hidden">You: </span>
            <p>{message.text}</p>
          </li>
        ) : (
          <AnswerView
            key={message.id}
            answer={message}
            isOwn={message.id === answering}
            canGoOn={!isBusy && message === messages.at(-1)}
            onGoOn={() => onGoOn(message.id)}
            onWhole={onWhole}
          />
        ),
      )}
    </ol>
  )
}

const NEAR = 120

/** Keeps the end of the page in view while it grows, unless somebody has scrolled up to read. */
function useFollowEnd(list: { readonly current: HTMLElement | null }, count: number) {
  const isAtEnd = useRef(true)
  const toEnd = () => window.scrollTo({ top: document.documentElement.scrollHeight })
  useLayoutEffect(() => {
    const onScroll = () => {
      isAtEnd.current = window.scrollY + window.innerHeight >= document.documentElement.scrollHeight - NEAR
    }
    const observer = new ResizeObserver(() => isAtEnd.current && toEnd())
    observer.observe(list.current!)
    window.addEventListener('scroll', onScroll, { passive: true })
    return () => {
      observer.disconnect()
      window.removeEventListener('scroll', onScroll)
    }
  }, [])
  // A new question is looked at by whoever asked it, wherever they were.
  useLayoutEffect(toEnd, [count])
}
