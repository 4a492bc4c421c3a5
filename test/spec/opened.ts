/** Short cuts of the spec tests: a handle that is ready, and ways to look at what crossed the network. */
import { decode } from '../../lib/protocol/wire.ts'
import type { ClientMessage, ServerMessage } from '../../lib/protocol/sync-messages.ts'
import type { AgenticSystem } from '../../lib/index.ts'
import type { Home, SystemHandle } from '../../lib/tab/types.ts'
import type { Device, World } from '../../testing/index.ts'

export interface Opened<S> {
  readonly home: Home
  readonly handle: SystemHandle<S>
}

/** A new tab of the device with a handle on an instance, ready. The system is the world's only one unless named. */
export async function opened<S extends AgenticSystem>(device: Device, id = 'x', system?: string): Promise<Opened<S>> {
  const home = device.tab()
  const handle = system === undefined ? home.system<S>({ id }) : home.system<S>(system, { id })
  await handle.$ready
  return { home, handle }
}

export interface SeenFrame {
  readonly device: string
  readonly toServer: boolean
  readonly message: ClientMessage | ServerMessage
}

/** Everything that crosses the network from now on. */
export function watchNetwork(world: World): SeenFrame[] {
  const frames: SeenFrame[] = []
  world.network.filter = ({ device, toServer, text }) => {
    frames.push({ device, toServer, message: decode(text) as ClientMessage | ServerMessage })
    return 'deliver'
  }
  return frames
}

/** Breaks the connection at the next frame of that type, which does not arrive. Answers whether that has happened. */
export function cutAt(world: World, type: (ClientMessage | ServerMessage)['type'], device?: string): () => boolean {
  let isCut = false
  world.network.filter = (frame) => {
    if (isCut || (device !== undefined && frame.device !== device)) return 'deliver'
    isCut = (decode(frame.text) as { type: string }).type === type
    return isCut ? 'cut' : 'deliver'
  }
  return () => isCut
}

/** The error that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<Error & { code?: string }> {
  try {
    await promise
  } catch (error) {
    return error as Error & { code?: string }
  }
  throw new Error('The promise has resolved, but was to reject.')
}
