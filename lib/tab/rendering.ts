/** What the hooks of all frameworks share: how a component that renders gets its handle. */
import { HomeroomError } from '../protocol/errors.ts'
import { defaultHome } from './connect.ts'
import type { SharedHandle, TabHome } from './home.ts'
import type { SystemOptions } from './types.ts'

/**
 * The handle that a component renders, on the home of its provider or the page's first.
 *
 * @throws a promise, for Suspense, until the host has said what it serves; then, if the handle cannot be opened, the reason
 */
export function handleToRender(home: TabHome | undefined, nameOrOptions: string | SystemOptions, options?: SystemOptions): SharedHandle {
  const shared = (home ?? defaultHome()).share(nameOrOptions, options)
  const { state } = shared
  if (state.shape === undefined) throw state.error.peek() ?? state.hello
  return shared
}

/** Why nothing but a fallback can be rendered here: a server has no worker, and no state. `undefined` in a page. */
export function whyNotHere(): HomeroomError | undefined {
  if (typeof window !== 'undefined') return undefined
  return new HomeroomError(
    'home/server',
    'A system was used in a component on a server, but its state lives in the browser. Put <Suspense fallback={…}> around the component: the server sends the fallback, the browser renders the rest.',
  )
}
