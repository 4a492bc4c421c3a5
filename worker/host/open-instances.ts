/** The instances in memory: those that a tab has open, and those with something unsettled. */
import { HomeroomError } from '../../lib/protocol/errors.ts'
import type { DescribedSystem } from '../../lib/system/describe-system.ts'
import { Instance, type InstanceHost, type InstanceListener } from '../run/instance.ts'
import { instanceKey, type InstanceName } from '../store/store.ts'
import { InstancePresence, type InstancePresenceHost } from './presence.ts'
import type { Handle } from './session.ts'

export interface OpenInstance {
  readonly instance: Instance
  readonly handles: Set<Handle>
  readonly presence: InstancePresence
  /** Resolves when the instance has been read or created; rejects with the reason why it cannot be. */
  readonly ready: Promise<void>
  /** Whether tabs may have to be told anew what they can undo. */
  hasNewPast: boolean
}

export class OpenInstances {
  readonly #open = new Map<string, OpenInstance>()
  readonly #systems: ReadonlyMap<string, DescribedSystem>
  readonly #host: InstanceHost
  readonly #presence: InstancePresenceHost
  readonly #listen: (open: () => OpenInstance) => InstanceListener

  constructor(
    systems: ReadonlyMap<string, DescribedSystem>,
    host: InstanceHost,
    presence: InstancePresenceHost,
    listen: (open: () => OpenInstance) => InstanceListener,
  ) {
    this.#systems = systems
    this.#host = host
    this.#presence = presence
    this.#listen = listen
  }

  get all(): Iterable<OpenInstance> {
    return this.#open.values()
  }

  /** @throws HomeroomError `system/unknown` */
  get(name: InstanceName): OpenInstance {
    const key = instanceKey(name)
    const known = this.#open.get(key)
    if (known !== undefined) return known
    const instance = new Instance(
      this.#host,
      this.#systemNamed(name.system),
      name,
      this.#listen(() => open),
    )
    const open: OpenInstance = {
      instance,
      handles: new Set(),
      presence: new InstancePresence(this.#presence, () => open),
      ready: instance.open(),
      hasNewPast: false,
    }
    this.#open.set(key, open)
    open.ready.catch(() => this.#open.delete(key))
    return open
  }

  find(name: InstanceName): OpenInstance | undefined {
    return this.#open.get(instanceKey(name))
  }

  serves(system: string): boolean {
    return this.#systems.has(system)
  }

  /** Lets an instance leave memory that nobody has open and that has nothing left to do. Answers whether it did. */
  release({ instance, handles }: OpenInstance): boolean {
    if (handles.size > 0 || !instance.isAtRest || instance.rejected.length > 0) return false
    this.#host.journal.forget(instance.name)
    return this.#open.delete(instanceKey(instance.name))
  }

  #systemNamed(name: string): DescribedSystem {
    const system = this.#systems.get(name)
    if (system !== undefined) return system
    throw new HomeroomError(
      'system/unknown',
      `No system named ${JSON.stringify(name)} is served here; served are: ${[...this.#systems.keys()].join(', ') || 'none'}. Export it to serve({ systems }).`,
    )
  }
}
