/** CPU profiles of a device's shared workers, over the DevTools protocol: written to a file, and the longest printed. */
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { DeviceWatch } from './device.ts'

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

/** Profiles every shared worker and page of a device until one of them, or the browser, is closed. */
export class Profiler implements DeviceWatch {
  readonly args = ['--remote-debugging-port=0']
  readonly #file: string
  readonly #answers = new Map<number, (message: Message) => void>()
  /** What is profiled: types by session. */
  readonly #sessions = new Map<string, string>()
  #socket: WebSocket | undefined
  #messages = 0
  #profiles = 0

  constructor(file: string) {
    this.#file = file
  }

  async started(profile: string): Promise<void> {
    const [port, path] = readFileSync(`${profile}/DevToolsActivePort`, 'utf8').split('\n')
    const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`)
    await once(socket, 'open')
    socket.on('message', (data: Buffer) => this.#receive(JSON.parse(data.toString()) as Message))
    this.#socket = socket
    const filter = [{ type: 'shared_worker' }, { type: 'page' }]
    await this.#ask('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: true, flatten: true, filter })
  }

  async closing(): Promise<void> {
    const sessions = [...this.#sessions]
    this.#sessions.clear()
    for (const [session, type] of sessions) {
      const stopped = await Promise.race([this.#ask('Profiler.stop', {}, session), sleep(3000, undefined)])
      const profile = stopped?.result?.profile
      if (profile === undefined) continue
      writeFileSync(`${this.#file}-${++this.#profiles}-${type}.cpuprofile`, JSON.stringify(profile))
      print(type, profile)
    }
  }

  #receive({ id, method, params, ...message }: Message): void {
    if (id !== undefined) this.#answers.get(id)?.(message)
    if (method !== 'Target.attachedToTarget' || params === undefined) return
    const { sessionId, targetInfo } = params
    this.#sessions.set(sessionId, targetInfo.type)
    void this.#ask('Profiler.enable', {}, sessionId)
    void this.#ask('Profiler.setSamplingInterval', { interval: 100 }, sessionId)
    void this.#ask('Profiler.start', {}, sessionId)
    void this.#ask('Runtime.runIfWaitingForDebugger', {}, sessionId)
  }

  #ask(method: string, params: object, sessionId?: string): Promise<Message> {
    const id = ++this.#messages
    this.#socket?.send(JSON.stringify({ id, method, params, sessionId }))
    return new Promise((resolve) => this.#answers.set(id, resolve))
  }
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
