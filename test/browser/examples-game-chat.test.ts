/** The examples of a game and of a chat as people meet them: real tabs, real workers, real devices, a real sync server. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { serveExample, type Served } from './harness/bundles.ts'
import { screenshot, startDevice } from './harness/chromium.ts'
import { startProxy } from './harness/proxy.ts'
import { startSyncServer } from './harness/sync-server.ts'

let examples: Served
beforeAll(async () => {
  examples = await serveExample()
})
afterAll(() => examples.close())

describe('game', () => {
  test('two tabs play and a third watches; what the rules refuse is said kindly and changes nothing', async () => {
    const device = await startDevice()
    const [red, yellow, watcher] = (await device.openTabs(`${examples.url}game/?sync=off`, 3)) as [Page, Page, Page]
    for (const tab of [red, yellow, watcher]) await expectPeople(tab, 3)
    await sit(red, 'Red')
    await sit(yellow, 'Yellow')

    await play(yellow, 4)
    expect(await noticeOf(yellow)).toMatch(/^It is .+’s turn\.$/)
    await play(watcher, 4)
    expect(await noticeOf(watcher)).toBe('You are watching, and only players can play. Both seats are taken.')
    for (const tab of [red, yellow, watcher]) await expectMoves(tab, [])

    const moves = [4, 4, 3, 5, 2, 6, 1]
    for (const [i, column] of moves.entries()) {
      await play(i % 2 === 0 ? red : yellow, column)
      for (const tab of [red, yellow, watcher]) await expectMoves(tab, moves.slice(0, i + 1))
    }
    await expect.poll(() => headlineOf(red)).toBe('You win')
    await expect.poll(() => headlineOf(watcher)).toMatch(/ wins$/)
    expect(await watcher.locator('.is-winning').count()).toBe(4)
    await screenshot(watcher, 'game-won')

    await yellow.getByRole('button', { name: 'New game' }).click()
    await expect.poll(() => headlineOf(yellow)).toBe('Your turn')
    await watcher.close()
    await expectPeople(red, 2)
    expect(device.errors).toEqual([])
  })

  test('[C1] [S3] a reload keeps the seat, and so does a killed worker', async () => {
    const device = await startDevice()
    const [red, yellow] = (await device.openTabs(`${examples.url}game/?sync=off`, 2)) as [Page, Page]
    await sit(red, 'Red')
    await sit(yellow, 'Yellow')
    await play(red, 1)
    await expectMoves(yellow, [1])
    expect(await device.killSharedWorkers()).toBe(1)
    await play(yellow, 2)
    await expectMoves(red, [1, 2])
    await red.reload()
    await expect.poll(() => headlineOf(red)).toBe('Your turn')
    await play(red, 3)
    await expectMoves(yellow, [1, 2, 3])
    await expectPeople(yellow, 2)
  })

  test('[Y1] [Y4] two devices race for a seat, one of them offline: one gets it, the other is told', async () => {
    const server = await startSyncServer()
    const network = await startProxy(server.port)
    const [desk, phone] = [await startDevice(), await startDevice()]
    const [onDesk] = (await desk.openTabs(`${examples.url}game/?sync=${server.url}game`)) as [Page]
    const [onPhone] = (await phone.openTabs(`${examples.url}game/?sync=${network.url}game`)) as [Page]
    for (const tab of [onDesk, onPhone]) await expectPeople(tab, 2)

    network.cut()
    await sit(onPhone, 'Red')
    await sit(onDesk, 'Red')
    network.heal()
    await onPhone.getByTestId('rejected').getByText('Somebody was faster at the Red seat').waitFor({ timeout: 40_000 })
    await screenshot(onPhone, 'game-lost-seat')
    await onPhone.getByRole('button', { name: 'All right' }).click()
    await sit(onPhone, 'Yellow')
    await expect.poll(() => headlineOf(onDesk), { timeout: 10_000 }).toBe('Your turn')
    await play(onDesk, 4)
    await expectMoves(onPhone, [4])
  })
})

describe('chat', () => {
  test('[F4] several tabs hear one answer live, a late one included; Stop ends it in all of them, and any can go on', async () => {
    const device = await startDevice()
    const [asking, other] = (await device.openTabs(`${examples.url}chat/?sync=off`, 2)) as [Page, Page]
    await asking.getByRole('button', { name: 'What happens if I stop you?' }).click()
    for (const tab of [asking, other]) await expectText(tab, /^Press Stop,/)
    const [late] = (await device.openTabs(`${examples.url}chat/?sync=off`)) as [Page]
    await expectText(late, /^Press Stop, and this/)
    expect(await statusOf(late)).toBe('streaming')
    await asking.getByRole('button', { name: 'Stop', exact: true }).click()
    for (const tab of [asking, other, late]) await tab.getByText('Stopped.').waitFor()
    const said = await Promise.all([asking, other, late].map(textOf))
    expect(new Set(said).size).toBe(1)
    expect(said[0]).not.toContain('let me go on')
    await screenshot(late, 'chat-stopped')

    await late.getByRole('button', { name: 'Go on' }).click()
    for (const tab of [asking, other, late]) await expectText(tab, /^Press Stop, and this tab calls .* you can let me go on\.$/)
    await expect.poll(() => statusOf(other)).toBe('done')
    expect(device.errors).toEqual([])
  })

  test('[S3] a worker killed in mid-answer: the answer is begun again, and is whole in the end', async () => {
    const device = await startDevice()
    const [asking, other] = (await device.openTabs(`${examples.url}chat/?sync=off`, 2)) as [Page, Page]
    await asking.getByLabel('Your question').fill('Please count')
    await asking.keyboard.press('Enter')
    await expectText(other, /1, 2, 3,/)
    expect(await device.killSharedWorkers()).toBe(1)
    for (const tab of [asking, other]) await expectText(tab, /^1, 2, 3, .* 39, 40\. There\.$/)
    await asking.reload()
    await expectText(asking, /There\.$/)
  })

  test('[Y3] another device gets the answer when it is whole', async () => {
    const server = await startSyncServer()
    const [desk, phone] = [await startDevice(), await startDevice()]
    const [onDesk] = (await desk.openTabs(`${examples.url}chat/?sync=${server.url}chat`)) as [Page]
    const [onPhone] = (await phone.openTabs(`${examples.url}chat/?sync=${server.url}chat`)) as [Page]
    await onDesk.getByRole('button', { name: 'Write a haiku' }).click()
    await expectText(onPhone, /letter by letter\.$/)
    expect(await onPhone.getByText('Write a haiku').count()).toBe(1)
  })
})

test.each(['light', 'dark'] as const)('pages have no accessibility faults that axe finds, in %s', async (colorScheme) => {
  const device = await startDevice()
  const [game] = (await device.openTabs(`${examples.url}game/?sync=off`)) as [Page]
  await game.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await sit(game, 'Red')
  expect(await faultsOf(game)).toEqual([])
  const [chat] = (await device.openTabs(`${examples.url}chat/?sync=off`)) as [Page]
  await chat.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
  await chat.getByRole('button', { name: 'Count to forty' }).click()
  await expectText(chat, /There\.$/)
  expect(await faultsOf(chat)).toEqual([])
})

test('each example leads to the others', async () => {
  const device = await startDevice()
  const [page] = (await device.openTabs(`${examples.url}?sync=off`)) as [Page]
  await page.getByRole('link', { name: 'Four in a row' }).click()
  await page.getByTestId('board').waitFor()
  await page.getByRole('link', { name: 'Chat' }).click()
  await page.getByRole('button', { name: 'Tell me a story' }).waitFor()
  expect(new URL(page.url()).search).toBe('?sync=off')
  await page.getByRole('link', { name: 'Tasks' }).click()
  await page.getByLabel('New task').waitFor()
})

async function sit(page: Page, side: 'Red' | 'Yellow'): Promise<void> {
  await page.getByRole('button', { name: `Sit here: ${side}` }).click()
  await page.getByText(`You play ${side.toLowerCase()}`).waitFor()
}

async function play(page: Page, column: number): Promise<void> {
  await page.getByRole('button', { name: `Column ${column}:` }).click()
}

async function noticeOf(page: Page): Promise<string | null> {
  return page.getByRole('status', { name: 'Notice' }).locator('p').textContent()
}

async function headlineOf(page: Page): Promise<string | null> {
  return page.getByTestId('headline').textContent()
}

async function expectMoves(page: Page, columns: readonly number[]): Promise<void> {
  const moves = () => page.getByRole('list', { name: 'Moves' }).getByRole('listitem').allTextContents()
  await expect.poll(async () => (await moves()).map((text) => Number(text.replace(/\D/g, ''))), { timeout: 20_000 }).toEqual(columns)
}

async function expectPeople(page: Page, count: number): Promise<void> {
  await expect.poll(() => page.locator('.people li').count(), { timeout: 20_000 }).toBe(count)
}

function textOf(page: Page): Promise<string> {
  return page.getByTestId('answer').last().locator('.prose').innerText()
}

function statusOf(page: Page): Promise<string | null> {
  return page.getByTestId('answer').last().getAttribute('data-status')
}

async function expectText(page: Page, text: RegExp): Promise<void> {
  await expect
    .poll(async () => ((await page.locator('.prose').count()) > 0 ? (await textOf(page)).replace(/\s+/g, ' ').trim() : ''), {
      timeout: 30_000,
    })
    .toMatch(text)
}

/** What axe finds wrong with the page, one line per fault. */
async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'))
  return page.evaluate(async () => {
    const axe = (globalThis as unknown as { axe: { run(): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }> } }).axe
    return (await axe.run()).violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 160)}`))
  })
}
