/** `npm start`: installs what is missing, builds, and serves the example and a sync server until Ctrl-C. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { runQuietly, setUp } from './setup.mjs'

const PAGE_PORT = 5173
const SYNC_PORT = 4437 // where the example looks unless its address says ?sync=…

await setUp()
console.log('Building …')
runQuietly('Building the package', process.execPath, ['scripts/build.mjs'])
runQuietly('Building the example', process.execPath, ['node_modules/vite/bin/vite.js', 'build', '--logLevel', 'warn'])

const pagePort = await freePort(PAGE_PORT)
const syncPort = await freePort(SYNC_PORT)
const server = await startSyncServer(syncPort)
const page = await startPage(pagePort)
console.log(`
  Page         http://localhost:${pagePort}/${syncPort === SYNC_PORT ? '' : `?sync=ws://localhost:${syncPort}/tasks`}
  Sync server  ws://localhost:${syncPort}/    (keeps its data in ./data)

Open the page in two tabs. Ctrl-C stops both.`)
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void stop())

/** The port itself, or the next one that nobody listens on. */
async function freePort(wanted) {
  for (let port = wanted; port < wanted + 100; port++) {
    if (!(await isFree(port))) continue
    if (port !== wanted) console.log(`Port ${wanted} is taken, so ${port} is used.`)
    return port
  }
  throw new Error(`No free port between ${wanted} and ${wanted + 99}: stop what listens there and start again.`)
}

async function isFree(port) {
  const probe = createServer().listen(port)
  return once(probe, 'listening').then(
    () => new Promise((resolve) => probe.close(() => resolve(true))),
    () => false,
  )
}

/** Starts the server as its own process; it prints its address once it listens. If it ends by itself, so does this process. */
async function startSyncServer(port) {
  const child = spawn(process.execPath, ['--no-warnings', 'dist/sync-server/cli.js', '--port', String(port), '--data', 'data'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  child.on('exit', (code) => {
    if (child.stopping) return
    console.error(`The sync server ended by itself (code ${code}).`)
    process.exit(1)
  })
  await once(createInterface(child.stdout), 'line')
  return child
}

async function startPage(port) {
  const { preview } = await import('vite')
  return preview({ logLevel: 'warn', preview: { port, strictPort: true } })
}

/** Ctrl-C reaches this process more than once: from the terminal and from its parents. */
async function stop() {
  if (server.stopping) return
  server.stopping = true
  console.log('\nStopping …')
  server.kill('SIGTERM')
  const overdue = setTimeout(() => server.kill('SIGKILL'), 5_000)
  if (server.exitCode === null && server.signalCode === null) await once(server, 'exit')
  clearTimeout(overdue)
  page.httpServer.closeAllConnections()
  await page.close()
  process.exit(0)
}
