/**
 * Sync as the pages of all examples have it: `?sync=ws://host:port/app` names a server, `?sync=off` none; without it,
 * one is looked for on port 4437 of the host that served the page.
 */
import type { Home } from 'homeroom'
import type { SyncBadgeProps } from './sync-badge.tsx'
import { isPaused, usePaused } from './use-paused.ts'
import { useSignalValue } from './use-signal-value.ts'

/** Where the app's instances are merged with other devices, if anywhere. */
export function syncUrlOf(app: string, param = new URLSearchParams(location.search).get('sync')): string | undefined {
  if (param === 'off') return undefined
  return param || `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.hostname || 'localhost'}:4437/${app}`
}

/**
 * Begins to sync, unless somebody chose to work offline in this browser. Resolves once the worker knows, so that what is
 * opened afterwards is a part of what is synced from its beginning.
 */
export async function startSync(home: Home, app: string): Promise<void> {
  const url = syncUrlOf(app)
  if (url === undefined || isPaused(app)) return
  home.connectSync(url)
  await new Promise<void>((resolve) => {
    const stop = home.sync.subscribe(({ state, error }) => {
      if (state === 'off' && error === undefined) return
      resolve()
      queueMicrotask(() => stop())
    })
  })
}

/** What the sync badge shows and does. */
export function useSync(home: Home, app: string): SyncBadgeProps {
  const sync = useSignalValue(home.sync)
  const status = useSignalValue(home.status)
  const [paused, pause] = usePaused(app)
  const url = syncUrlOf(app)
  return {
    sync,
    status,
    url,
    isPaused: paused,
    onPause(isPaused) {
      pause(isPaused)
      if (isPaused) home.disconnectSync()
      else if (url !== undefined) home.connectSync(url)
    },
  }
}
