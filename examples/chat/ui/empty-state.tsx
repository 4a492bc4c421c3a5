/** Before anything was said: what one could ask. */
import { SUGGESTIONS } from '../model.ts'

export function EmptyState({ onAsk }: { onAsk(text: string): Promise<boolean> }) {
  return (
    <div class="empty">
      <h2>Ask me something</h2>
      <p>I am a small scripted model. I answer word by word, in all your tabs at once, with or without a network.</p>
      <ul role="list" class="suggestions" aria-label="Suggestions">
        {SUGGESTIONS.map((text) => (
          <li key={text}>
            <button type="button" class="button" onClick={() => void onAsk(text)}>
              {text}
            </button>
          </li>
        ))}
      </ul>
    </div>
  )
}
