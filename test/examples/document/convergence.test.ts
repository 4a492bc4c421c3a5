/** The text binding as a whole: whatever several writers do, at several tabs and devices, they end up with one text. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { World } from 'homeroom/testing'
import { documentWorld, openWriter, type Writer } from './writers.ts'

const SEATS = ['laptop', 'laptop', 'phone', 'phone', 'tablet'] as const

type Step =
  | { readonly does: 'type'; readonly seat: number; readonly from: number; readonly to: number; readonly typed: string }
  | { readonly does: 'cut' | 'heal' | 'kill host' | 'reload' | 'compose' | 'undo' | 'redo'; readonly seat: number }
  | { readonly does: 'wait'; readonly ms: number }

const seat = fc.nat(SEATS.length - 1)
const typing: fc.Arbitrary<Step> = fc.record({
  does: fc.constant('type' as const),
  seat,
  from: fc.double({ min: 0, max: 1, noNaN: true }),
  to: fc.double({ min: 0, max: 1, noNaN: true }),
  typed: fc.string({ unit: fc.constantFrom('a', 'b', ' ', '\n', '😀', '😁', 'é'), maxLength: 4 }),
})
const event: fc.Arbitrary<Step> = fc.record({
  does: fc.constantFrom(
    'cut' as const,
    'heal' as const,
    'kill host' as const,
    'reload' as const,
    'compose' as const,
    'undo' as const,
    'redo' as const,
  ),
  seat,
})
const wait: fc.Arbitrary<Step> = fc.record({ does: fc.constant('wait' as const), ms: fc.constantFrom(0, 5, 100, 2_000) })
const steps = fc.array(fc.oneof({ weight: 6, arbitrary: typing }, { weight: 2, arbitrary: event }, { weight: 2, arbitrary: wait }), {
  maxLength: 60,
})

test('[Y1] [F1] random edits at five tabs of three devices, offline and online, converge, and nothing typed is left unsaved', async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.nat(1_000), async (steps, seed) => {
      const world = documentWorld({ seed })
      try {
        const writers = await Promise.all(SEATS.map((device) => openWriter(world, device, { compactAt: 4 })))
        for (const step of steps) await take(world, writers, step)
        for (const writer of writers) writer.binding.compositionEnded()
        for (const device of new Set(SEATS)) world.network.heal(device)
        await world.settle()
        await world.clock.advance(60_000)
        expect(new Set(writers.map((writer) => writer.field.value)).size).toBe(1)
        for (const writer of writers) {
          expect(writer.field.value).toBe(writer.text.value)
          expect(writer.field.value).not.toMatch(/\p{Surrogate}|\uFFFD/u)
          expect(writer.text.isUnsaved).toBe(false)
        }
        const late = await openWriter(world, 'laptop')
        expect(late.field.value).toBe(writers[0]!.field.value)
      } finally {
        await world.close()
      }
    }),
    { numRuns: 40 },
  )
}, 120_000)

async function take(world: World, writers: Writer[], step: Step): Promise<void> {
  if (step.does === 'wait') return world.clock.advance(step.ms)
  const writer = writers[step.seat]!
  const device = SEATS[step.seat]!
  switch (step.does) {
    case 'type': {
      const [start, end] = [placeIn(writer.field.value, step.from), placeIn(writer.field.value, step.to)].toSorted((a, b) => a - b)
      return writer.type(step.typed, start, end)
    }
    case 'cut':
      return world.network.cut(device)
    case 'heal':
      return world.network.heal(device)
    case 'kill host':
      return world.device(device).killHost()
    case 'reload': {
      // What was typed is stored first, as the page does when it goes.
      writer.binding.compositionEnded()
      await world.clock.advance(5_000)
      writer.close()
      world.device(device).killTab(writer.home)
      writers[step.seat] = await openWriter(world, device, { compactAt: 4 })
      return undefined
    }
    case 'compose':
      return writer.binding.compositionStarted()
    case 'undo':
      return writer.text.undo()
    case 'redo':
      return writer.text.redo()
  }
}

/** A place between two characters: a caret never stands inside one. */
function placeIn(text: string, share: number): number {
  const characters = Array.from(text)
  return characters.slice(0, Math.floor(share * (characters.length + 1))).join('').length
}
