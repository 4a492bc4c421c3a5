/** One instance open on one socket: the session's side of a room's member. */
import type { Right } from './auth.ts'
import type { InstanceIdentity } from './instance-log.ts'
import type { Outbox } from './outbox.ts'
import type { Member, Room } from './room.ts'

export class Subscription implements Member {
  readonly identity: InstanceIdentity
  readonly device: string
  readonly #outbox: Outbox
  right: Exclude<Right, 'none'> = 'read'
  /** Absent until the right is known. */
  room: Room | undefined
  #isLive = true

  constructor(identity: InstanceIdentity, device: string, outbox: Outbox) {
    this.identity = identity
    this.device = device
    this.#outbox = outbox
  }

  get isLive(): boolean {
    return this.#isLive
  }

  get isOpen(): boolean {
    return this.room?.hasOpened(this) === true
  }

  send(text: string): void {
    if (this.#isLive) this.#outbox.send(text)
  }

  async drained(): Promise<boolean> {
    return (await this.#outbox.drained()) && this.#isLive
  }

  end(): void {
    this.#isLive = false
    this.room?.leave(this)
  }
}
