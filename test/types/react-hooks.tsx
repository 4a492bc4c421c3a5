/** @jsxImportSource react */
/** [A20] The example of the documentation as React compiles it. */
import { type AgenticSystem, type Home, type SystemView } from 'homeroom'
import { HomeProvider, useSystem } from 'homeroom/react'
import { memo, Suspense } from 'react'

interface TaskManager extends AgenticSystem {
  tasks: { id: string; title: string; done: boolean }[]
  addTask(title: string): void
}

function Tasks() {
  const { tasks, addTask } = useSystem<TaskManager>({ id: 'project-123' })
  return (
    <ul onClick={() => addTask('x')}>
      {tasks.map((task) => (
        <Task key={task.id} task={task} />
      ))}
    </ul>
  )
}

const Task = memo(({ task }: { task: SystemView<TaskManager>['tasks'][number] }) => <li>{task.title}</li>)

export function App({ home }: { home: Home }) {
  return (
    <HomeProvider home={home}>
      <Suspense fallback="loading">
        <Tasks />
      </Suspense>
    </HomeProvider>
  )
}
