/** Which socket speaks for a device, and whose device it is (rule Y2: a newer session ends the older ones). */

interface Device {
  readonly subject: string
  session: number
  /** Ends the socket that speaks for the device; absent while none does. */
  end: (() => void) | undefined
}

/** Devices without a socket that are remembered, so that a frame that was long on its way does not revive an old session. */
const MAX_REMEMBERED = 100_000

export class Devices {
  readonly #byKey = new Map<string, Device>()
  readonly #socketsBySubject = new Map<string, number>()
  readonly #maxPerSubject: number

  constructor(maxSocketsPerSubject: number) {
    this.#maxPerSubject = maxSocketsPerSubject
  }

  /**
   * Makes a socket the one that speaks for the device, and ends the one that did.
   * @param key the device with its namespace
   * @param end called when a newer session comes
   * @returns `older` where a newer session is known, `foreign` where another subject's device has this id
   */
  claim(
    key: string,
    { session, subject, end }: { session: number; subject: string; end: () => void },
  ): 'claimed' | 'older' | 'foreign' | 'too-many' {
    const device = this.#byKey.get(key)
    if (device !== undefined && device.subject !== subject) return 'foreign'
    if (device !== undefined && session <= device.session) return 'older'
    const endOlder = device?.end
    if (endOlder === undefined && this.#socketsOf(subject) >= this.#maxPerSubject) return 'too-many'
    this.#byKey.delete(key)
    this.#byKey.set(key, { subject, session, end })
    if (endOlder === undefined) this.#socketsBySubject.set(subject, this.#socketsOf(subject) + 1)
    endOlder?.()
    this.#forgetOldest()
    return 'claimed'
  }

  /** The socket of this session has ended. */
  release(key: string, session: number): void {
    const device = this.#byKey.get(key)
    if (device?.end === undefined || device.session !== session) return
    device.end = undefined
    const sockets = this.#socketsOf(device.subject) - 1
    if (sockets > 0) this.#socketsBySubject.set(device.subject, sockets)
    else this.#socketsBySubject.delete(device.subject)
  }

  #socketsOf(subject: string): number {
    return this.#socketsBySubject.get(subject) ?? 0
  }

  #forgetOldest(): void {
    if (this.#byKey.size <= MAX_REMEMBERED) return
    for (const [key, { end }] of this.#byKey) {
      if (end !== undefined) continue
      this.#byKey.delete(key)
      return
    }
  }
}
