/** The limit's server: what has come since the last commit goes into SQLite in one (fsync each), then to the other devices. */
import { DatabaseSync } from 'node:sqlite'
import { WebSocketServer } from 'ws'

const database = new DatabaseSync(`${process.argv[2]}/log.sqlite`)
database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE log (at INTEGER PRIMARY KEY, name TEXT, patch TEXT)')
const insert = database.prepare('INSERT INTO log (name, patch) VALUES (?, ?)')
const select = database.prepare('SELECT patch FROM log WHERE name = ? ORDER BY at')
const socketsByName = new Map()
let waiting = []

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('listening', () => console.log(`ws://localhost:${server.address().port}/`))
server.on('connection', (socket, request) => {
  const name = request.url
  if (!socketsByName.has(name)) socketsByName.set(name, new Set())
  socketsByName.get(name).add(socket)
  for (const { patch } of select.all(name)) socket.send(patch)
  socket.on('message', (/** @type {Buffer} */ data) => {
    if (waiting.push({ socket, name, patch: data.toString('utf8') }) === 1) setImmediate(commit)
  })
  socket.on('close', () => socketsByName.get(name).delete(socket))
})

function commit() {
  const patches = waiting
  waiting = []
  database.exec('BEGIN')
  for (const { name, patch } of patches) insert.run(name, patch)
  database.exec('COMMIT')
  for (const { socket, name, patch } of patches) for (const other of socketsByName.get(name)) if (other !== socket) other.send(patch)
}
