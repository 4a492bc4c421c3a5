/**
 * The tasks example for people who use a keyboard or a screen reader, or see little: in each state of the page axe-core
 * finds nothing (names, roles, labels), all text stands out in both themes, and focus can be followed with the eyes.
 */
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Served, serveExample } from './harness/bundles.ts'
import { becomePhone, startDevice } from './harness/chromium.ts'
import { importFile, rowOf } from './harness/task-page.ts'

const axePath = createRequire(import.meta.url).resolve('axe-core/axe.min.js')

let example: Served
beforeAll(async () => {
  example = await serveExample()
})
afterAll(() => example.close())

test('in any state of the page axe-core finds nothing, and all text has a contrast of 4.5 in both themes', async () => {
  const device = await startDevice()
  const [page] = await device.openTabs(`${example.url}?sync=off`)
  const states: Record<string, () => Promise<unknown>> = {
    empty: () => page!.getByRole('heading', { name: 'A clear desk' }).waitFor(),
    'with tasks and a notice': async () => {
      await page!.getByRole('button', { name: 'Try with sample tasks' }).click()
      await rowOf(page!, 'Call Mom').waitFor()
    },
    filtered: async () => {
      await page!
        .getByRole('navigation')
        .getByRole('button', { name: /^\+Move/ })
        .click()
      await page!.getByLabel('Order').selectOption('Due day')
      await page!.getByRole('button', { name: 'Remove filter +Move' }).waitFor()
    },
    'with nothing to show': async () => {
      await page!.getByLabel('Search tasks').fill('nothing has this')
      await page!.getByRole('heading', { name: 'Nothing here' }).waitFor()
      await page!.getByRole('button', { name: 'Show all tasks' }).click()
    },
    'with a menu open': async () => {
      await page!.getByRole('button', { name: /^More for Call Mom/ }).click()
      await page!.getByRole('menu').waitFor()
    },
    editing: async () => {
      await page!.keyboard.press('Escape')
      await page!.keyboard.press('F2')
      await page!.getByRole('textbox', { name: 'Edit task' }).waitFor()
    },
    'with a problem and the sync panel': async () => {
      await page!.keyboard.press('Escape')
      await importFile(page!, 'empty.txt', '')
      await page!.getByRole('alert').waitFor()
      await page!.getByTestId('sync').click()
    },
    'on a phone': async () => {
      await page!.keyboard.press('Escape')
      await becomePhone(page!)
    },
  }
  let lowest: Contrast[] = []
  await page!.addScriptTag({ path: axePath })
  for (const [state, reach] of Object.entries(states)) {
    await reach()
    expect.soft(await violations(page!), state).toEqual([])
    for (const colorScheme of ['light', 'dark'] as const) {
      await page!.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      const contrasts = await contrastsOn(page!)
      lowest = [...lowest, ...contrasts].toSorted((a, b) => a.ratio - b.ratio).slice(0, 3)
      expect
        .soft(
          contrasts.filter(({ ratio }) => ratio < 4.5),
          `${state}, ${colorScheme}`,
        )
        .toEqual([])
    }
  }
  console.log(`Lowest contrasts: ${lowest.map(({ text, ratio }) => `${ratio.toFixed(2)} “${text}”`).join(', ')}`)
  expect(device.errors).toEqual([])
})

test('Tab reaches everything in the order it is read, each with a name and a focus that can be seen', async () => {
  const device = await startDevice()
  const [page] = await device.openTabs(`${example.url}?sync=off`)
  await page!.getByRole('button', { name: 'Try with sample tasks' }).click()
  await rowOf(page!, 'Call Mom').waitFor()
  await page!.getByRole('button', { name: 'Close notice' }).click()
  for (const colorScheme of ['light', 'dark'] as const) {
    await page!.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page!.getByRole('heading', { level: 1 }).click() // before everything that can have focus
    const stops: string[] = []
    for (;;) {
      await page!.keyboard.press('Tab')
      const stop = await nameOfFocus(page!)
      if (stop === undefined) break
      expect(stop.name, stop.html).not.toBe('')
      stops.push(stop.name)
      expect(await looksFocused(page!), `${stop.name} in ${colorScheme}`).toBe(true)
    }
    console.log(`Focus in ${colorScheme}: ${stops.join(' → ')}`)
    const landmarks = [
      'Import todo.txt',
      'Export todo.txt',
      'New task',
      'Add task',
      'Search tasks',
      'Clear done',
      '+Bike',
      'Count a round',
      'Keyboard',
    ]
    const at = landmarks.map((name) => stops.findIndex((stop) => stop.startsWith(name)))
    expect(at).toEqual(at.toSorted((a, b) => a - b))
    expect(at[0]).toBeGreaterThan(-1)
    expect(stops.filter((name) => name.startsWith('More for'))).toHaveLength(1) // one row of the list, arrows for the others
  }
  expect(device.errors).toEqual([])
})

