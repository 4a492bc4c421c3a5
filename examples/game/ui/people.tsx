/** Who is at the table now, and the name one goes by. */
import { useState } from 'preact/hooks'
import { peopleOf, SIDE_NAMES, type Table } from '../game-view.ts'

export function People({ table, user, onRename }: { table: Table; user: string; onRename(name: string): void }) {
  const people = peopleOf(table)
  const [draft, setDraft] = useState<string>()
  const submit = (event: Event) => {
    event.preventDefault()
    if (draft !== undefined && draft.trim() !== '') onRename(draft)
    setDraft(undefined)
  }
  return (
    <section class="people" aria-labelledby="people-title">
      <h2 id="people-title">Here now</h2>
      <ul role="list">
        {people.map((person) => (
          <li key={person.user}>
            <span class="dot" />
            {person.user === user && draft !== undefined ? (
              <form onSubmit={submit}>
                <input
                  type="text"
                  class="name-box"
                  aria-label="Your name"
                  maxLength={24}
                  autocomplete="off"
                  value={draft}
                  ref={selectAtFirst}
                  onInput={(event) => setDraft(event.currentTarget.value)}
                  onKeyDown={(event) => event.key === 'Escape' && setDraft(undefined)}
                  onBlur={submit}
                />
              </form>
            ) : (
              <span class="person">
                <span class="person-name">{person.name}</span> <span class="person-role">{roleOf(person, user)}</span>
              </span>
            )}
            {person.user === user && draft === undefined && (
              <button type="button" class="link-button" aria-label="Rename yourself" onClick={() => setDraft(person.name)}>
                Rename
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function selectAtFirst(box: HTMLInputElement | null): void {
  box?.focus()
  box?.select()
}

function roleOf({ user, side, tabs }: ReturnType<typeof peopleOf>[number], me: string): string {
  return [user === me ? 'you' : [], side === undefined ? 'watching' : SIDE_NAMES[side], tabs > 1 ? `${tabs} tabs` : []].flat().join(' · ')
}
