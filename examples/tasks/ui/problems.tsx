/** What went wrong and waits to be read: files that were refused, and calls that other devices' changes made impossible. */
import type { RejectedCall } from 'homeroom'
import { CloseIcon, WarningIcon } from '../../shared/icons.tsx'
import type { Feedback } from '../../shared/use-feedback.ts'

export interface ProblemsProps {
  readonly feedback: Feedback
  readonly rejected: readonly RejectedCall[]
  onRetry(id: string): void
  onDismiss(id: string): void
  /** The text of an edit whose task is gone, as a new task. */
  onAddText(text: string): Promise<boolean>
}

const NAMES: Record<string, string> = {
  addTask: 'Adding a task',
  edit: 'An edit',
  complete: 'Completing a task',
  setPriority: 'A change of priority',
  move: 'Moving a task',
  remove: 'Deleting a task',
  clearDone: 'Clearing done tasks',
  restore: 'Bringing tasks back',
  importTodo: 'An import',
  takeBackImport: 'Undoing an import',
  countRound: 'Counting a round',
}

export function Problems({ feedback, rejected, onRetry, onDismiss, onAddText }: ProblemsProps) {
  return (
    <div
      class="problems"
      role="region"
      aria-label="Problems"
      aria-live="assertive"
      hidden={feedback.problems.length + rejected.length === 0}
    >
      {feedback.problems.map(({ key, title, text }) => (
        <div key={key} class="problem" role="alert">
          <WarningIcon />
          <div class="problem-text">
            <strong>{title}</strong>
            <p>{text}</p>
          </div>
          <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => feedback.dismissProblem(key)}>
            <CloseIcon />
          </button>
        </div>
      ))}
      {rejected.map((call) => {
        const text = call.action === 'edit' ? call.args[1] : undefined
        return (
          <div key={call.id} class="problem" data-testid="rejected">
            <WarningIcon />
            <div class="problem-text">
              <strong>{NAMES[call.action] ?? call.action} could not be kept</strong>
              <p>{call.error.message}</p>
              {typeof text === 'string' && <blockquote>{text}</blockquote>}
              <div class="problem-tools">
                {typeof text === 'string' && (
                  <button type="button" class="button" onClick={async () => (await onAddText(text)) && onDismiss(call.id)}>
                    Add as a new task
                  </button>
                )}
                <button type="button" class="button" onClick={() => onRetry(call.id)}>
                  Try again
                </button>
                <button type="button" class="button" onClick={() => onDismiss(call.id)}>
                  Dismiss
                </button>
              </div>
            </div>
          </div>
        )
      })}
    </div>
  )
}
