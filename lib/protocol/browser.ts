/** The browser's clock, locks and chance, for the two composition roots that run in it: the tab's and the worker's. */
import type { Clock, Locks } from './environment.ts'

export const browserClock: Clock = {
  now: () => Date.now(),
  setTimeout(callback, ms) {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  },
}

/** Web Locks: the browser frees them when their context dies, however it dies. */
export const browserLocks: Locks = {
  hold: (name) =>
    new Promise((resolve, reject) => {
      navigator.locks.request(name, () => new Promise<void>((release) => resolve(release))).catch(reject)
    }),
  isHeld: async (name) => ((await navigator.locks.query()).held ?? []).some((lock) => lock.name === name),
  whenFree: (name, signal) => navigator.locks.request(name, { signal }, () => undefined),
}

/** 128 random bits as base64url. */
export function browserRandomId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replace(/=+$/, '')
}
