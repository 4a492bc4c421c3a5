/** The document example as writers meet it: real tabs, real devices, a real sync server, and two who type at once. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { serveExample, type Served } from './harness/bundles.ts'
import { type Device, screenshot, startDevice } from './harness/chromium.ts'
import { startProxy } from './harness/proxy.ts'
import { startSyncServer } from './harness/sync-server.ts'

let example: Served
beforeAll(async () => {
  example = await serveExample()
})
afterAll(() => example.close())

test('[F1] [C1] [S3] two tabs type into one paragraph at once, through a killed worker and a killed browser; all letters are kept, carets go with their tabs', async () => {
  const device = await startDevice()
  const [one, two] = (await open(device, '?sync=off', 2)) as [Page, Page]
  await textOf(one).fill('The fox jumps.')
  await expectText(two, 'The fox jumps.')
  await caretAt(one, 4)
  await caretAt(two, 13)
  await Promise.all([one.keyboard.type('quick brown ', { delay: 5 }), two.keyboard.type(' very high', { delay: 5 })])
  for (const page of [one, two]) {
    await expectText(page, 'The quick brown fox jumps very high.')
    await expectCaret(page, 'You, other tab')
  }
  expect(await one.getByTestId('caret').getAttribute('data-at')).toBe('35')
  await expect.poll(() => one.getByTestId('count').innerText()).toBe('7 words')

  await pressUntil(one, 'Control+z', 'The fox jumps very high.')
  await expectText(two, 'The fox jumps very high.')
  await pressUntil(one, 'Control+Shift+z', 'The quick brown fox jumps very high.')
  await expectText(two, 'The quick brown fox jumps very high.')

  await one.getByLabel('Title').fill('On foxes')
  await expect.poll(() => two.getByLabel('Title').inputValue()).toBe('On foxes')
  await two.close()
  await expect.poll(() => one.getByTestId('caret').count()).toBe(0)

  expect(device.errors).toEqual([])

  await caretAt(one, 0)
  await one.keyboard.type('Once: ')
  await device.killSharedWorkers()
  await one.keyboard.type('the same. ')
  const [again] = await open(device, '?sync=off')
  await expectText(again!, 'Once: the same. The quick brown fox jumps very high.')

  await device.kill()
  await device.start()
  const [back] = await open(device, '?sync=off')
  await expectText(back!, 'Once: the same. The quick brown fox jumps very high.')
  await expect.poll(() => back!.getByTestId('caret').count()).toBe(0)
})

test('[Y1] two devices write in one paragraph while one is offline; names, carets and letters are all there when it is back', async () => {
  const server = await startSyncServer()
  const network = await startProxy(server.port)
  const [desk, phone] = [await startDevice(), await startDevice()]
  const [ada] = (await open(desk, `?sync=${server.url}document`)) as [Page]
  const [grace] = (await open(phone, `?sync=${network.url}document`)) as [Page]
  await rename(ada, 'Ada Lovelace')
  await rename(grace, 'Grace Hopper')
  await textOf(ada).fill('The fox jumps.')
  await expectText(grace, 'The fox jumps.')
  await expect.poll(() => others(ada)).toEqual(['Find Grace Hopper in the text'])
  await expect.poll(() => others(grace)).toEqual(['Find Ada Lovelace in the text'])

  network.cut()
  await caretAt(ada, 4)
  await ada.keyboard.type('quick ')
  await caretAt(grace, 13)
  await grace.keyboard.type(' high')
  await expectText(grace, 'The fox jumps high.')
  expect(await textOf(ada).inputValue()).toBe('The quick fox jumps.')

  network.heal()
  for (const page of [ada, grace]) await expectText(page, 'The quick fox jumps high.')
  await expectCaret(ada, 'Grace Hopper')
  await expectCaret(grace, 'Ada Lovelace')
  await screenshot(ada, 'example-document')
  expect([...desk.errors, ...phone.errors.filter((error) => !error.includes('WebSocket'))]).toEqual([])
})

test.each(['light', 'dark'] as const)('axe finds nothing to mend, %s, with somebody else here and all panels open', async (colorScheme) => {
  const server = await startSyncServer()
  const [desk, phone] = [await startDevice(), await startDevice()]
  const [ada] = (await open(desk, `?sync=${server.url}document`)) as [Page]
  const [grace] = (await open(phone, `?sync=${server.url}document`)) as [Page]
  await ada.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await textOf(grace).fill('Seen by both.')
  await expectText(ada, 'Seen by both.')
  await expectCaret(ada, /\w+ \w+/)
  await ada.getByRole('button', { name: /^You are/ }).click()
  await ada.evaluate(axe.source)
  const faults = await ada.evaluate(async () => {
    const { axe } = window as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }
    const { violations } = await axe.run()
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)
  })
  expect(faults).toEqual([])
})

async function open(device: Device, query: string, count = 1): Promise<Page[]> {
  const pages = await device.openTabs(`${example.url}document/${query}`, count)
  for (const page of pages) await page.locator('.field:not([readonly])').waitFor()
  return pages
}

function textOf(page: Page) {
  return page.getByLabel('Text', { exact: true })
}

function caretAt(page: Page, offset: number): Promise<void> {
  return textOf(page).evaluate((field: HTMLTextAreaElement, offset) => {
    field.focus()
    field.setSelectionRange(offset, offset)
  }, offset)
}

/** On a slow machine what was typed in one go has pauses in it, and is undone piece by piece. */
async function pressUntil(page: Page, key: string, text: string): Promise<void> {
  for (let pressed = 0; pressed < 12 && (await textOf(page).inputValue()) !== text; pressed++) await page.keyboard.press(key)
  await expectText(page, text)
}

async function expectText(page: Page, text: string): Promise<void> {
  await expect.poll(() => textOf(page).inputValue(), { timeout: 40_000 }).toBe(text)
}

async function expectCaret(page: Page, name: string | RegExp): Promise<void> {
  await expect.poll(() => page.getByTestId('caret').allTextContents(), { timeout: 20_000 }).toEqual([expect.stringMatching(name)])
}

async function rename(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: /^You are/ }).click()
  await page.getByLabel('Your name').fill(name)
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: `You are ${name}` }).waitFor()
}

function others(page: Page): Promise<string[]> {
  return page.getByTestId('others').locator('.visually-hidden').allTextContents()
}
