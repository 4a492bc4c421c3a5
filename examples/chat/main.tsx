/** The page. `?chat=ideas` opens another conversation; `?sync=…` is explained in shared/sync.ts. */
import { connect, type Home } from 'homeroom'
import { useSystem } from 'homeroom/preact'
import { render } from 'preact'
import { NotStarted } from '../shared/not-started.tsx'
import { startSync, useSync } from '../shared/sync.ts'
import { useSignalValue } from '../shared/use-signal-value.ts'
import type { Conversation } from './systems.ts'
import { ChatPage } from './ui/chat-page.tsx'

const APP = 'chat'
const chat = new URLSearchParams(location.search).get('chat') || 'home'

const home = connect(() => new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'chat' }))

function App({ home }: { home: Home }) {
  const { messages, actions, status } = useSystem<Conversation>({ id: chat })
  const sync = useSync(home, APP)
  const rejected = useSignalValue(home.rejected)
  return (
    <ChatPage
      messages={messages}
      actions={actions}
      isLoading={status === 'connecting'}
      rejected={rejected.filter((call) => call.instance === chat)}
      onDismiss={(id) => home.dismiss(id)}
      sync={sync}
    />
  )
}

const root = document.querySelector('#app')!
try {
  await home.ready
  await startSync(home, APP)
  render(<App home={home} />, root)
} catch (error) {
  render(<NotStarted title="The conversation did not open" reason={error} kept="What was said is kept on this device." />, root)
}
