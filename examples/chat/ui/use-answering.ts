/** Asking, and the answer that is being written: by a call of this tab, which can stop it, or by another tab's. */
import { computed } from '@preact/signals'
import type { ActionCall } from 'homeroom'
import { useCallback, useMemo, useState } from 'preact/hooks'
import type { Feedback } from '../../shared/use-feedback.ts'
import type { ChatPageProps } from './chat-page.tsx'

export interface Answering {
  /** The answer that a call of this tab writes. */
  readonly id: string | undefined
  readonly isMine: boolean
  /** Whether an answer is being written, whoever asked. */
  readonly isBusy: boolean
  ask(text: string): Promise<boolean>
  /** Writes the rest of an answer that was stopped, or one that nobody has begun. */
  goOn(id: string): void
  stop(): void
}

export function useAnswering(
  messages: ChatPageProps['messages'],
  actions: ChatPageProps['actions'],
  { attempt, report }: Feedback,
): Answering {
  const [own, setOwn] = useState<{ readonly id: string; readonly call: ActionCall<void> }>()
  // Computed, so that the page is rendered again when an answer begins or ends, and not with every word.
  const streaming = useMemo(
    () => computed(() => messages.some((message) => message.role === 'model' && message.stream.status === 'streaming')),
    [messages],
  )

  const goOn = useCallback(
    (id: string) => {
      const call = actions.answer(id)
      setOwn({ id, call })
      call
        .catch((error: unknown) => {
          if ((error as { code?: string }).code !== 'call/cancelled')
            report('The answer was not written', error instanceof Error ? error.message : String(error))
        })
        .finally(() => setOwn((now) => (now?.call === call ? undefined : now)))
    },
    [actions],
  )
  const ask = useCallback(
    async (text: string) => {
      const asked = actions.ask(text)
      if (!(await attempt('The question was not asked', asked))) return false
      goOn(await asked)
      return true
    },
    [actions, goOn],
  )
  const stop = useCallback(() => own?.call.cancel(), [own])
  return { id: own?.id, isMine: own !== undefined, isBusy: own !== undefined || streaming.value, ask, goOn, stop }
}
