/** The tasks example on two devices: live, offline, and when what one did cannot stand beside what the other did. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Served, serveExample } from './harness/bundles.ts'
import { type Device, screenshot, startDevice } from './harness/chromium.ts'
import { type Proxy, startProxy } from './harness/proxy.ts'
import { startSyncServer, type SyncServerProcess } from './harness/sync-server.ts'
import { addTask, rowOf, untilTasks } from './harness/task-page.ts'

let example: Served
beforeAll(async () => {
  example = await serveExample()
})
afterAll(() => example.close())

interface Two {
  readonly server: SyncServerProcess
  /** The phone's way to the server. */
  readonly network: Proxy
  readonly devices: readonly Device[]
  readonly desk: Page
  readonly phone: Page
}

async function openOnTwo(): Promise<Two> {
  const server = await startSyncServer()
  const network = await startProxy(server.port)
  const devices = await Promise.all([startDevice(), startDevice()])
  const [desk] = await devices[0].openTabs(`${example.url}?sync=${server.url}tasks`)
  const [phone] = await devices[1].openTabs(`${example.url}?sync=${network.url}tasks`)
  for (const page of [desk!, phone!]) await untilBadge(page, 'Synced')
  return { server, network, devices, desk: desk!, phone: phone! }
}

test('[Y1] changes show live on the other device, whatever they are', async () => {
  const { desk, phone, devices } = await openOnTwo()
  await addTask(desk, 'Buy milk')
  await untilTasks(phone, ['Buy milk'])
  await addTask(phone, 'Call Mom')
  await untilTasks(desk, ['Call Mom', 'Buy milk'])
  await desk.getByRole('checkbox', { name: 'Buy milk' }).check()
  await phone.getByRole('checkbox', { name: 'Buy milk', checked: true }).waitFor()
  await phone.getByRole('checkbox', { name: 'Call Mom' }).focus()
  await phone.keyboard.press('Alt+ArrowDown')
  await untilTasks(desk, ['Buy milk', 'Call Mom'])
  await desk.getByRole('checkbox', { name: 'Buy milk' }).focus()
  await desk.keyboard.press('Delete')
  await untilTasks(phone, ['Call Mom'])
  await desk.keyboard.press('Control+z')
  await untilTasks(phone, ['Buy milk', 'Call Mom'])
  for (const page of [desk, phone]) await untilBadge(page, 'Synced')
  for (const device of devices) expect(device.errors).toEqual([])
})

test('[Y7] [Y10] the badge says offline when the server is gone, counts what waits, and syncs when it is back', async () => {
  const { desk, phone, server } = await openOnTwo()
  await server.stop()
  for (const page of [desk, phone]) await untilBadge(page, 'Offline')
  await addTask(desk, 'on the desk')
  await untilBadge(desk, 'Offline · 1 waiting')
  await addTask(phone, 'on the phone')
  await addTask(phone, 'on the phone again')
  await untilBadge(phone, 'Offline · 2 waiting')
  await badgeOf(phone).click()
  await phone.getByText(/Everything is kept on this device; 2 changes wait/).waitFor()
  await screenshot(phone, 'offline-panel')
  await phone.keyboard.press('Escape')
  await server.start()
  for (const page of [desk, phone]) await untilBadge(page, 'Synced')
  const there = await desk.getByRole('list', { name: 'Tasks' }).getByRole('checkbox').count()
  expect(there).toBe(3)

  // Offline on purpose lasts over a reload, until it is ended on purpose.
  await badgeOf(phone).click()
  await phone.getByRole('button', { name: 'Work offline' }).click()
  await untilBadge(phone, 'Offline')
  await phone.reload()
  await untilBadge(phone, 'Offline')
  await addTask(phone, 'while away')
  await untilBadge(phone, 'Offline · 1 waiting')
  await badgeOf(phone).click()
  await phone.getByRole('button', { name: 'Sync again' }).click()
  await untilBadge(phone, 'Synced')
  await rowOf(desk, 'while away').waitFor()
})

test('[Y4] an edit of a task that the other device has deleted is shown as rejected, and can be taken up as a new task', async () => {
  const { desk, phone, network } = await openOnTwo()
  await addTask(desk, 'Buy milk')
  await addTask(desk, 'Call Mom')
  await untilTasks(phone, ['Call Mom', 'Buy milk'])
  network.cut()
  await untilBadge(phone, 'Offline')
  await rowOf(phone, 'Buy milk').locator('.text').click()
  await phone.getByRole('textbox', { name: 'Edit task' }).fill('Buy oat milk')
  await phone.keyboard.press('Enter')
  await untilTasks(phone, ['Call Mom', 'Buy oat milk'])
  await phone.getByRole('checkbox', { name: 'Call Mom' }).check()
  await desk.getByRole('checkbox', { name: 'Buy milk' }).focus()
  await desk.keyboard.press('Delete')
  await untilTasks(desk, ['Call Mom'])
  await untilBadge(desk, 'Synced')

  network.heal()
  const rejected = phone.getByTestId('rejected')
  await rejected.waitFor({ timeout: 40_000 })
  await untilTasks(phone, ['Call Mom'])
  expect(await rejected.textContent()).toMatch(/An edit could not be kept.*was deleted in the meantime.*Buy oat milk/)
  await desk.getByRole('checkbox', { name: 'Call Mom', checked: true }).waitFor() // what came after it still went
  for (const colorScheme of ['light', 'dark'] as const) {
    await phone.emulateMedia({ colorScheme })
    await screenshot(phone, `rejected-${colorScheme}`)
  }
  await phone.reload()
  await rejected.waitFor()
  await rejected.getByRole('button', { name: 'Try again' }).click() // still deleted
  await rejected.waitFor()
  await rejected.getByRole('button', { name: 'Add as a new task' }).click()
  await rejected.waitFor({ state: 'detached' })
  for (const page of [phone, desk]) await untilTasks(page, ['Buy oat milk', 'Call Mom'])
  await phone.reload()
  await untilTasks(phone, ['Buy oat milk', 'Call Mom'])
  expect(await rejected.count()).toBe(0)
})

function badgeOf(page: Page): ReturnType<Page['locator']> {
  return page.getByTestId('sync')
}

async function untilBadge(page: Page, label: string): Promise<void> {
  await badgeOf(page).getByText(label, { exact: true }).waitFor({ timeout: 40_000 })
}
