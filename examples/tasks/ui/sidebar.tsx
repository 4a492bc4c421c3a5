/** Projects and contexts to filter by, the count of focus rounds, and the keyboard's shortcuts. */
import { MoreExamples } from '../../shared/more-examples.tsx'
import type { Counts, TagCount } from '../board-view.ts'
import type { Commands } from '../commands.ts'

export interface SidebarProps {
  readonly counts: Counts
  readonly tag: string
  readonly rounds: number
  readonly commands: Commands
  onTag(tag: string): void
}

export function Sidebar({ counts, tag, rounds, commands, onTag }: SidebarProps) {
  return (
    <aside class="side">
      {counts.projects.length + counts.contexts.length > 0 && (
        <nav class="tag-groups" aria-label="Projects and contexts">
          <Tags title="Projects" tags={counts.projects} tag={tag} onTag={onTag} />
          <Tags title="Contexts" tags={counts.contexts} tag={tag} onTag={onTag} />
        </nav>
      )}
      <section class="rounds" aria-labelledby="rounds-title">
        <h2 id="rounds-title">Focus rounds</h2>
        <div class="stepper">
          <button type="button" aria-label="One round less" disabled={rounds <= 0} onClick={() => commands.countRound(-1)}>
            −
          </button>
          <output aria-label="Focus rounds">{rounds.toLocaleString()}</output>
          <button type="button" aria-label="Count a round" onClick={() => commands.countRound(1)}>
            +
          </button>
        </div>
      </section>
      <details class="shortcuts">
        <summary>Keyboard</summary>
        <dl>
          {SHORTCUTS.map(([keys, what]) => (
            <div key={keys}>
              <dt>
                <kbd>{keys}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
      </details>
      <MoreExamples app="tasks" />
    </aside>
  )
}

const SHORTCUTS: readonly (readonly [string, string])[] = [
  ['↑ ↓', 'Next and previous task'],
  ['Alt ↑ ↓', 'Move the task'],
  ['Space', 'Complete or reopen'],
  ['Enter, F2', 'Edit'],
  ['Del', 'Delete'],
  ['Ctrl Z', 'Undo'],
]

function Tags({ title, tags, tag, onTag }: { title: string; tags: readonly TagCount[]; tag: string; onTag(tag: string): void }) {
  if (tags.length === 0) return null
  return (
    <section aria-label={title}>
      <h2>{title}</h2>
      <ul role="list">
        {tags.map((entry) => (
          <li key={entry.tag}>
            <button type="button" class="tag-button" aria-pressed={entry.tag === tag} onClick={() => onTag(entry.tag)}>
              <span class="tag-name">{entry.tag}</span> <span class="count">{entry.open.toLocaleString()}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  )
}
