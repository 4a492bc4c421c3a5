/** An answer, as far as it has been said. It renders again with each word; what is around it does not. */
import type { Immutable } from 'homeroom'
import { useEffect, useRef } from 'preact/hooks'
import type { Answer } from '../systems.ts'
import { Mark } from './icons.tsx'
import { Prose } from './prose.tsx'

export interface AnswerViewProps {
  readonly answer: Immutable<Answer>
  /** Whether a call of this tab writes it. */
  readonly isOwn: boolean
  /** Whether it may be written, or written to its end, from here. */
  readonly canGoOn: boolean
  onGoOn(): void
  onWhole(text: string): void
}

export function AnswerView({ answer, isOwn, canGoOn, onGoOn, onWhole }: AnswerViewProps) {
  const { current, status, error } = answer.stream
  const isStreaming = status === 'streaming'
  const isUnwritten = status === 'idle' && !isOwn
  const isCut = status === 'error' || (status === 'done' && answer.isStopped)

  const before = useRef(status)
  useEffect(() => {
    if (before.current === 'streaming' && !isStreaming) onWhole(current)
    before.current = status
  }, [status])

  return (
    <li class={`answer${isStreaming ? ' is-streaming' : ''}`} aria-busy={isStreaming} data-testid="answer" data-status={status}>
      <Mark />
      <div class="answer-text">
        <span class="visually-hidden">The model: </span>
        {current === '' && (isStreaming || isOwn) ? <Thinking /> : <Prose text={current} />}
        {isUnwritten && <p class="aside is-late">There is no answer here yet. It may still be written on another device.</p>}
        {isCut && <p class="aside">{error ? `The answer broke off: ${error.message}` : 'Stopped.'}</p>}
        {canGoOn && (isUnwritten || isCut) && (
          <button type="button" class={`link-button${isUnwritten ? ' is-late' : ''}`} onClick={onGoOn}>
            {isUnwritten ? 'Answer it here' : 'Go on'}
          </button>
        )}
      </div>
    </li>
  )
}

function Thinking() {
  return (
    <p class="thinking">
      <span class="visually-hidden">Thinking</span>
      <span />
      <span />
      <span />
    </p>
  )
}
