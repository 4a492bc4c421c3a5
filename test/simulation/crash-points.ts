/** One failure at one I/O boundary of a fixed script, and whether the world recovers from it. */
import type { Device } from '../../testing/index.ts'
import { type Script, type Stage, stageOf } from './scripts.ts'

/** Announces a failure at the `k`-th boundary from now. @returns whether it has happened */
export type Announce = (stage: Stage, k: number) => () => boolean

export const FAILURES: Readonly<Record<string, Announce>> = {
  'the host of the first device dies before its k-th write': (stage, k) => dieAtWrite(stage, k, false),
  'the host of the first device dies after its k-th write': (stage, k) => dieAtWrite(stage, k, true),
  'the k-th write of the first device is refused': (stage, k) => {
    const { disk } = firstDevice(stage)
    stage.simulation.expectedErrors = new Set(['storage/quota'])
    disk.refuseAt(k)
    return () => !disk.isArmed
  },
  'the first device is killed at its k-th frame to the server': (stage, k) => atFrame(stage, k, true, () => killAndReturn(stage)),
  'the connection breaks at the k-th frame to the server': (stage, k) => atFrame(stage, k, true, () => undefined),
  'the connection breaks at the k-th frame from the server': (stage, k) => atFrame(stage, k, false, () => undefined),
  'the server dies before the k-th append': (stage, k) => dieAtAppend(stage, k, 'before'),
  'the server dies after the k-th append': (stage, k) => dieAtAppend(stage, k, 'after'),
}

/** Runs the script with a failure, and checks that the world recovers. @returns whether the failure has happened */
export async function survives(script: Script, announce: (stage: Stage) => () => boolean): Promise<boolean> {
  const stage = stageOf(script)
  const { simulation } = stage
  const hasHappened = announce(stage)
  try {
    await script.run(stage)
    const result = hasHappened()
    await simulation.recover()
    return result
  } finally {
    await simulation.world.close()
  }
}

function firstDevice(stage: Stage): Device {
  return stage.simulation.devices[0] as Device
}

function dieAtWrite(stage: Stage, count: number, after: boolean): () => boolean {
  const device = firstDevice(stage)
  device.crashAt({ count, after })
  return () => !device.disk.isArmed
}

/** The host dies at its `k`-th write, and the next one at its `j`-th. */
export function dieTwice(stage: Stage, k: number, j: number): () => boolean {
  const device = firstDevice(stage)
  device.crashAt({ count: k, after: k % 2 === 0 })
  const { written } = device.disk
  device.disk.written = (what) => {
    written(what)
    if (what !== 'claim' || device.disk.isArmed) return
    device.disk.written = written
    device.crashAt({ count: j, after: j % 2 === 0 })
  }
  return () => !device.disk.isArmed
}

/** Cuts the first device's connection at the k-th frame that goes this way. */
function atFrame(stage: Stage, k: number, toServer: boolean, strike: () => void): () => boolean {
  const { name } = firstDevice(stage)
  let left = k
  stage.simulation.onFrame = (frame) => {
    if (frame.device !== name || frame.toServer !== toServer || --left !== 0) return 'deliver'
    strike()
    return 'cut'
  }
  return () => left <= 0
}

function killAndReturn(stage: Stage): void {
  const device = firstDevice(stage)
  stage.simulation.killDevice(device)
  void device.restart()
}

function dieAtAppend(stage: Stage, k: number, when: 'before' | 'after'): () => boolean {
  const { server } = stage.simulation.world
  let left = k
  stage.simulation.truth.atAppend = (now) => {
    if (now !== when || --left !== 0) return undefined
    server.kill()
    return 'die'
  }
  return () => left <= 0
}
