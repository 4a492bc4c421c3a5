/** What all browsers of the harness have in common. Chromium's tabs can do more: they are Playwright's pages. */

export interface Tab {
  /** Runs a function in the page, with one argument that is plain data, and resolves with what it resolves with. */
  evaluate<R>(run: () => R | Promise<R>): Promise<R>
  evaluate<R, A>(run: (argument: A) => R | Promise<R>, argument: A): Promise<R>
  /** Resolves once the page has loaded again. */
  reload(): Promise<unknown>
  close(): Promise<unknown>
}

export interface AnyDevice {
  /** Opens `count` tabs of an address (one if left out), one after the other. */
  openTabs(url: string, count?: number): Promise<Tab[]>
  /** Kills the browser with all its processes (SIGKILL). */
  kill(): Promise<void>
}

/** A device whose store outlives its browser. */
export interface KeptDevice extends AnyDevice {
  /** The profile's folder: what the device has on disk. Removed when the test ends. */
  readonly profile: string
  /** Starts the browser again on the same profile, after `kill`. */
  start(): Promise<void>
}
