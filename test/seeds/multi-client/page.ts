/** One tab of somebody: `?system=CollaborativeDoc&user=ann`. A test reads fields and calls actions by these two. */
import { connect } from 'homeroom'
import { h, render } from 'preact'
import { ActiveUsers } from './active-users'

declare global {
  interface Window {
    read(field: string): unknown
    call(action: string, ...args: unknown[]): Promise<unknown>
  }
}

const workers: Record<string, () => SharedWorker> = {
  CollaborativeDoc: () => new SharedWorker(new URL('./collaborative-doc.worker.js', import.meta.url), { type: 'module' }),
  SharedCursors: () => new SharedWorker(new URL('./shared-cursors.worker.js', import.meta.url), { type: 'module' }),
  TurnBased: () => new SharedWorker(new URL('./turn-based.worker.js', import.meta.url), { type: 'module' }),
}

const params = new URLSearchParams(location.search)
const system = params.get('system') ?? ''
const home = connect(workers[system], { metadata: { userId: params.get('user') } })
await home.ready
const handle = home.system({ id: 'doc-123' }) as unknown as Record<string, { value: unknown } & ((...args: unknown[]) => Promise<unknown>)>
window.read = (field) => handle[field].value
window.call = (action, ...args) => handle[action](...args)
if (system === 'CollaborativeDoc') render(h(ActiveUsers, {}), document.body)
await home.system({ id: 'doc-123' }).$ready
document.documentElement.dataset.state = 'ready'
