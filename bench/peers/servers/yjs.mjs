/** A y-websocket server as its documentation describes it: documents in memory. */
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import { WebSocketServer } from 'ws'
import * as sync from 'y-protocols/sync'
import * as Y from 'yjs'

const SYNC = 0
const rooms = new Map()

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
server.on('listening', () => console.log(`ws://localhost:${server.address().port}/`))
server.on('connection', (socket, request) => {
  socket.binaryType = 'arraybuffer'
  const { doc, sockets } = roomOf(request.url)
  sockets.add(socket)
  socket.on('close', () => sockets.delete(socket))
  socket.on('message', (data) => {
    const decoder = decoding.createDecoder(new Uint8Array(data))
    if (decoding.readVarUint(decoder) !== SYNC) return
    const answer = message((encoder) => sync.readSyncMessage(decoder, encoder, doc, socket))
    if (answer.length > 1) socket.send(answer)
  })
  socket.send(message((encoder) => sync.writeSyncStep1(encoder, doc)))
})

function roomOf(name) {
  const known = rooms.get(name)
  if (known !== undefined) return known
  const room = { doc: new Y.Doc(), sockets: new Set() }
  room.doc.on('update', (update, origin) => {
    const text = message((encoder) => sync.writeUpdate(encoder, update))
    for (const socket of room.sockets) if (socket !== origin) socket.send(text)
  })
  rooms.set(name, room)
  return room
}

function message(write) {
  const encoder = encoding.createEncoder()
  encoding.writeVarUint(encoder, SYNC)
  write(encoder)
  return encoding.toUint8Array(encoder)
}
