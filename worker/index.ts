/** `serve`: the worker's composition root. Its ports are the SharedWorker's connections, or a dedicated worker itself. */
import { HomeroomError } from '../lib/protocol/errors.ts'
import { browserEnvironment, type BrowserOptions } from './browser/environment.ts'
import { Host, type HostOptions } from './host/host.ts'

export type { HostOptions, SyncOptions } from './host/host.ts'

export interface ServeOptions extends HostOptions, BrowserOptions {}

/**
 * Serves an app's systems to its tabs. Call it once, at the top of the worker's script:
 *
 *     import { serve } from 'homeroom/worker'
 *     import * as systems from './systems'
 *     serve({ app: 'tasks', systems })
 *
 * @throws HomeroomError `host/app-required`, `host/no-worker`, `system/reserved-name`, `system/no-such-member`, `value/unsupported`
 */
export function serve(options: ServeOptions): void {
  const scope = globalThis as unknown as { onconnect?: unknown; postMessage?: unknown; document?: unknown }
  if (scope.document !== undefined)
    throw new HomeroomError(
      'host/no-worker',
      'serve() was called in a page. Call it in the script of a SharedWorker, and give that to connect() in the page.',
    )
  const host = new Host(browserEnvironment(options), options)
  // Set in the first task of the script, so that no connection is missed.
  if ('onconnect' in globalThis)
    (globalThis as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = ({ ports }) => host.accept(ports[0] as MessagePort)
  else host.accept(globalThis as unknown as Worker)
}
