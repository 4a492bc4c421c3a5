/**
 * The page. `?board=project-123` opens another board; `?sync=ws://host:port/tasks` names a sync server, `?sync=off`
 * none; without it, one is looked for on port 4437 of the host that served the page.
 */
import { connect, type Home } from 'homeroom'
import { useSystem } from 'homeroom/preact'
import { render } from 'preact'
import type { TaskBoard } from './systems.ts'
import { BoardPage } from './ui/board-page.tsx'
import { isPaused, usePaused } from './ui/use-paused.ts'
import { useSignalValue } from './ui/use-signal-value.ts'

const params = new URLSearchParams(location.search)
const board = params.get('board') || 'home'
const syncUrl = syncUrlFrom(params.get('sync'))

const home = connect(() => new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'tasks' }))

function App({ home, board }: { home: Home; board: string }) {
  const { tasks, rounds, actions, status } = useSystem<TaskBoard>({ id: board })
  const sync = useSignalValue(home.sync)
  const rejected = useSignalValue(home.rejected)
  const [paused, pause] = usePaused()
  const hostStatus = useSignalValue(home.status)
  return (
    <BoardPage
      title={titleOf(board)}
      tasks={tasks}
      rounds={rounds}
      actions={actions}
      isLoading={status === 'connecting'}
      rejected={rejected.filter((call) => call.instance === board)}
      onRetry={(id) => home.retry(id)}
      onDismiss={(id) => home.dismiss(id)}
      sync={{
        sync,
        status: hostStatus,
        url: syncUrl,
        isPaused: paused,
        onPause: (isPaused) => {
          pause(isPaused)
          if (isPaused) home.disconnectSync()
          else if (syncUrl !== undefined) home.connectSync(syncUrl)
        },
      }}
    />
  )
}

const root = document.querySelector('#app')!
try {
  await home.ready
  if (syncUrl !== undefined && !isPaused()) home.connectSync(syncUrl)
  render(<App home={home} board={board} />, root)
} catch (error) {
  render(<NotStarted reason={error instanceof Error ? error.message : String(error)} />, root)
}

function NotStarted({ reason }: { reason: string }) {
  return (
    <main class="not-started">
      <h1>The board did not open</h1>
      <p>{reason}</p>
      <p>Your tasks are kept on this device. Reloading the page usually helps.</p>
      <button type="button" class="button is-primary" onClick={() => location.reload()}>
        Reload
      </button>
    </main>
  )
}

function syncUrlFrom(param: string | null): string | undefined {
  if (param === 'off') return undefined
  return param || `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.hostname || 'localhost'}:4437/tasks`
}

/** `project-123` as a title: `Project 123`. */
function titleOf(board: string): string {
  const words = board.replace(/[-_]+/g, ' ').trim() || board
  return words.charAt(0).toUpperCase() + words.slice(1)
}
