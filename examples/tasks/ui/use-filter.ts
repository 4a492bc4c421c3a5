/** The view a person has chosen, kept in the address after `#` so that a reload or a bookmark has it again. */
import { useState } from 'preact/hooks'
import { NO_FILTER, type Filter, type Show, type Sort } from '../board-view.ts'

export function useFilter(): [Filter, (filter: Filter) => void] {
  const [filter, setFilter] = useState(() => filterFromHash(location.hash))
  return [
    filter,
    (next) => {
      setFilter(next)
      history.replaceState(null, '', `${location.pathname}${location.search}${filterToHash(next)}`)
    },
  ]
}

export function filterFromHash(hash: string): Filter {
  const params = new URLSearchParams(hash.replace(/^#/, ''))
  return {
    show: oneOf<Show>(params.get('show'), ['all', 'open', 'done']),
    sort: oneOf<Sort>(params.get('sort'), ['manual', 'priority', 'due']),
    tag: params.get('tag') ?? '',
    query: params.get('q') ?? '',
  }
}

export function filterToHash({ show, sort, tag, query }: Filter): string {
  const params = new URLSearchParams()
  if (show !== NO_FILTER.show) params.set('show', show)
  if (sort !== NO_FILTER.sort) params.set('sort', sort)
  if (tag !== '') params.set('tag', tag)
  if (query !== '') params.set('q', query)
  const hash = params.toString()
  return hash === '' ? '' : `#${hash}`
}

function oneOf<T extends string>(value: string | null, choices: readonly [T, ...T[]]): T {
  return choices.find((choice) => choice === value) ?? choices[0]
}
