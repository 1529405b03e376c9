import { createServer as createHttpServer, STATUS_CODES } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createWebSocketStream, WebSocketServer } from 'ws'

/** Where the service takes AMQP over WebSockets [client source: `webSocketEndpointPath`], and what both sides call it (AMQP WebSocket binding). */
export const WEBSOCKET_PATH = '/$servicebus/websocket'
export const WEBSOCKET_PROTOCOL = 'AMQPWSB10'
/** A client writes what it has to say of one turn as one message. */
const LARGEST_MESSAGE = 32 * 1024 ** 2

/**
 * One port for both ways in: AMQP begins with the letters AMQP, a WebSocket with an HTTP request. The service has them on two ports; here a
 * connection string has room for one. Plain: there is no TLS.
 */
export class Entrance {
  private readonly server: Server
  private readonly http = createHttpServer((_request, response) =>
    response.writeHead(426, { connection: 'close' }).end(),
  )
  private readonly webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: LARGEST_MESSAGE,
    handleProtocols: () => WEBSOCKET_PROTOCOL,
  })
  /** Those that have not said yet which they are, and those that speak HTTP. */
  private readonly undecided = new Set<Duplex>()
  private readonly handshakeTimeoutMs: number
  private readonly onClient: (stream: Duplex) => void

  constructor(handshakeTimeoutMs: number, onClient: (stream: Duplex) => void) {
    this.handshakeTimeoutMs = handshakeTimeoutMs
    this.onClient = onClient
    this.server = createServer({ noDelay: true }, (socket) => this.connected(socket))
    this.http.on('upgrade', (request, socket, head) => {
      const path = (request.url ?? '').split('?', 1)[0]
      const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((one) => one.trim())
      if (path !== WEBSOCKET_PATH) refuse(socket, 404)
      else if (!offered.includes(WEBSOCKET_PROTOCOL)) refuse(socket, 400)
      else
        this.webSockets.handleUpgrade(request, socket, head, (webSocket) => {
          this.undecided.delete(socket)
          this.onClient(createWebSocketStream(webSocket))
        })
    })
  }

  /** Resolves with the port. Rejects when it cannot be had. */
  async listen(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.server.once('error', reject)
      this.server.listen(port, host, () => {
        this.server.off('error', reject)
        resolve()
      })
    })
    const address = this.server.address()
    return typeof address === 'object' && address !== null ? address.port : port
  }

  /** Takes nobody in any more, and lets those go who have not said what they want. Resolves when every connection has ended. */
  async close(): Promise<void> {
    const closed = this.server.listening
      ? new Promise<void>((resolve) => this.server.close(() => resolve()))
      : Promise.resolve()
    for (const socket of this.undecided) socket.destroy()
    await closed
  }

  private connected(socket: Socket): void {
    this.undecided.add(socket)
    const timer = setTimeout(() => socket.destroy(), this.handshakeTimeoutMs)
    const forget = () => {
      clearTimeout(timer)
      this.undecided.delete(socket)
    }
    // Whoever takes the stream over listens to its errors; until then nobody else does.
    const ignored = () => {}
    socket.on('error', ignored)
    socket.once('close', forget)
    socket.once('data', (first: Buffer) => {
      socket.pause()
      socket.off('error', ignored)
      clearTimeout(timer)
      socket.unshift(first)
      if (first[0] === 'G'.charCodeAt(0)) {
        this.http.emit('connection', socket)
        socket.resume()
        return
      }
      forget()
      this.onClient(socket)
      socket.resume()
    })
  }
}

function refuse(socket: Duplex, status: number): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  )
}
