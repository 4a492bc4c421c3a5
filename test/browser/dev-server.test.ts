/** Vite's dev server serves modules one by one, unbundled: worker and page come up there as well, on the first visit too. */
import { mkdtempSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { createServer } from 'vite'
import { expect, onTestFinished, test } from 'vitest'
import { startDevice } from './harness/chromium.ts'
import { addTask, untilTasks } from './harness/task-page.ts'

test('in Vite’s dev server two tabs share a module SharedWorker, and a reload has what was there', async () => {
  const url = await startDevServer()
  const device = await startDevice()
  const [one] = await device.openTabs(`${url}?sync=off`)
  await one!.getByRole('heading', { name: 'A clear desk' }).waitFor()
  await addTask(one!, 'in development')
  const [two] = await device.openTabs(`${url}?sync=off`)
  await untilTasks(two!, ['in development'])
  await addTask(two!, 'from another tab')
  await untilTasks(one!, ['from another tab', 'in development'])
  await one!.reload()
  await untilTasks(one!, ['from another tab', 'in development'])
  expect(await device.killSharedWorkers()).toBe(1)
  await addTask(one!, 'in the next worker')
  await untilTasks(two!, ['in the next worker', 'from another tab', 'in development'])
  expect(device.errors).toEqual([])
})

/** As `vite` on the examples, with nothing prepared: dependencies are found and bundled on the first visit. */
async function startDevServer(): Promise<string> {
  const cacheDir = mkdtempSync(`${tmpdir()}/homeroom-vite-`)
  const server = await createServer({
    configFile: fileURLToPath(new URL('../../vite.config.ts', import.meta.url)),
    cacheDir,
    logLevel: 'warn',
    server: { host: '127.0.0.1', port: 46_100, strictPort: false },
  })
  onTestFinished(async () => {
    await server.close()
    await rm(cacheDir, { recursive: true, force: true })
  })
  await server.listen()
  return `http://localhost:${(server.httpServer!.address() as AddressInfo).port}/`
}
