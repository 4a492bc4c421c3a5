/** The README's first example, copied out of it, in a browser. */
import { expect, onTestFinished, test } from 'vitest'
import { writeReadmeApp } from '../readme.ts'
import { serveApp } from './harness/bundles.ts'
import { startDevice } from './harness/chromium.ts'

test('the README’s first example shows the same tasks in two tabs, and after a reload', async () => {
  const served = await serveApp(writeReadmeApp('readme-app'))
  onTestFinished(() => served.close())
  const device = await startDevice()
  const [one, two] = await device.openTabs(served.url, 2)
  const titles = () => two!.getByRole('listitem').allTextContents()
  // The list is empty, and so has no height: it is clicked as an element, not at a point.
  await one!.locator('ul').dispatchEvent('click')
  await two!.getByRole('listitem').first().waitFor()
  expect(await titles()).toEqual(['x'])
  await one!.locator('ul').dispatchEvent('click')
  await two!.getByRole('listitem').nth(1).waitFor()
  await two!.reload()
  await two!.getByRole('listitem').nth(1).waitFor()
  expect(await titles()).toEqual(['x', 'x'])
  expect(device.errors).toEqual([])
})
