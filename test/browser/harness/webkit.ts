/**
 * Real WebKit: WebKitGTK's MiniBrowser over WebDriver, on a display of its own. Under automation it keeps nothing
 * between two starts, so there is no profile to come back to.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { findWebKit } from '../../../scripts/browsers.mjs'
import { freePort } from './ports.ts'
import type { AnyDevice, Tab } from './tab.ts'

/** Starts WebKit. It ends with the running test. */
export async function startWebKit(): Promise<AnyDevice> {
  const webkit = findWebKit()
  if (webkit === undefined) throw new Error('No WebKit found: `npm test` installs it (webkit2gtk-driver and xvfb).')
  const processes: ChildProcess[] = []
  const kill = async () => {
    for (const child of processes.toReversed()) await killGroup(child)
  }
  onTestFinished(kill)

  const display = spawn('Xvfb', ['-displayfd', '3', '-screen', '0', '1280x800x24', '-nolisten', 'tcp'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  processes.push(display)
  const [name] = (await once(createInterface(display.stdio[3] as Readable), 'line')) as [string]

  const port = await freePort()
  const env = { ...process.env, DISPLAY: `:${name}`, GDK_BACKEND: 'x11', LIBGL_ALWAYS_SOFTWARE: '1', WEBKIT_DISABLE_DMABUF_RENDERER: '1' }
  processes.push(spawn(webkit.driver, [`--port=${port}`, '--host=127.0.0.1'], { detached: true, stdio: 'ignore', env }))
  const session = await openSession(`http://127.0.0.1:${port}`, webkit.browser)
  return {
    kill,
    async openTabs(url, count = 1) {
      const tabs: Tab[] = []
      for (let i = 0; i < count; i++) tabs.push(await openTab(session, url))
      return tabs
    },
  }
}

/** Sends one WebDriver command of a session and resolves with its value. */
type Session = (method: 'GET' | 'POST' | 'DELETE', path: string, body?: object) => Promise<unknown>

async function openSession(driver: string, binary: string): Promise<Session> {
  const capabilities = { alwaysMatch: { 'webkitgtk:browserOptions': { binary, args: ['--automation'] } } }
  while (!(await fetch(`${driver}/status`).catch(() => undefined))) await sleep(50)
  const { sessionId } = (await send(`${driver}/session`, 'POST', { capabilities })) as { sessionId: string }
  const session: Session = (method, path, body) => send(`${driver}/session/${sessionId}${path}`, method, body)
  await session('POST', '/timeouts', { script: 60_000 })
  return session
}

async function openTab(session: Session, url: string): Promise<Tab> {
  const { handle } = (await session('POST', '/window/new', { type: 'tab' })) as { handle: string }
  const inTab = oneAtATime(async (method: 'POST' | 'DELETE', path: string, body?: object) => {
    await session('POST', '/window', { handle })
    return session(method, path, body)
  })
  await inTab('POST', '/url', { url })
  return {
    async evaluate<R>(run: (argument?: never) => R | Promise<R>, argument?: unknown) {
      const script = `const done = arguments[1];
        Promise.resolve((${String(run)})(arguments[0])).then((value) => done({ value }), (error) => done({ error: String(error) }))`
      const answer = (await inTab('POST', '/execute/async', { script, args: [argument ?? null] })) as { value: R; error?: string }
      if (answer.error !== undefined) throw new Error(answer.error)
      return answer.value
    },
    reload: () => inTab('POST', '/refresh'),
    close: () => inTab('DELETE', '/window'),
  }
}

/** A session has one current window, so what tabs ask is done one after the other. */
let last: Promise<unknown> = Promise.resolve()
function oneAtATime<A extends unknown[], R>(run: (...args: A) => Promise<R>): (...args: A) => Promise<R> {
  return (...args) => {
    const next = last.then(() => run(...args))
    last = next.catch(() => {})
    return next
  }
}

async function send(url: string, method: string, body?: object): Promise<unknown> {
  const response = await fetch(url, { method, ...(method === 'POST' ? { body: JSON.stringify(body ?? {}) } : {}) })
  const { value } = (await response.json()) as { value: { error?: string; message?: string } }
  if (!response.ok) throw new Error(`WebDriver answered ${value.error}: ${value.message}`)
  return value
}

async function killGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  const gone = once(child, 'exit')
  process.kill(-child.pid, 'SIGKILL')
  await gone
}
