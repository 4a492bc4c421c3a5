/** How much of what a host does at once: bounds that a simulation makes small, so that rare paths become common. */
export interface HostLimits {
  /** Commits in one push. */
  readonly pushCommits: number
  /** Entries of an instance's journal after which a snapshot may take their place. */
  readonly journalEntries: number
  /** Characters of them, likewise; a large instance is not written anew before as much has come on top. */
  readonly journalChars: number
  /** Turns of a replay after which the loop gets to do something else. */
  readonly turnsPerSlice: number
}

export const DEFAULT_HOST_LIMITS: HostLimits = {
  pushCommits: 500,
  journalEntries: 256,
  journalChars: 64 * 1024,
  turnsPerSlice: 25,
}
