/** The server on a real port: who may connect, what HTTP answers, and that no bytes on the line can end it. */
import { connect as connectTcp } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { MAX_FRAME_BYTES } from '../../lib/protocol/sync-messages.ts'
import { createMemoryEngine, createSyncServer, type SyncServer, type SyncServerOptions } from '../../sync-server/index.ts'
import { ID, INSTANCE, SYSTEM, chainOf, pushOf } from './harness/commits.ts'
import { WsDevice, connect } from './harness/ws-device.ts'

const open = { type: 'open', instance: INSTANCE, system: SYSTEM, id: ID }
const servers: SyncServer[] = []

async function start(options: SyncServerOptions = {}): Promise<string> {
  const server = await createSyncServer({ port: 0, ...options })
  servers.push(server)
  return server.url
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

describe('starting', () => {
  it('[V2] beyond loopback it refuses to start without an authorizer or `open`', async () => {
    await expect(createSyncServer({ port: 0, host: '0.0.0.0' })).rejects.toMatchObject({ name: 'HomeroomError', code: 'server/not-open' })
    await expect(createSyncServer({ port: 0, host: '0.0.0.0', open: false })).rejects.toMatchObject({ code: 'server/not-open' })
    expect(await start({ host: '0.0.0.0', open: true })).toMatch(/^ws:\/\/0\.0\.0\.0:\d+$/)
    expect(await start({ host: '0.0.0.0', authorize: () => undefined })).toMatch(/^ws:/)
    expect(await start({ host: 'localhost' })).toMatch(/^ws:/)
  })

  it('[V1] a port that is taken is a typed error', async () => {
    const port = Number(new URL(await start()).port)
    await expect(createSyncServer({ port })).rejects.toMatchObject({ code: 'server/no-port' })
  })

  it('[V3] with an engine of its own it goes on where the last server was, and leaves it open', async () => {
    const engine = createMemoryEngine()
    const first = await connect(await start({ engine }), 'a')
    await first.ask(open, 'opened')
    const { log } = await first.ask(pushOf(0, undefined, chainOf('boot-a', 1, 2)), 'pushed')
    await servers.pop()?.close()
    expect(await first.closed).toMatchObject({ code: 1001 })
    const second = await connect(await start({ engine }), 'a')
    expect(await second.ask({ ...open, cursor: { log, offset: 2 } }, 'opened')).toMatchObject({ head: 2, snapshot: false })
  })
})

describe('serving', () => {
  it('[Y2] two devices on real sockets see one log', async () => {
    const url = await start()
    const [a, b] = [await connect(`${url}/tasks`, 'a'), await connect(`${url}/tasks`, 'b')]
    await a.ask(open, 'opened')
    await b.ask(open, 'opened')
    const commits = chainOf('boot-a', 1, 3)
    expect(await a.ask(pushOf(0, undefined, commits), 'pushed')).toMatchObject({ from: 1, count: 3 })
    expect(await b.next('commits')).toMatchObject({ from: 1, commits })
  })

  it('[V1] the path of the URL is the namespace, and its query is nothing', async () => {
    const url = await start()
    const [a, b, c] = [await connect(`${url}/tasks?token=x`, 'a'), await connect(`${url}/notes`, 'b'), await connect(`${url}/tasks`, 'c')]
    await a.ask(open, 'opened')
    await a.ask(pushOf(0, undefined, chainOf('boot-a', 1, 1)), 'pushed')
    expect(await b.ask(open, 'opened')).toMatchObject({ head: 0 })
    expect(await c.ask(open, 'opened')).toMatchObject({ head: 1 })
  })

  it('[V1] pings are answered, of the protocol and of WebSocket', async () => {
    const a = await connect(await start(), 'a')
    expect(await a.ask({ type: 'ping' }, 'pong')).toEqual({ type: 'pong' })
    const pong = new Promise((resolve) => a.socket.once('pong', resolve))
    a.socket.ping()
    await pong
  })

  it('[V1] GET / says that it is well; nothing else is served', async () => {
    const url = (await start()).replace('ws:', 'http:')
    const answers = await Promise.all([fetch(url), fetch(`${url}/tasks`), fetch(url, { method: 'POST', body: 'x' })])
    expect(answers.map(({ status }) => status)).toEqual([200, 426, 404])
    expect(await answers[0]?.text()).toBe('homeroom sync server\n')
  })
})

describe('origins', () => {
  const statusFor = async (url: string, origin?: string): Promise<string> => {
    const device = new WsDevice(url, origin === undefined ? {} : { origin })
    return device.opened().then(
      async () => device.end().then(() => 'open'),
      (error: Error) => error.message,
    )
  }

  it('[V2] with a list only those on it may connect', async () => {
    const url = await start({ origins: ['https://tasks.example.com'] })
    expect(await statusFor(url, 'https://tasks.example.com')).toBe('open')
    expect(await statusFor(url, 'https://evil.example.com')).toContain('403')
    expect(await statusFor(url)).toContain('403')
  })

  it('[V2] without a list and without an authorizer only pages and programs of this machine may', async () => {
    const url = await start()
    for (const origin of ['http://localhost:5173', 'http://127.0.0.1:8080', 'http://[::1]', 'http://app.localhost', undefined])
      expect(await statusFor(url, origin)).toBe('open')
    for (const origin of ['https://evil.example.com', 'null', 'http://localhost.evil.com', 'http://127.0.0.1.evil.com'])
      expect(await statusFor(url, origin)).toContain('403')
  })
})

describe('bytes on the line', () => {
  it('[V1] a frame past the limit ends its socket with 1009, and nothing else', async () => {
    const url = await start()
    const [a, b] = [await connect(url, 'a'), await connect(url, 'b')]
    a.socket.send('x'.repeat(MAX_FRAME_BYTES + 1))
    expect(await a.closed).toMatchObject({ code: 1009 })
    expect(await b.ask({ type: 'ping' }, 'pong')).toBeDefined()
  })

  it.each([
    ['an unknown opcode', [0x83, 0x80, 0, 0, 0, 0]],
    ['text that is no UTF-8', [0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]],
    ['a frame without a mask', [0x81, 0x01, 0x78]],
    ['a close code that is none', [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe5]],
    ['a ping that is too long', [0x89, 0xfe, 0x01, 0x00, 0, 0, 0, 0]],
    ['reserved bits', [0xf1, 0x80, 0, 0, 0, 0]],
  ])('[V1] %s ends its socket, and nothing else', async (_title, bytes) => {
    const url = await start()
    const [a, b] = [await connect(url, 'a'), await connect(url, 'b')]
    rawSocket(a.socket).write(Buffer.from(bytes))
    await a.closed
    expect(await b.ask({ type: 'ping' }, 'pong')).toBeDefined()
  })

  it('[V1] a line cut in the middle of a frame, and one that speaks no HTTP, end only themselves', async () => {
    const url = await start()
    const [a, b] = [await connect(url, 'a'), await connect(url, 'b')]
    rawSocket(a.socket).write(Buffer.from([0x81, 0xfe, 0x7f, 0xff, 1, 2, 3, 4, 5]))
    rawSocket(a.socket).destroy()
    await a.closed
    const stranger = connectTcp(Number(new URL(url).port), '127.0.0.1', () => stranger.write('\u0016\u0003\u0001 no http\r\n\r\n'))
    await new Promise((resolve) => stranger.once('close', resolve).resume())
    expect(await b.ask({ type: 'ping' }, 'pong')).toBeDefined()
  })

  it('[V4] a device that does not read is closed and its memory given back, while another goes on', async () => {
    const url = await start()
    const [a, slow] = [await connect(url, 'a'), await connect(url, 'slow')]
    await a.ask(open, 'opened')
    await slow.ask(open, 'opened')
    slow.socket.pause()
    const chain = chainOf('boot-a', 1, 60).map((commit) => ({ ...commit, ops: [['set', ['value'], 'x'.repeat(500_000)]] as const }))
    let log: string | undefined
    for (const [i, commit] of chain.entries()) ({ log } = await a.ask(pushOf(i, log, [commit], chain[i - 1] ?? null), 'pushed'))
    slow.socket.resume()
    const { code } = await slow.closed
    expect([4408, 1006]).toContain(code)
  })
})

/** The TCP socket under a WebSocket, to say what `ws` would not. */
function rawSocket(socket: WebSocket): import('node:net').Socket {
  return (socket as unknown as { _socket: import('node:net').Socket })._socket
}
