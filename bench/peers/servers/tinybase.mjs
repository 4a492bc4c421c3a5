/** TinyBase's own relay. It keeps nothing. */
import { createWsServer } from 'tinybase/synchronizers/synchronizer-ws-server'
import { WebSocketServer } from 'ws'

const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
server.on('listening', () => console.log(`ws://localhost:${server.address().port}/`))
createWsServer(server)
