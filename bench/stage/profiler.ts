/** CPU profiles of a device's shared workers, over the DevTools protocol: written to a file, and the longest printed. */
import { readFileSync, writeFileSync } from 'node:fs'
import { WebSocket } from 'ws'
import type { Device } from './device.ts'

export interface Profiler {
  end(): Promise<void>
}

interface Profile {
  readonly nodes: readonly {
    readonly id: number
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number }
  }[]
  readonly samples: readonly number[]
  readonly timeDeltas: readonly number[]
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly sessionId: string; readonly targetInfo: { readonly type: string; readonly url: string } }
  readonly result?: { readonly profile: Profile }
}

/** Profiles every shared worker and page that is started on the device, until `end`. */
export async function startProfiler(device: Device, file: string): Promise<Profiler> {
  const [port, path] = readFileSync(`${device.profile}/DevToolsActivePort`, 'utf8').split('\n')
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
  await new Promise((resolve) => socket.once('open', resolve))
  const sessions = new Map<string, string>()
  const answers = new Map<number, (message: Message) => void>()
  let messages = 0
  const send = (method: string, params: object, sessionId?: string): Promise<Message> => {
    const id = ++messages
    socket.send(JSON.stringify({ id, method, params, sessionId }))
    return new Promise((resolve) => answers.set(id, resolve))
  }
  socket.on('message', (data: Buffer) => {
    const message = JSON.parse(data.toString()) as Message
    if (message.id !== undefined) answers.get(message.id)?.(message)
    if (message.method !== 'Target.attachedToTarget' || message.params === undefined) return
    const { sessionId, targetInfo } = message.params
    sessions.set(sessionId, targetInfo.type)
    void send('Profiler.enable', {}, sessionId)
    void send('Profiler.setSamplingInterval', { interval: 100 }, sessionId)
    void send('Profiler.start', {}, sessionId)
    void send('Runtime.runIfWaitingForDebugger', {}, sessionId)
  })
  await send('Target.setAutoAttach', {
    autoAttach: true,
    waitForDebuggerOnStart: true,
    flatten: true,
    filter: [{ type: 'shared_worker' }, { type: 'page' }],
  })
  const end = async (): Promise<void> => {
    for (const [session, type] of sessions) {
      const stopped = await Promise.race([
        send('Profiler.stop', {}, session),
        new Promise<undefined>((resolve) => setTimeout(resolve, 3000)),
      ])
      const profile = stopped?.result?.profile
      if (profile === undefined) continue
      writeFileSync(`${file}-${type}.cpuprofile`, JSON.stringify(profile))
      print(type, profile)
    }
    socket.close()
  }
  return { end }
}

/** The functions that took longest by themselves. */
function print(type: string, { nodes, samples, timeDeltas }: Profile): void {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
  const spent = new Map<string, number>()
  let busy = 0
  samples.forEach((id, i) => {
    const frame = frames.get(id)
    if (frame === undefined || frame.functionName === '(idle)' || frame.functionName === '(program)') return
    const name = `${frame.functionName || '(anonymous)'}:${frame.lineNumber + 1}`
    busy += timeDeltas[i] ?? 0
    spent.set(name, (spent.get(name) ?? 0) + (timeDeltas[i] ?? 0))
  })
  const longest = [...spent].toSorted(([, a], [, b]) => b - a).slice(0, 30)
  console.log(`\n${type}: ${(busy / 1000).toFixed(0)} ms busy`)
  for (const [name, time] of longest)
    console.log(`${((100 * time) / busy).toFixed(1).padStart(6)} %  ${(time / 1000).toFixed(1).padStart(8)} ms  ${name}`)
}
