/** Ports on this machine. */
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const probe = createServer()
  await once(probe.listen(0), 'listening')
  const { port } = probe.address() as AddressInfo
  await new Promise((resolve) => probe.close(resolve))
  return port
}

/** Whether somebody listens there. */
export async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, 'localhost')
  const open = await new Promise<boolean>((resolve) => socket.once('connect', () => resolve(true)).once('error', () => resolve(false)))
  socket.destroy()
  return open
}
