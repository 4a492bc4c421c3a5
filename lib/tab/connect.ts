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
  const home = new TabHome(browserTab, () => toEndpoint(typeof worker === 'function' ? worker() : worker), options)
  firstHome ??= home
  return home
}

/** The home that hooks use where no provider gives another. @throws HomeroomError `home/none` */
export function defaultHome(): TabHome {
  if (firstHome !== undefined) return firstHome
  throw new HomeroomError('home/none', 'A hook was used before connect() was called. Call connect() first, or wrap the components in <HomeProvider home={…}>.')
}

function toEndpoint(worker: SharedWorker | Worker | MessagePort): HostEndpoint {
  return 'port' in worker ? worker.port : worker
}
