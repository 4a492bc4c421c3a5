/** The page of examples/tasks as tests use it: by the names that a person reads or hears. */
import type { Page } from 'playwright-core'
import { expect } from 'vitest'

/** By their texts, as shown from top to bottom. */
export async function tasksOn(page: Page): Promise<string[]> {
  const rows = page.getByRole('list', { name: 'Tasks' }).locator('[data-row]')
  const texts = await rows.evaluateAll((all) =>
    all
      .toSorted((a, b) => Number(a.getAttribute('aria-posinset')) - Number(b.getAttribute('aria-posinset')))
      .map((row) => row.querySelector('.text')?.textContent?.trim() ?? ''),
  )
  return texts
}

/** Waits until the page shows these tasks, in this order. */
export async function untilTasks(page: Page, texts: readonly string[]): Promise<void> {
  await expect.poll(() => tasksOn(page), { timeout: 40_000, interval: 20 }).toEqual(texts)
}

export async function addTask(page: Page, text: string): Promise<void> {
  await page.getByLabel('New task').fill(text)
  await page.getByLabel('New task').press('Enter')
  await page.getByRole('checkbox', { name: text }).waitFor()
}

/** Chooses a file in the dialog that the Import button opens. */
export async function importFile(page: Page, name: string, content: string | Uint8Array): Promise<void> {
  await page.getByLabel('todo.txt file').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(content) })
}

/** Drops a file on the window. */
export async function dropFile(page: Page, name: string, content: string): Promise<void> {
  await page.evaluate(
    ([name, content]) => {
      const dataTransfer = new DataTransfer()
      dataTransfer.items.add(new File([content], name))
      for (const type of ['dragenter', 'dragover', 'drop'])
        document.body.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }))
    },
    [name, content] as const,
  )
}

/** The row of a task. */
export function rowOf(page: Page, text: string): ReturnType<Page['locator']> {
  return page.locator('[data-row]').filter({ hasText: text })
}

/** What has focus, by the row it is in and its name. */
export function focused(page: Page): Promise<string> {
  return page.evaluate(() => {
    const element = document.activeElement
    const row = element?.closest('[data-row]')?.querySelector('.text')?.textContent?.trim()
    const name = element?.getAttribute('data-control') ?? element?.getAttribute('aria-label') ?? element?.tagName ?? ''
    return row === undefined ? name : `${name} of ${row}`
  })
}
