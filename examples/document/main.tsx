/** The page. `?doc=travel-notes` opens another document; `?sync=…` is explained in shared/sync.ts. */
import { connect } from 'homeroom'
import { render } from 'preact'
import { NotStarted } from '../shared/not-started.tsx'
import { startSync } from '../shared/sync.ts'
import { DocumentPage } from './ui/document-page.tsx'

const APP = 'document'
const id = new URLSearchParams(location.search).get('doc') || 'welcome'

const home = connect(() => new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'document' }))

const root = document.querySelector('#app')!
try {
  await home.ready
  await startSync(home, APP)
  render(<DocumentPage home={home} app={APP} id={id} />, root)
} catch (error) {
  render(<NotStarted title="The document did not open" reason={error} kept="Your text is kept on this device." />, root)
}
