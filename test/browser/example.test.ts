/** The tasks example as a user meets it: real tabs, a real worker, real devices and a real sync server. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serveExample, type Served } from './harness/bundles.ts'
import { screenshot, startDevice } from './harness/chromium.ts'
import { startProxy } from './harness/proxy.ts'
import { startSyncServer } from './harness/sync-server.ts'

let example: Served
beforeAll(async () => {
  example = await serveExample()
})
afterAll(() => example.close())

test('[F1] [F2] [H5] two tabs show the same board, and a killed browser comes back with it', async () => {
  const device = await startDevice()
  const [one, two] = await device.openTabs(`${example.url}?sync=off`, 2)
  await add(one!, 'Buy milk')
  await add(two!, 'Water the plants')
  await expectTasks(one!, ['Buy milk', 'Water the plants'])
  await expectTasks(two!, ['Buy milk', 'Water the plants'])
  await device.kill()
  await device.start()
  const [back] = await device.openTabs(`${example.url}?sync=off`)
  await expectTasks(back!, ['Buy milk', 'Water the plants'])
  expect(device.errors).toEqual([])
})

test('[Y1] [Y7] two devices merge what they did, one of them offline through a kill of its browser', async () => {
  const server = await startSyncServer()
  const network = await startProxy(server.port)
  const [desk, phone] = [await startDevice(), await startDevice()]
  const address = { desk: `${example.url}?sync=${server.url}tasks`, phone: `${example.url}?sync=${network.url}tasks` }
  const [onDesk] = await desk.openTabs(address.desk)
  const [onPhone] = await phone.openTabs(address.phone)
  await add(onDesk!, 'Buy milk')
  await expectTasks(onPhone!, ['Buy milk'])

  network.cut()
  await add(onPhone!, 'Call Mom')
  await add(onDesk!, 'Water the plants')
  await phone.kill()
  await phone.start()
  const [again] = await phone.openTabs(address.phone)
  await expectTasks(again!, ['Buy milk', 'Call Mom'])

  network.heal()
  await expectTasks(onDesk!, ['Buy milk', 'Water the plants', 'Call Mom'])
  await expectTasks(again!, ['Buy milk', 'Water the plants', 'Call Mom'])
  await screenshot(again!, 'example-two-devices')
})

async function add(page: Page, text: string): Promise<void> {
  await page.getByLabel('New task').fill(text)
  await page.getByRole('button', { name: 'Add task' }).click()
  await page.getByRole('checkbox', { name: text }).waitFor()
}

async function expectTasks(page: Page, texts: string[]): Promise<void> {
  const boxes = page.getByRole('list', { name: 'Tasks' }).getByRole('checkbox')
  const names = () =>
    boxes.evaluateAll((all) => all.map((box) => document.getElementById(box.getAttribute('aria-labelledby') ?? '')?.textContent?.trim()))
  await expect.poll(async () => (await names()).toSorted(), { timeout: 40_000 }).toEqual(texts.toSorted())
}
