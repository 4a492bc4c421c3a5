/** todo.txt files in the tasks example: in by dialog, drop and paste, out by a download, and what is refused. */
import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { realLookingLines } from '../../examples/tasks/fixtures/real-looking-lines.ts'
import { oddityOf } from '../../examples/tasks/todo-txt.ts'
import { type Served, serveExample } from './harness/bundles.ts'
import { startDevice } from './harness/chromium.ts'
import { dropFile, importFile, tasksOn, untilTasks } from './harness/task-page.ts'

let example: Served
beforeAll(async () => {
  example = await serveExample()
})
afterAll(() => example.close())

test('5,000 lines of a todo.txt file are imported in one action within 2 s, the page stays responsive, and the export is the file again', async () => {
  const lines = realLookingLines(5000)
  const file = lines.map((line) => `${line}\n`).join('')
  const device = await startDevice()
  const [page] = await device.openTabs(`${example.url}?sync=ws://localhost:9/tasks`) // nobody is there: what is pending stays
  await page!.getByRole('heading', { name: 'A clear desk' }).waitFor()
  const before = await pendingOn(page!)

  const busy = await mainThreadTime(page!)
  const measured = measureImport(page!)
  await importFile(page!, 'todo.txt', file)
  const { took, longestGap, frames } = await measured
  const worked = (await busy()) * 1000
  console.log(
    `Import of 5,000 lines: ${took.toFixed(0)} ms to the notice, the page's thread at work for ${worked.toFixed(0)} of them; ${frames} frames meanwhile, longest gap between two ${longestGap.toFixed(0)} ms`,
  )
  expect(took).toBeLessThan(2000)
  // What the page itself does, in processor time; the gap counts other processes of this machine as well.
  expect(worked).toBeLessThan(400)
  expect(longestGap).toBeLessThan(1000)
  expect(await pendingOn(page!)).toBe(before + 1)
  expect(await page!.getByTestId('shown').textContent()).toContain('5,000 tasks')

  const odd = lines.filter((line) => oddityOf(line) !== undefined)
  expect(odd.length).toBeGreaterThan(20)
  await page!.getByText(`Imported 5,000 tasks, ${odd.length} unusual lines kept as text`).waitFor()
  expect(await exported(page!)).toBe(file)

  await page!.getByRole('button', { name: 'Undo' }).click()
  await page!.getByRole('heading', { name: 'A clear desk' }).waitFor()
  await dropFile(page!, 'todo.txt', file)
  await expect.poll(() => page!.getByTestId('shown').textContent(), { timeout: 5000 }).toContain('5,000 tasks')
  await page!.reload()
  await page!.getByTestId('shown').waitFor()
  expect(await exported(page!)).toBe(file)
  expect(device.errors.filter((error) => !error.includes('WebSocket'))).toEqual([])
})

test('a malformed line is kept as text, as it stands', async () => {
  const device = await startDevice()
  const [page] = await device.openTabs(`${example.url}?sync=off`)
  const lines = [
    'x',
    '(a) lower case',
    '2026-13-45 no such day',
    '(B)->no space',
    '  leading spaces',
    'trailing \t',
    'X 2026-01-02 capital',
    'naïve \ud83d\ude80 שלום',
    '\u0007bell',
  ]
  await importFile(page!, 'odd.txt', `\ufeff${lines.join('\r\n')}`)
  await untilTasks(
    page!,
    lines.map((line) => line.trim()),
  )
  expect(await exported(page!)).toBe(lines.map((line) => `${line}\n`).join(''))
})

test('what is pasted with line breaks becomes a task a line', async () => {
  const device = await startDevice()
  const [page] = await device.openTabs(`${example.url}?sync=off`)
  await page!.getByLabel('New task').evaluate((box) => {
    const clipboardData = new DataTransfer()
    clipboardData.setData('text/plain', 'one\ntwo\n\nthree')
    box.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  })
  await untilTasks(page!, ['one', 'two', 'three'])
})

const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

test('a file that is no text is refused with a message that says why, and nothing is imported', async () => {
  const device = await startDevice()
  const [page] = await device.openTabs(`${example.url}?sync=off`)
  await importFile(page!, 'kept.txt', 'kept')
  await untilTasks(page!, ['kept'])
  const files: [string, Uint8Array, RegExp][] = [
    ['photo.png', png, /It is a PNG image, not a list of tasks/],
    ['todo.txt', Buffer.from('\ufeffone\r\ntwo\r\n', 'utf16le'), /It is text in UTF-16.*Save it as UTF-8/],
    ['windows.txt', Buffer.from('Caf\u00e9\n', 'latin1'), /It is not UTF-8 text.*Save it as UTF-8/],
    ['core', Buffer.from([116, 0, 1, 2, 3, 4]), /It holds binary data, not plain text/],
    ['empty.txt', Buffer.from('\n \n'), /There is no line in it/],
    ['huge.txt', Buffer.alloc(6 * 1024 * 1024, 'a\n'), /It is 6\.0 MB; up to 5 MB can be imported at once/],
  ]
  for (const [name, content, why] of files) {
    await importFile(page!, name, content)
    const alert = page!.getByRole('alert').filter({ hasText: `“${name}” was not imported` })
    await alert.waitFor()
    expect(await alert.textContent()).toMatch(why)
    await alert.getByRole('button', { name: 'Dismiss' }).click()
    await alert.waitFor({ state: 'detached' })
  }
  expect(await tasksOn(page!)).toEqual(['kept'])
  expect(device.errors).toEqual([])
})

async function pendingOn(page: Page): Promise<number> {
  return Number(await page.getByTestId('sync').getAttribute('data-pending'))
}

/** From the choice of the file to the notice that it is imported; the longest time without a frame in between. */
function measureImport(page: Page): Promise<{ took: number; longestGap: number; frames: number }> {
  return page.evaluate(
    () =>
      new Promise((resolve) => {
        document.addEventListener(
          'change',
          () => {
            const start = performance.now()
            let [last, longestGap, frames] = [start, 0, 0]
            let end: number | undefined
            const look = (): void => {
              const now = performance.now()
              longestGap = Math.max(longestGap, now - last)
              last = now
              frames++
              if (end !== undefined) return resolve({ took: end - start, longestGap, frames })
              if (document.body.textContent.includes('Imported 5,000 tasks')) end = now
              requestAnimationFrame(look)
            }
            requestAnimationFrame(look)
          },
          { capture: true, once: true },
        )
      }),
  )
}

/** Answers how many seconds of processor time the page's thread has worked since. */
async function mainThreadTime(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page)
  await session.send('Performance.enable', { timeDomain: 'threadTicks' })
  const read = async (): Promise<number> => {
    const { metrics } = await session.send('Performance.getMetrics')
    return metrics.find(({ name }) => name === 'TaskDuration')!.value
  }
  const start = await read()
  return async () => (await read()) - start
}

/** What the Export button downloads. */
async function exported(page: Page): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Export todo.txt' }).click()])
  expect(download.suggestedFilename()).toBe('todo.txt')
  return readFile(await download.path(), 'utf8')
}
