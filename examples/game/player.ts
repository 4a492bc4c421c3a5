/**
 * Who sits in front of this tab: an id and a name that a reload keeps. Each tab is a player of its own, so that two tabs
 * can play each other; somebody else's device is one anyway.
 */
import type { Player } from './systems.ts'

const USER = 'game/user'
const NAME = 'game/name'

export function playerOfTab(): Player {
  const user = sessionStorage.getItem(USER) ?? crypto.randomUUID()
  const name = sessionStorage.getItem(NAME) ?? someName()
  sessionStorage.setItem(USER, user)
  sessionStorage.setItem(NAME, name)
  return { user, name }
}

export function rememberName(name: string): void {
  sessionStorage.setItem(NAME, name)
}

const FIRST = ['Amber', 'Brisk', 'Calm', 'Clever', 'Gentle', 'Lucky', 'Merry', 'Quiet', 'Swift', 'Sunny', 'Witty', 'Bold']
const SECOND = ['Badger', 'Crane', 'Finch', 'Fox', 'Hare', 'Heron', 'Lynx', 'Otter', 'Owl', 'Robin', 'Seal', 'Wren']

function someName(): string {
  const one = (names: readonly string[]) => names[Math.floor(Math.random() * names.length)]!
  return `${one(FIRST)} ${one(SECOND)}`
}
