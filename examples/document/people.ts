/** Who is here: people, not connections. */
import type { Visitor } from './systems.ts'

/** Names of colours that style.css knows, each for light and dark. */
export const PALETTE = ['moss', 'teal', 'blue', 'indigo', 'plum', 'rose', 'rust', 'ochre'] as const

export interface Person {
  readonly id: string
  readonly name: string
  readonly colour: string
  /** One per tab that this person has open, oldest first. */
  readonly connections: readonly string[]
}

/** Each person once, whatever tabs they have open: who reads first, the others in the order in which they came. */
export function peopleOf(users: Readonly<Record<string, Visitor>>, me: string): Person[] {
  const people = new Map<string, Person>()
  for (const [connection, { person, name, colour }] of Object.entries(users)) {
    const known = people.get(person)
    people.set(person, { id: person, name, colour, connections: [...(known?.connections ?? []), connection] })
  }
  return [...people.values()].toSorted((a, b) => Number(b.id === me) - Number(a.id === me))
}

/** `Ada Lovelace` as `AL`, `grace` as `G`. */
export function initialsOf(name: string): string {
  const words = name.split(/[\s\-_.]+/u).filter((word) => word !== '')
  const ends = words.length > 1 ? [words[0], words.at(-1)] : words
  return ends.map((word) => Array.from(word ?? '')[0]?.toLocaleUpperCase()).join('') || '?'
}

/** Who somebody is before they say so: a name to be told apart by, and a colour. */
export function newcomer(random: () => number = Math.random): { readonly name: string; readonly colour: string } {
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]!
  const manners = ['Quiet', 'Brisk', 'Gentle', 'Bright', 'Patient', 'Curious', 'Merry', 'Calm']
  const animals = ['Otter', 'Heron', 'Badger', 'Wren', 'Fox', 'Hare', 'Owl', 'Lynx']
  return { name: `${pick(manners)} ${pick(animals)}`, colour: pick(PALETTE) }
}
