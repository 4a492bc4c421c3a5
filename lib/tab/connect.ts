/** `connect`: the tab's composition root. */
import { HomeroomError } from '../protocol/errors.ts'
import { browserTab, type HostEndpoint } from './environment.ts'
import { TabHome } from './home.ts'
import type { ConnectOptions, Home } from './types.ts'

let firstHome: TabHome | undefined

/**
 * Connects this tab to the app's worker. The first call in a page makes the hooks' default home.
 *
 *     export const home = connect(() => new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module' }))
 *
 * @param worker makes the worker, now and again if it dies; a bare port is for tests, because it cannot be made anew
 */
export function connect(worker: (() => SharedWorker | Worker) | MessagePort, options: ConnectOptions = {}): Home {
  const home = new TabHome(browserTab, (onError) => toEndpoint(typeof worker === 'function' ? worker() : worker, onError), options)
  firstHome ??= home
  return home
}

/** The home that hooks use where no provider gives another. @throws HomeroomError `home/none` */
export function defaultHome(): TabHome {
  if (firstHome !== undefined) return firstHome
  throw new HomeroomError(
    'home/none',
    'A hook was used before connect() was called. Call connect() first, or wrap the components in <HomeProvider home={…}>.',
  )
}

/** A worker tells of a script that cannot be loaded, or that throws; with the message where there is one (Chromium 156). */
function toEndpoint(worker: SharedWorker | Worker | MessagePort, onError: (message: string) => void): HostEndpoint {
  if ('onerror' in worker)
    worker.addEventListener('error', (event) => onError((event as ErrorEvent).message || 'its script could not be loaded'))
  return 'port' in worker ? worker.port : worker
}
