/** A task's text with its tags as buttons that filter, its links as links and its other pairs set back. */
import type { Token } from '../todo-txt.ts'

export interface TaskTextProps {
  readonly tokens: readonly Token[]
  readonly tag: string
  readonly tabIndex: number
  onTag(tag: string): void
}

export function TaskText({ tokens, tag, tabIndex, onTag }: TaskTextProps) {
  return (
    <>
      {tokens.map((token, i) => {
        switch (token.kind) {
          case 'project':
          case 'context':
            return (
              <button
                key={i}
                type="button"
                class={`tag is-${token.kind}`}
                aria-pressed={token.text === tag}
                tabIndex={tabIndex}
                onClick={() => onTag(token.text)}
              >
                {token.text}
              </button>
            )
          case 'link':
            return (
              <a key={i} href={token.text} target="_blank" rel="noreferrer" tabIndex={tabIndex}>
                {token.text.replace(/^https?:\/\//, '')}
              </a>
            )
          case 'pair':
            return (
              <span key={i} class="pair">
                {token.text}
              </span>
            )
          case 'space':
          case 'word':
            return token.text
        }
      })}
    </>
  )
}
