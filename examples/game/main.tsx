/** The page. `?table=friends` opens another table; `?sync=…` is explained in shared/sync.ts. */
import { connect, type Home } from 'homeroom'
import { useSystem } from 'homeroom/preact'
import { render } from 'preact'
import { NotStarted } from '../shared/not-started.tsx'
import { startSync, useSync } from '../shared/sync.ts'
import { useSignalValue } from '../shared/use-signal-value.ts'
import { playerOfTab } from './player.ts'
import type { FourInARow } from './systems.ts'
import { GamePage } from './ui/game-page.tsx'

const APP = 'game'
const table = new URLSearchParams(location.search).get('table') || 'home'
const player = playerOfTab()

const home = connect(() => new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'game' }), {
  metadata: { ...player },
})

function App({ home }: { home: Home }) {
  const { seats, here, game, moves, resigned, results, actions, status } = useSystem<FourInARow>({ id: table })
  const sync = useSync(home, APP)
  const rejected = useSignalValue(home.rejected)
  return (
    <GamePage
      table={{ seats, here, game, moves, resigned, results }}
      user={player.user}
      actions={actions}
      isLoading={status === 'connecting'}
      rejected={rejected.filter((call) => call.instance === table)}
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
  render(<NotStarted title="The table did not open" reason={error} kept="Your games are kept on this device." />, root)
}
