/** The page. `?board=project-123` opens another board; `?sync=…` is explained in shared/sync.ts. */
import { connect, type Home } from 'homeroom'
import { useSystem } from 'homeroom/preact'
import { render } from 'preact'
import { NotStarted } from '../shared/not-started.tsx'
import { startSync, useSync } from '../shared/sync.ts'
import { useSignalValue } from '../shared/use-signal-value.ts'
import type { TaskBoard } from './systems.ts'
import { BoardPage } from './ui/board-page.tsx'

const APP = 'tasks'
const board = new URLSearchParams(location.search).get('board') || 'home'

const home = connect(() => new SharedWorker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'tasks' }))

function App({ home, board }: { home: Home; board: string }) {
  const { tasks, rounds, actions, status } = useSystem<TaskBoard>({ id: board })
  const sync = useSync(home, APP)
  const rejected = useSignalValue(home.rejected)
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
      sync={sync}
    />
  )
}

const root = document.querySelector('#app')!
try {
  await home.ready
  await startSync(home, APP)
  render(<App home={home} board={board} />, root)
} catch (error) {
  render(<NotStarted title="The board did not open" reason={error} kept="Your tasks are kept on this device." />, root)
}

/** `project-123` as a title: `Project 123`. */
function titleOf(board: string): string {
  const words = board.replace(/[-_]+/g, ' ').trim() || board
  return words.charAt(0).toUpperCase() + words.slice(1)
}
