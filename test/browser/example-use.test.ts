/** The tasks example by keyboard, by pointer and by touch: what a person does all day. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Served, serveExample } from './harness/bundles.ts'
import { becomePhone, type Device, screenshot, startDevice } from './harness/chromium.ts'
import { addTask, focused, importFile, rowOf, tasksOn, untilTasks } from './harness/task-page.ts'

let example: Served
beforeAll(async () => {
  example = await serveExample()
})
afterAll(() => example.close())

async function openWith(tasks: readonly string[]): Promise<{ device: Device; page: Page }> {
  const device = await startDevice()
  const [page] = await device.openTabs(`${example.url}?sync=off`)
  await importFile(page!, 'todo.txt', tasks.join('\n'))
  await expect.poll(async () => (await tasksOn(page!)).length, { interval: 20 }).toBe(tasks.length)
  return { device, page: page! }
}

test('by keyboard alone: add, walk, complete, edit, move, delete, undo; focus is never lost', async () => {
  const { device, page } = await openWith(['one', 'two', 'three'])
  const { keyboard } = page
  await page.getByLabel('New task').focus()
  await keyboard.type('zero')
  await keyboard.press('Enter')
  await untilTasks(page, ['zero', 'one', 'two', 'three'])
  expect(await focused(page)).toBe('New task')
  expect(await page.getByLabel('New task').inputValue()).toBe('')

  await page.getByRole('checkbox', { name: 'zero' }).focus()
  await keyboard.press('ArrowDown')
  expect(await focused(page)).toBe('check of one')
  await keyboard.press('Space')
  await page.getByRole('checkbox', { name: 'one', checked: true }).waitFor()
  expect(await focused(page)).toBe('check of one')
  await keyboard.press('Space')
  await page.getByRole('checkbox', { name: 'one', checked: false }).waitFor()
  for (let i = 0; i < 5; i++) await keyboard.press('Space') // faster than the worker answers
  await page.getByRole('checkbox', { name: 'one', checked: true }).waitFor()
  await page.locator('.is-done').filter({ hasText: 'one' }).waitFor()
  await keyboard.press('Space')
  await page.locator('.is-done').waitFor({ state: 'detached' })

  await keyboard.press('F2')
  await page.getByRole('textbox', { name: 'Edit task' }).waitFor()
  await keyboard.type(' more')
  await keyboard.press('Enter')
  await untilTasks(page, ['zero', 'one more', 'two', 'three'])
  expect(await focused(page)).toBe('check of one more')
  await keyboard.press('Enter')
  await keyboard.type(' given up')
  await keyboard.press('Escape')
  await untilTasks(page, ['zero', 'one more', 'two', 'three'])
  await expect.poll(() => focused(page)).toBe('check of one more')

  await keyboard.press('Alt+ArrowDown')
  await untilTasks(page, ['zero', 'two', 'one more', 'three'])
  await expect.poll(() => focused(page)).toBe('check of one more')
  await keyboard.press('Alt+ArrowDown')
  await untilTasks(page, ['zero', 'two', 'three', 'one more'])
  await keyboard.press('Alt+ArrowDown') // it is the last
  await keyboard.press('Alt+ArrowUp')
  await untilTasks(page, ['zero', 'two', 'one more', 'three'])
  // Said once the move is stored, which is after it shows.
  await expect.poll(() => page.getByTestId('announcement').textContent()).toBe('Moved “one more” to 3 of 4')

  await keyboard.press('Delete')
  await untilTasks(page, ['zero', 'two', 'three'])
  await expect.poll(() => focused(page)).toBe('check of three')
  await keyboard.press('Control+z')
  await untilTasks(page, ['zero', 'two', 'one more', 'three'])
  await expect.poll(() => focused(page)).toBe('check of one more')
  await keyboard.press('Control+z')
  await untilTasks(page, ['zero', 'two', 'three', 'one more'])
  await keyboard.press('Home')
  expect(await focused(page)).toBe('check of zero')
  await keyboard.press('End')
  expect(await focused(page)).toBe('check of one more')
  expect(device.errors).toEqual([])
})

test('by pointer: complete, edit in place, delete and undo, drag to another place, and give up a drag', async () => {
  const { device, page } = await openWith(['one', 'two', 'three', 'four'])
  await page.getByRole('checkbox', { name: 'two' }).click()
  await page.getByRole('checkbox', { name: 'two', checked: true }).waitFor()

  await rowOf(page, 'three').locator('.text').click()
  await page.getByRole('textbox', { name: 'Edit task' }).fill('three and a half')
  await page.getByLabel('New task').click() // going elsewhere keeps it
  await untilTasks(page, ['one', 'two', 'three and a half', 'four'])

  await rowOf(page, 'one').hover()
  await page.getByRole('button', { name: 'Delete one' }).click()
  await untilTasks(page, ['two', 'three and a half', 'four'])
  await page.getByRole('status', { name: 'Notice' }).getByRole('button', { name: 'Undo' }).click()
  await untilTasks(page, ['one', 'two', 'three and a half', 'four'])

  await drag(page, 'four', 'one')
  await page.mouse.up()
  await untilTasks(page, ['four', 'one', 'two', 'three and a half'])
  await drag(page, 'four', 'two')
  await page.keyboard.press('Escape')
  await page.mouse.up()
  await page.reload()
  await untilTasks(page, ['four', 'one', 'two', 'three and a half'])
  expect(device.errors).toEqual([])
})

test('a row dragged while another tab deletes tasks lands where it was dropped, or stays', async () => {
  const { device, page } = await openWith(['one', 'two', 'three', 'four', 'five'])
  const [other] = await device.openTabs(`${example.url}?sync=off`)
  await untilTasks(other!, ['one', 'two', 'three', 'four', 'five'])
  await page.bringToFront()
  await drag(page, 'five', 'two')
  await deleteByMenu(other!, 'three')
  await untilTasks(other!, ['one', 'two', 'four', 'five'])
  await page.bringToFront()
  await page.mouse.up()
  await untilTasks(page, ['one', 'five', 'two', 'four'])

  await drag(page, 'four', 'one')
  await deleteByMenu(other!, 'four')
  await page.bringToFront()
  await page.mouse.up()
  await untilTasks(page, ['one', 'five', 'two'])
  expect(device.errors).toEqual([])
})

test('filters: open, done, a project, words, an order; kept over a reload, with counts that are true', async () => {
  const { device, page } = await openWith([
    '(B) Call Mom +Family @phone',
    'Buy milk @town',
    'x 2026-01-02 2026-01-01 Sow peas +Garden',
    '(A) Water plants +Garden',
    'Mow +Garden due:2026-03-01',
  ])
  const choose = (name: string) => page.getByRole('radio', { name }).check()
  await choose('Open')
  await untilTasks(page, ['Call Mom +Family @phone', 'Buy milk @town', 'Water plants +Garden', 'Mow +Garden'])
  await page.getByRole('navigation').getByRole('button', { name: '+Garden 2' }).click()
  await untilTasks(page, ['Water plants +Garden', 'Mow +Garden'])
  expect(await page.getByTestId('shown').textContent()).toBe('2 of 5 tasks')
  await choose('All')
  await untilTasks(page, ['Sow peas +Garden', 'Water plants +Garden', 'Mow +Garden'])
  await page.getByLabel('Order').selectOption('Due day')
  await untilTasks(page, ['Mow +Garden', 'Water plants +Garden', 'Sow peas +Garden'])
  await page.getByLabel('Search tasks').fill('wat')
  await untilTasks(page, ['Water plants +Garden'])
  await page.reload()
  await untilTasks(page, ['Water plants +Garden'])
  await page.getByRole('button', { name: 'Remove filter +Garden' }).click()
  await page.getByLabel('Search tasks').fill('')
  await page.getByLabel('Order').selectOption('My order')
  await choose('Done')
  await untilTasks(page, ['Sow peas +Garden'])
  await page.getByRole('button', { name: 'Clear done' }).click()
  await page.getByRole('heading', { name: 'Nothing here' }).waitFor()
  await page.getByRole('button', { name: 'Show all tasks' }).click()
  await untilTasks(page, ['Call Mom +Family @phone', 'Buy milk @town', 'Water plants +Garden', 'Mow +Garden'])
  await page.getByRole('button', { name: 'Undo' }).click()
  await untilTasks(page, ['Call Mom +Family @phone', 'Buy milk @town', 'Sow peas +Garden', 'Water plants +Garden', 'Mow +Garden'])
  expect(device.errors).toEqual([])
})

test('two tabs of one browser show each other’s tasks, filters stay each tab’s own', async () => {
  const { device, page } = await openWith(['one', 'two'])
  const [other] = await device.openTabs(`${example.url}?sync=off`)
  await untilTasks(other!, ['one', 'two'])
  await page.getByRole('radio', { name: 'Done' }).check()
  await addTask(other!, 'three')
  await other!.getByRole('checkbox', { name: 'one' }).check()
  await untilTasks(page, ['one'])
  await untilTasks(other!, ['three', 'one', 'two'])
  await page.getByRole('button', { name: 'Count a round' }).click()
  await other!.getByRole('status', { name: 'Focus rounds' }).getByText('1', { exact: true }).waitFor()
  expect(device.errors).toEqual([])
})

test('pictures: light and dark, wide and on a phone, and nothing wider than the window', async () => {
  const device = await startDevice()
  const [page] = await device.openTabs(`${example.url}?sync=off`)
  const inBothThemes = async (name: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page!.emulateMedia({ colorScheme })
      await screenshot(page!, `${name}-${colorScheme}`)
    }
    expect(await page!.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0)
  }
  await page!.getByRole('heading', { name: 'A clear desk' }).waitFor()
  await inBothThemes('empty-wide')
  await page!.getByRole('button', { name: 'Try with sample tasks' }).click()
  await rowOf(page!, 'Call Mom').waitFor()
  await page!.getByRole('button', { name: 'Close notice' }).click()
  for (const size of ['wide', 'phone']) {
    if (size === 'phone') await becomePhone(page!)
    await inBothThemes(`board-${size}`)
    await page!.getByRole('button', { name: /^More for Call Mom/ }).click()
    await page!.getByRole('menu').waitFor()
    await inBothThemes(`menu-${size}`)
    await page!.keyboard.press('Escape')
    await page!.keyboard.press('F2')
    await page!.getByRole('textbox', { name: 'Edit task' }).waitFor()
    await inBothThemes(`edit-${size}`)
    await page!.keyboard.press('Escape')
  }
  expect(device.errors).toEqual([])
})

/** Presses on the grip of one row and drags it to the place of another, without letting go. */
async function drag(page: Page, text: string, to: string): Promise<void> {
  await rowOf(page, text).hover()
  const grip = (await rowOf(page, text).getByTestId('grip').boundingBox())!
  const target = (await rowOf(page, to).boundingBox())!
  await page.mouse.move(grip.x + grip.width / 2, grip.y + grip.height / 2)
  await page.mouse.down()
  await page.mouse.move(grip.x + grip.width / 2, target.y + target.height / 2, { steps: 8 })
}

async function deleteByMenu(page: Page, text: string): Promise<void> {
  await page.bringToFront()
  await page.getByRole('button', { name: `More for ${text}` }).click()
  await page.getByRole('menuitem', { name: 'Delete' }).click()
}
