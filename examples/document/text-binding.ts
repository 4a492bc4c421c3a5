/** Ties a text field to a shared text: what is typed goes out, what others do comes in, and the selection stays where it was. */
import type { ChangeSource, SharedText } from './shared-text.ts'
import { changeBetween, moveOffset, type TextChange } from './text-change.ts'

/** The part of a `<textarea>` that is used here. */
export interface TextField {
  value: string
  readonly selectionStart: number
  readonly selectionEnd: number
  readonly selectionDirection: 'forward' | 'backward' | 'none' | null
  setSelectionRange(start: number, end: number, direction?: 'forward' | 'backward' | 'none'): void
}

/**
 * Invariant: between events, the field and the text are the same. That is why what others do waits while an input method
 * composes a character: the field must not be touched then, and places in it would no longer be places in the text.
 */
export class TextBinding {
  readonly #text: SharedText
  readonly #field: TextField
  readonly #stop: () => void

  constructor(text: SharedText, field: TextField) {
    this.#text = text
    this.#field = field
    field.value = text.value
    this.#stop = text.listen((changes, source) => this.#follow(changes, source))
  }

  /** To be called when the user has changed the field. */
  fieldChanged(): void {
    const change = changeBetween(this.#text.value, this.#field.value, this.#field.selectionEnd)
    if (change !== undefined) this.#text.change(change)
  }

  compositionStarted(): void {
    this.#text.pause()
  }

  compositionEnded(): void {
    this.fieldChanged()
    this.#text.resume()
  }

  destroy(): void {
    this.#stop()
    this.#text.resume()
  }

  #follow(changes: readonly TextChange[], source: ChangeSource): void {
    if (source === 'field') return
    const { selectionStart, selectionEnd, selectionDirection } = this.#field
    const move = (offset: number) => changes.reduce(moveOffset, offset)
    let [start, end] = [move(selectionStart), move(selectionEnd)]
    const last = changes.at(-1)
    // What is undone is what the user looks at next.
    if (source === 'undo' && last !== undefined) start = end = last.at + last.inserted.length
    this.#field.value = this.#text.value
    this.#field.setSelectionRange(start, end, selectionDirection ?? 'none')
  }
}
