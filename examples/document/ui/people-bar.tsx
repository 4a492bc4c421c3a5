/** Who is here, as avatars. One's own opens a panel with name and colour; another's leads to where they write. */
import { useEffect, useRef, useState } from 'preact/hooks'
import { initialsOf, PALETTE, type Person } from '../people.ts'
import type { Visitor } from '../systems.ts'

export interface PeopleBarProps {
  readonly people: readonly Person[]
  readonly visitor: Visitor
  onChange(change: { name?: string; colour?: string }): void
  /** Shows where somebody is in the text. */
  onFind(person: Person): void
}

/** More than so many others are a number. */
const SHOWN = 4
const SHOWN_ON_PHONES = 2

export function PeopleBar({ people, visitor, onChange, onFind }: PeopleBarProps) {
  const others = people.filter((person) => person.id !== visitor.person)
  const most = matchMedia('(max-width: 700px)').matches ? SHOWN_ON_PHONES : SHOWN
  const shown = others.length === most + 1 ? most + 1 : most
  const hidden = others.slice(shown)
  return (
    <div class="people">
      <ul role="list" aria-label="Others here" data-testid="others">
        {others.slice(0, shown).map((person) => (
          <li key={person.id}>
            <button type="button" class={`avatar is-${person.colour}`} title={person.name} onClick={() => onFind(person)}>
              <span aria-hidden="true">{initialsOf(person.name)}</span>
              <span class="visually-hidden">Find {person.name} in the text</span>
            </button>
          </li>
        ))}
        {hidden.length > 0 && (
          <li>
            <span class="avatar is-more" title={hidden.map((person) => person.name).join(', ')}>
              <span aria-hidden="true">+{hidden.length}</span>
              <span class="visually-hidden">and {hidden.map((person) => person.name).join(', ')}</span>
            </span>
          </li>
        )}
      </ul>
      <Self visitor={visitor} tabs={people.find((person) => person.id === visitor.person)?.connections.length ?? 1} onChange={onChange} />
      <Arrivals others={others} />
    </div>
  )
}

function Self({ visitor, tabs, onChange }: { visitor: Visitor; tabs: number; onChange: PeopleBarProps['onChange'] }) {
  const [isOpen, setOpen] = useState(false)
  const anchor = useRef<HTMLDivElement>(null)
  const name = useRef<HTMLInputElement>(null)

  const close = () => {
    setOpen(false)
    anchor.current?.querySelector('button')?.focus()
  }
  useEffect(() => {
    if (!isOpen) return
    name.current?.select()
    const onPointerDown = ({ target }: PointerEvent) => {
      if (!anchor.current?.contains(target as Node)) setOpen(false)
    }
    document.addEventListener('pointerdown', onPointerDown)
    return () => document.removeEventListener('pointerdown', onPointerDown)
  }, [isOpen])

  const save = (event: SubmitEvent) => {
    event.preventDefault()
    const chosen = name.current?.value.replace(/\s+/g, ' ').trim()
    if (chosen) onChange({ name: chosen })
    close()
  }
  return (
    <div ref={anchor} class="self" onKeyDown={(event) => event.key === 'Escape' && isOpen && close()}>
      <button
        type="button"
        class={`avatar is-self is-${visitor.colour}`}
        title={`${visitor.name} (you)`}
        aria-expanded={isOpen}
        aria-controls="self-panel"
        onClick={() => setOpen(!isOpen)}
      >
        <span aria-hidden="true">{initialsOf(visitor.name)}</span>
        <span class="visually-hidden">You are {visitor.name}: change name or colour</span>
      </button>
      <form id="self-panel" class="panel" hidden={!isOpen} onSubmit={save}>
        <label class="panel-field">
          <span>Your name</span>
          <input ref={name} type="text" maxLength={40} autocomplete="name" defaultValue={visitor.name} key={visitor.name} />
        </label>
        <fieldset class="swatches">
          <legend>Colour</legend>
          {PALETTE.map((colour) => (
            <label key={colour} class={`swatch is-${colour}`} title={colour}>
              <input type="radio" name="colour" value={colour} checked={colour === visitor.colour} onChange={() => onChange({ colour })} />
              <span class="visually-hidden">{colour}</span>
            </label>
          ))}
        </fieldset>
        <p class="panel-note">
          Others see you by these, as long as you are here. {tabs > 1 && `You have this document open in ${tabs} tabs.`}
        </p>
        <button type="submit" class="button is-primary">
          Save
        </button>
      </form>
    </div>
  )
}

/** Says who comes and goes, for those who do not see it. */
function Arrivals({ others }: { others: readonly Person[] }) {
  const before = useRef<readonly Person[]>(others)
  const [said, say] = useState('')
  useEffect(() => {
    const has = (list: readonly Person[], { id }: Person) => list.some((person) => person.id === id)
    const came = others.filter((person) => !has(before.current, person)).map(({ name }) => `${name} is here.`)
    const left = before.current.filter((person) => !has(others, person)).map(({ name }) => `${name} has left.`)
    before.current = others
    if (came.length + left.length > 0) say([...came, ...left].join(' '))
  }, [others])
  return (
    <p class="visually-hidden" role="log" aria-live="polite">
      {said}
    </p>
  )
}
