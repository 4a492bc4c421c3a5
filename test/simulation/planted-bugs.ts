/**
 * Bugs to be planted in the sources while they are loaded (`scripts/simulate.mjs --plant`): each one line, each a mistake
 * that somebody could make. The simulation must find every one of them; one that no longer fits its source says so.
 */

export interface PlantedBug {
  readonly name: string
  readonly file: string
  /** Stands once in the file. */
  readonly find: string
  readonly replace: string
  /** Whether it takes the crash points of the fixed scripts to show it; otherwise random lives do. */
  readonly byScripts?: true
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'a call is answered before it is stored',
    file: 'worker/store/journal.ts',
    find: 'this.#waiting.push({ line, records, resolve, reject })',
    replace: 'this.#waiting.push({ line, records, resolve, reject }); resolve()',
  },
  {
    name: 'a repeated call id is not recognised by the host',
    file: 'worker/run/instance.ts',
    find: 'const known = this.#ledger.outcomes.get(call.id)',
    replace: 'const known = undefined',
  },
  {
    name: 'what an action did before it threw is kept',
    file: 'worker/run/turn.ts',
    find: 'const returned: unknown = body(self, draft.root)',
    replace: 'let returned: unknown; try { returned = body(self, draft.root) } catch {}',
  },
  {
    name: 'the cursor at an opening is one too far',
    file: 'worker/run/instance.ts',
    find: '{ log: this.#ledger.log, offset: this.#ledger.head }',
    replace: '{ log: this.#ledger.log, offset: this.#ledger.head + 1 }',
  },
  {
    name: 'the store accepts an old epoch',
    file: 'worker/store/memory-store.ts',
    find: 'if (disk.epoch !== epoch) throw',
    replace: 'if (disk.epoch < epoch) throw',
  },
  {
    name: 'pushing goes on before what it stands on is stored',
    file: 'worker/run/instance.ts',
    find: 'this.isOutdated || this.#unstoredRecords > 0) return undefined',
    replace: 'this.isOutdated) return undefined',
    byScripts: true,
  },
  {
    name: 'unstored commits are pushed',
    file: 'worker/run/instance.ts',
    find: 'if (this.#unstored.has(commit.call) || this.#hidden.has(commit.call)',
    replace: 'if (this.#hidden.has(commit.call)',
  },
  {
    name: 'all commits are taken to be disjoint',
    file: 'worker/sync/rebase.ts',
    find: "return touches ? 'replay' : 'apply'",
    replace: "return 'apply'",
  },
  {
    name: 'the server knows no key again',
    file: 'sync-server/judge.ts',
    find: 'return n <= (boots.get(boot) ?? -1)',
    replace: 'return false',
  },
  {
    name: 'the server takes a push that is one commit behind',
    file: 'sync-server/judge.ts',
    find: "if (push.base < standing.head) return { kind: 'ahead' }",
    replace: "if (push.base < standing.head - 1) return { kind: 'ahead' }",
  },
  {
    name: 'the server confirms before the engine has appended',
    file: 'sync-server/instance-log.ts',
    find: 'const isAppended = await this.#context.engine.append(',
    replace: 'const isAppended = true; void this.#context.engine.append(',
  },
  {
    name: 'unanswered calls are not repeated on the next host',
    file: 'lib/tab/link.ts',
    find: 'if (toRepeat.length > 0) void control.submit(toRepeat)',
    replace: '',
  },
  {
    name: 'a call that throws on replay is confirmed',
    file: 'worker/run/instance.ts',
    find: 'if (error !== undefined) this.#reject(first, error)',
    replace: "if (error !== undefined) this.#keep({ kind: 'settled-empty', call })",
  },
  {
    name: 'a rejected call is not listed',
    file: 'worker/run/instance.ts',
    find: 'if (!isDerived(commit))\n      this.#list(',
    replace: 'if (isDerived(commit))\n      this.#list(',
  },
  {
    name: 'the adoption of a snapshot forgets what is pending',
    file: 'worker/run/ledger.ts',
    find: 'ledger.pending = open',
    replace: 'ledger.pending = []',
  },
  {
    name: 'a replay has a time of its own',
    file: 'worker/run/replay.ts',
    find: 'now: commit.at,',
    replace: 'now: commit.at + 1,',
  },
  {
    name: 'a replay has a seed of its own',
    file: 'worker/run/replay.ts',
    find: 'seed: commit.call,',
    replace: "seed: commit.call + ' again',",
  },
  {
    name: 'an entry of the journal takes the place of the last one',
    file: 'worker/store/journal.ts',
    find: 'line.seq++',
    replace: 'line.seq ||= 1',
  },
  {
    name: 'the fields of one commit change one after the other',
    file: 'lib/tab/replica.ts',
    find: 'batch(() => {',
    replace: ';((run: () => void) => run())(() => {',
  },
  {
    name: 'a device that was given the next turn keeps it for ever',
    file: 'sync-server/reserve.ts',
    find: 'this.#cancelTimer = this.#clock.setTimeout(() => this.#free(holder), this.#ms)',
    replace: '',
  },
]