/** What axe-core finds, one line each. */
function violations(page: Page): Promise<string[]> {
  return page.evaluate(async () => {
    interface Finding {
      id: string
      help: string
      nodes: { target: string[]; any: { message: string }[] }[]
    }
    const { axe } = window as unknown as { axe: { run(options: object): Promise<{ violations: Finding[] }> } }
    const found = await axe.run({ resultTypes: ['violations'] })
    return found.violations.flatMap(({ id, help, nodes }) =>
      nodes.map(({ target, any }) => `${id}: ${help}: ${target.join(' ')} ${any.map(({ message }) => message).join('; ')}`),
    )
  })
}

interface Contrast {
  readonly text: string
  readonly ratio: number
}

/** Of each text that can be seen, as WCAG 2 computes it, against the backgrounds that it stands on. */
function contrastsOn(page: Page): Promise<Contrast[]> {
  return page.evaluate(() => {
    type Color = readonly [red: number, green: number, blue: number, alpha: number]
    const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true })!
    /** Any CSS color, as the browser paints it. */
    const read = (css: string): Color => {
      context.clearRect(0, 0, 1, 1)
      context.fillStyle = css
      context.fillRect(0, 0, 1, 1)
      const [red, green, blue, alpha] = context.getImageData(0, 0, 1, 1).data
      return [red!, green!, blue!, alpha! / 255]
    }
    const over = (above: Color, below: Color): Color => {
      const mix = (i: 0 | 1 | 2): number => above[i] * above[3] + below[i] * (1 - above[3])
      return [mix(0), mix(1), mix(2), 1]
    }
    const luminance = (color: Color): number => {
      const [red, green, blue] = color
        .slice(0, 3)
        .map((part) => (part / 255 <= 0.03928 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4))
      return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
    }
    const behind = (element: Element | null): Color => {
      if (element === null) return read('Canvas')
      const color = read(getComputedStyle(element).backgroundColor)
      return color[3] === 1 ? color : over(color, behind(element.parentElement))
    }
    const contrastOf = (element: Element, color: string): number => {
      const below = behind(element)
      const [a, b] = [luminance(over(read(color), below)), luminance(below)]
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    }
    const isSeen = (element: Element): boolean =>
      element.checkVisibility({ opacityProperty: true, visibilityProperty: true }) &&
      element.closest('.visually-hidden, :disabled, [aria-disabled=true]') === null &&
      element.getBoundingClientRect().width > 1

    const found: Contrast[] = []
    for (const element of document.body.querySelectorAll('*')) {
      if (!isSeen(element)) continue
      const text = [...element.childNodes]
        .flatMap((node) => (node.nodeType === Node.TEXT_NODE ? [node.textContent?.trim() ?? ''] : []))
        .join(' ')
        .trim()
      if (text !== '') found.push({ text, ratio: contrastOf(element, getComputedStyle(element).color) })
      if (!element.matches('input:not([type=checkbox], [type=radio]), textarea, select')) continue
      const { value, placeholder } = element as HTMLInputElement
      found.push({ text: `value: ${value}`, ratio: contrastOf(element, getComputedStyle(element).color) })
      if (placeholder)
        found.push({ text: `placeholder: ${placeholder}`, ratio: contrastOf(element, getComputedStyle(element, '::placeholder').color) })
    }
    return found
  })
}

/** By its label, its text or its title; `undefined` when focus has left the page. */
function nameOfFocus(page: Page): Promise<{ name: string; html: string } | undefined> {
  return page.evaluate(() => {
    const element = document.activeElement as HTMLElement | null
    if (element === null || element === document.body) return undefined
    const labelledBy = element.getAttribute('aria-labelledby')
    const label = labelledBy === null ? undefined : document.getElementById(labelledBy)?.textContent
    const labels = (element as HTMLInputElement).labels
    const name = element.ariaLabel ?? label ?? labels?.[0]?.textContent ?? element.textContent ?? element.title
    return { name: name.trim(), html: element.outerHTML.slice(0, 200) }
  })
}

/** Whether what has focus looks different without it. */
async function looksFocused(page: Page): Promise<boolean> {
  const handle = await page.evaluateHandle(() => document.activeElement as HTMLElement)
  const box = await handle.evaluate((element) => {
    element.scrollIntoView({ block: 'nearest', behavior: 'instant' })
    // What stands for a control that is not seen itself.
    const shown = element.closest('.segment, .composer') ?? element
    const { x, y, width, height } = shown.getBoundingClientRect()
    return { x, y, width, height }
  })
  const clip = { x: Math.max(0, box.x - 6), y: Math.max(0, box.y - 6), width: box.width + 12, height: box.height + 12 }
  const withFocus = await page.screenshot({ clip })
  await handle.evaluate((element) => element.blur())
  const without = await page.screenshot({ clip })
  await handle.evaluate((element) => element.focus())
  return !withFocus.equals(without)
}
