/** Where a value stands in the state of an instance: the field first, then keys, indexes and Map keys. */

/** An object key (string), an array index (number), or a Map key or Set member (any primitive). */
export type Segment = string | number | boolean | bigint | null | undefined
export type Path = readonly Segment[]

/** Names that no object key may have: they reach prototypes in careless code, so they are refused everywhere. */
export const FORBIDDEN_KEYS: ReadonlySet<string> = new Set(['__proto__', 'constructor', 'prototype'])

/** A string that two segments share only when they are the same key: `1` and `'1'` differ. */
export function segmentKey(segment: Segment): string {
  return typeof segment === 'string' ? `s${segment}` : `${(typeof segment)[0]}${String(segment)}`
}

/** Whether `path` stands at `prefix` or below it. */
export function startsWith(path: Path, prefix: Path): boolean {
  if (prefix.length > path.length) return false
  for (let i = 0; i < prefix.length; i++) if (path[i] !== prefix[i]) return false
  return true
}

/** A path as a person writes it: `tasks[3].title`. */
export function formatPath(path: Path): string {
  let text = ''
  for (const segment of path) {
    if (typeof segment === 'string' && /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(segment)) text += text === '' ? segment : `.${segment}`
    else
      text += `[${typeof segment === 'string' ? JSON.stringify(segment) : typeof segment === 'bigint' ? `${segment}n` : String(segment)}]`
  }
  return text
}
