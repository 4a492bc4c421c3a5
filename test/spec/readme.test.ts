/** The README's test of an app runs as printed. */
import { expect, test } from 'vitest'
import type { SystemHandle } from '../../lib/index.ts'
import type { AgenticSystem } from '../../lib/index.ts'
import type { World } from '../../testing/index.ts'
import { writeReadmeWorld } from '../readme.ts'

interface TaskManager extends AgenticSystem {
  tasks: { id: string; title: string; done: boolean }[]
  addTask(title: string): void
}

test('the README’s example of createWorld runs, and what was done offline is confirmed at its end', async () => {
  const { run } = (await import(/* @vite-ignore */ writeReadmeWorld('readme-world'))) as {
    run(): Promise<{ world: World; phone: SystemHandle<TaskManager> }>
  }
  const { world, phone } = await run()
  expect(phone.tasks.value.map(({ title }) => title)).toEqual(['offline'])
  const laptop = world.device('laptop').tab().system<TaskManager>({ id: 'p' })
  await laptop.$ready
  await world.clock.advance(1_000)
  expect(laptop.tasks.value).toEqual(phone.tasks.value)
  await world.close()
})
