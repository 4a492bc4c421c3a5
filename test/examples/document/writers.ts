/** Writers at simulated tabs: each has a text field, bound to the shared text of a handle on the system. */
import type { Home, SystemHandle } from 'homeroom'
import { createWorld, type World } from 'homeroom/testing'
import { SharedText } from '../../../examples/document/shared-text.ts'
import { CollaborativeDoc } from '../../../examples/document/systems.ts'
import { TextBinding, type TextField } from '../../../examples/document/text-binding.ts'

/** A text field as browsers have it: a value that is set puts the selection at its end. */
export class FakeField implements TextField {
  #value = ''
  selectionStart = 0
  selectionEnd = 0
  selectionDirection: 'forward' | 'backward' | 'none' = 'none'

  get value(): string {
    return this.#value
  }
  set value(value: string) {
    this.#value = value
    this.setSelectionRange(value.length, value.length)
  }
  setSelectionRange(start: number, end: number): void {
    this.selectionStart = Math.min(start, this.#value.length)
    this.selectionEnd = Math.min(end, this.#value.length)
  }
  /** As a user does: what is selected gives way to `text`. */
  type(text: string, start = this.selectionStart, end = this.selectionEnd): void {
    this.value = this.#value.slice(0, start) + text + this.#value.slice(end)
    this.setSelectionRange(start + text.length, start + text.length)
  }
}

export interface Writer {
  readonly home: Home
  readonly doc: SystemHandle<CollaborativeDoc>
  readonly text: SharedText
  readonly field: FakeField
  readonly binding: TextBinding
  /** Replaces `start` to `end` (default: the selection) by `typed`. */
  type(typed: string, start?: number, end?: number): void
  /** Takes its tab's code with it when the tab is killed. */
  close(): void
}

export const documentWorld = (options: { seed?: number } = {}): World => createWorld({ systems: { CollaborativeDoc }, ...options })

let writers = 0

export async function openWriter(world: World, device: string, { name = device, compactAt = 20 } = {}): Promise<Writer> {
  const number = ++writers
  const home = world.device(device).tab({ metadata: { person: device, tab: `tab ${number}`, name, colour: 'moss' } })
  await home.ready
  const doc = home.system<CollaborativeDoc>({ id: 'draft' })
  await doc.$ready
  const field = new FakeField()
  const text = new SharedText({ compactAt, writer: number })
  const binding = new TextBinding(text, field)
  const detach = text.attach(doc)
  return {
    home,
    doc,
    text,
    field,
    binding,
    type(typed, start, end) {
      field.type(typed, start, end)
      binding.fieldChanged()
    },
    close() {
      detach()
      binding.destroy()
    },
  }
}
