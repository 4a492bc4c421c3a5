/** Which tasks are shown, and in what order. */
import type { Counts, Filter, Show, Sort, TagCount } from '../board-view.ts'
import { countOf, type Commands } from '../commands.ts'
import { CloseIcon } from '../../shared/icons.tsx'
import { SearchIcon } from './icons.tsx'

export interface ToolbarProps {
  readonly filter: Filter
  readonly counts: Counts
  readonly shown: number
  readonly commands: Commands
  onFilter(change: Partial<Filter>): void
}

const SHOWS: readonly (readonly [Show, string])[] = [
  ['all', 'All'],
  ['open', 'Open'],
  ['done', 'Done'],
]
const SORTS: readonly (readonly [Sort, string])[] = [
  ['manual', 'My order'],
  ['priority', 'Priority'],
  ['due', 'Due day'],
]

export function Toolbar({ filter, counts, shown, commands, onFilter }: ToolbarProps) {
  return (
    <div class="toolbar" role="group" aria-label="View">
      <fieldset class="segments">
        <legend class="visually-hidden">Show</legend>
        {SHOWS.map(([show, label]) => (
          <label key={show} class="segment">
            <input type="radio" name="show" value={show} checked={filter.show === show} onChange={() => onFilter({ show })} />
            <span class="segment-face">
              {label} <span class="count">{counts[show].toLocaleString()}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label class="search">
        <SearchIcon />
        <input
          type="search"
          aria-label="Search tasks"
          placeholder="Search"
          value={filter.query}
          onInput={(event) => onFilter({ query: event.currentTarget.value })}
        />
      </label>
      <label class="select">
        <span class="visually-hidden">Order</span>
        <select value={filter.sort} onChange={(event) => onFilter({ sort: event.currentTarget.value as Sort })}>
          {SORTS.map(([sort, label]) => (
            <option key={sort} value={sort}>
              {label}
            </option>
          ))}
        </select>
      </label>
      <label class="select is-narrow-only">
        <span class="visually-hidden">Project or context</span>
        <select value={filter.tag} onChange={(event) => onFilter({ tag: event.currentTarget.value })}>
          <option value="">All projects and contexts</option>
          <TagOptions label="Projects" tags={counts.projects} />
          <TagOptions label="Contexts" tags={counts.contexts} />
        </select>
      </label>
      <div class="toolbar-line">
        <p class="shown" data-testid="shown">
          {shown === counts.all ? countOf(counts.all, 'task') : `${shown.toLocaleString()} of ${countOf(counts.all, 'task')}`}
        </p>
        {filter.tag !== '' && (
          <button type="button" class="chip" aria-label={`Remove filter ${filter.tag}`} onClick={() => onFilter({ tag: '' })}>
            {filter.tag}
            <CloseIcon />
          </button>
        )}
        {counts.done > 0 && (
          <button type="button" class="link-button" onClick={() => void commands.clearDone()}>
            Clear done
          </button>
        )}
      </div>
    </div>
  )
}

function TagOptions({ label, tags }: { label: string; tags: readonly TagCount[] }) {
  if (tags.length === 0) return null
  return (
    <optgroup label={label}>
      {tags.map(({ tag, open }) => (
        <option key={tag} value={tag}>
          {tag} ({open.toLocaleString()})
        </option>
      ))}
    </optgroup>
  )
}
