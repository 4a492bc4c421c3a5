import { AgenticSystem, action, field } from 'homeroom'
import type { Item } from '../../contender.ts'

export class Tally extends AgenticSystem {
  @field count = 0
  @field items: Record<string, Item> = {}

  @action() increment(): void {
    this.count++
  }

  @action() rename(id: string, title: string): void {
    ;(this.items[id] as { title: string }).title = title
  }

  @action() fill(items: readonly Item[]): void {
    for (const item of items) this.items[item.id] = item
  }
}
