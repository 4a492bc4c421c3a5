/** The harness itself: that its browsers have what the library needs, and that its faults are real. */
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { WebSocketServer } from 'ws'
import { expect, inject, onTestFinished, test } from 'vitest'
import { startDevice } from './harness/chromium.ts'
import { startFirefox } from './harness/firefox.ts'
import { startProxy } from './harness/proxy.ts'
import { startSyncServer } from './harness/sync-server.ts'
import type { AnyDevice, KeptDevice } from './harness/tab.ts'
import { startWebKit } from './harness/webkit.ts'

const page = `${inject('pagesUrl')}harness.html`

test.each([
  { name: 'Chromium', start: startDevice },
  { name: 'Firefox', start: startFirefox },
  { name: 'WebKit', start: startWebKit },
])('in $name, two tabs share one module SharedWorker with IndexedDB and Web Locks', async ({ start }) => {
  const device: AnyDevice = await start()
  const [one, two] = await device.openTabs(page, 2)
  expect(await one!.evaluate(() => window.ask({ type: 'boot' }))).toBe(await two!.evaluate(() => window.ask({ type: 'boot' })))
  expect(await one!.evaluate(() => window.ask({ type: 'count' }))).toBe(1)
  expect(await two!.evaluate(() => window.ask({ type: 'count' }))).toBe(2)

  await one!.evaluate(() => new Promise<void>((held) => void navigator.locks.request('tab', () => new Promise(() => held()))))
  expect(await two!.evaluate(() => window.ask({ type: 'locked', name: 'tab' }))).toBe(false)
  await one!.close()
  await expect.poll(() => two!.evaluate(() => window.ask({ type: 'locked', name: 'tab' }))).toBe(true)
})

test.each([
  { name: 'Chromium', start: startDevice },
  { name: 'Firefox', start: startFirefox },
])('a killed $name keeps its profile', async ({ start }) => {
  const device: KeptDevice = await start()
  const [before] = await device.openTabs(page)
  const boot = await before!.evaluate(() => window.ask({ type: 'boot' }))
  expect(await before!.evaluate(() => window.ask({ type: 'count' }))).toBe(1)
  await device.kill()
  await device.start()
  const [after] = await device.openTabs(page)
  expect(await after!.evaluate(() => window.ask({ type: 'boot' }))).not.toBe(boot)
  expect(await after!.evaluate(() => window.ask({ type: 'count' }))).toBe(2)
})

test('legacy decorators are lowered in a worker bundle', async () => {
  const device = await startDevice()
  const [tab] = await device.openTabs(page)
  expect(await tab!.evaluate(() => window.ask({ type: 'fields' }))).toEqual(['first', 'second'])
  expect(device.errors).toEqual([])
})

test('two devices share nothing', async () => {
  const [laptop, phone] = await Promise.all([startDevice(), startDevice()])
  for (const device of [laptop, phone]) {
    const [tab] = await device.openTabs(page)
    expect(await tab!.evaluate(() => window.ask({ type: 'count' }))).toBe(1)
  }
})

test('a SharedWorker can be killed alone, and a new tab starts another', async () => {
  const device = await startDevice()
  const [before] = await device.openTabs(page)
  const boot = await before!.evaluate(() => window.ask({ type: 'boot' }))
  expect(await device.killSharedWorkers()).toBe(1)
  const [after] = await device.openTabs(page)
  expect(await after!.evaluate(() => window.ask({ type: 'boot' }))).not.toBe(boot)
})

test('the proxy cuts, stalls and heals a WebSocket of a SharedWorker', async () => {
  const proxy = await startProxy(await startEchoServer())
  const device = await startDevice()
  const [tab] = await device.openTabs(page)
  const connect = () => tab!.evaluate((url) => window.ask({ type: 'connect', url }), proxy.url)
  const echo = (text: string) => tab!.evaluate((text) => window.ask({ type: 'echo', text }), text)

  expect(await connect()).toBe('open')
  expect(await echo('hello')).toBe('hello')

  proxy.stall()
  const held = echo('held')
  expect(await Promise.race([held, new Promise((resolve) => setTimeout(resolve, 300, 'nothing'))])).toBe('nothing')
  proxy.heal()
  expect(await held).toBe('held')

  proxy.cut()
  await expect.poll(() => tab!.evaluate(() => window.ask({ type: 'socket' }))).toBe('closed')
  expect(await connect()).toBe('closed')
  proxy.heal()
  expect(await connect()).toBe('open')
})

test('a sync server process comes back on its port, with its data, after a kill', async () => {
  const server = await startSyncServer()
  const { port } = server
  expect(readdirSync(server.data)).not.toEqual([])
  await server.kill()
  await expect(fetch(`http://localhost:${port}/`)).rejects.toThrow()
  await server.start()
  expect(server.port).toBe(port)
  expect((await fetch(`http://localhost:${port}/`)).status).toBeGreaterThan(0)
})

async function startEchoServer(): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1' })
  server.on('connection', (socket) => socket.on('message', (data: Buffer) => socket.send(data.toString())))
  onTestFinished(() => server.close())
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}
