/** One call as the tab follows it, from the queue to its last word. */
import { signal } from '@preact/signals-core'
import { defer } from '../protocol/deferred.ts'
import { errorFromData } from '../protocol/errors.ts'
import type { CallMessage, Outcome } from '../protocol/port-messages.ts'
import type { ActionCall, CallStatus } from './types.ts'

export interface TrackedCall {
  readonly message: CallMessage
  readonly call: ActionCall<unknown>
  /** Whether its promise has settled: then it is not to be submitted again, only followed. */
  readonly isAnswered: boolean
  running(): void
  /** The call fails here, in the tab. */
  refuse(error: unknown): void
  /** @returns whether this was the last word */
  answer(outcome: Outcome): boolean
}

export function trackCall(message: CallMessage, cancel: () => void): TrackedCall {
  const status = signal<CallStatus>('queued')
  const answered = defer<unknown>()
  const confirmed = defer<unknown>()
  // A promise that we derive never raises `unhandledrejection` by itself; the call's own does.
  confirmed.promise.catch(() => undefined)
  let isAnswered = false
  const refuse = (error: unknown): void => {
    status.value = isAnswered ? 'rejected' : 'failed'
    isAnswered = true
    answered.reject(error)
    confirmed.reject(error)
  }
  return {
    message,
    refuse,
    call: Object.assign(answered.promise, { id: message.id, status, confirmed: confirmed.promise, cancel }),
    get isAnswered() {
      return isAnswered
    },
    running: () => {
      if (status.value === 'queued') status.value = 'running'
    },
    answer(outcome) {
      if (!outcome.ok) refuse(errorFromData(outcome.error))
      else {
        isAnswered = true
        status.value = outcome.settled ? 'confirmed' : 'committed'
        answered.resolve(outcome.value)
        if (outcome.settled) confirmed.resolve(outcome.value)
      }
      return outcome.settled
    },
  }
}
