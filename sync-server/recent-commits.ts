/** The last commits of a log, at hand for the devices that are nearly up to date; older ones are the engine's. */
import { commitKey, type Commit, type CommitKey, type LoggedCommit } from '../lib/protocol/commit.ts'

const MAX_COMMITS = 256
const MAX_CHARS = 1024 * 1024

interface Recent extends LoggedCommit {
  readonly text: string
}

export class RecentCommits {
  /** In log order: a Map keeps the order of its insertions. */
  readonly #byKey = new Map<string, Recent>()
  #first = 0
  #chars = 0

  add(offset: number, commit: Commit, text: string): void {
    if (this.#byKey.size === 0) this.#first = offset
    this.#byKey.set(commitKey(commit), { offset, commit, text })
    this.#chars += text.length
    while (this.#byKey.size > MAX_COMMITS || this.#chars > MAX_CHARS) this.#dropFirst()
  }

  find(key: CommitKey): LoggedCommit | undefined {
    const found = this.#byKey.get(commitKey(key))
    return found && { offset: found.offset, commit: found.commit }
  }

  /** Texts from offset `from` to the last; `undefined` where some of them are no longer here. */
  from(from: number): readonly string[] | undefined {
    if (this.#byKey.size === 0 || from < this.#first) return undefined
    return [...this.#byKey.values()].slice(from - this.#first).map(({ text }) => text)
  }

  #dropFirst(): void {
    const [key, { text }] = this.#byKey.entries().next().value as [string, Recent]
    this.#byKey.delete(key)
    this.#chars -= text.length
    this.#first += 1
  }
}
