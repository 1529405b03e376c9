import { createServer as createHttpServer, type RequestListener, STATUS_CODES } from 'node:http'
import { createServer, type Server, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { createSecureContext, type SecureContext, TLSSocket } from 'node:tls'
import { createWebSocketStream, WebSocketServer } from 'ws'
import type { Certificate } from './tls/certificate.ts'

/**
 * Where the service takes AMQP over WebSockets [client source: `webSocketEndpointPath`], and what
 * both sides call it (AMQP WebSocket binding).
 */
export const WEBSOCKET_PATH = '/$servicebus/websocket'
export const WEBSOCKET_PROTOCOL = 'AMQPWSB10'
/** A client writes everything of one turn of its event loop as one message. */
const LARGEST_MESSAGE = 32 * 1024 ** 2

/** The first byte of a TLS connection: a handshake record. */
const TLS_HANDSHAKE = 0x16
/** First letters of HTTP methods. None is that of AMQP. */
const HTTP_METHODS = 'GPDHO'

export interface ListenerOptions {
  /**
   * A client that has sent nothing by then is dropped, and so is an HTTP connection that is idle
   * for as long.
   */
  readonly handshakeTimeoutMs: number
  /** Without one, TLS is not spoken. */
  readonly certificate: Pick<Certificate, 'key' | 'cert'> | undefined
  readonly onClient: (stream: Duplex) => void
  /** Answers HTTP requests that are not for WebSockets. */
  readonly onRequest: RequestListener
}

/**
 * One port for every protocol: AMQP begins with the letters AMQP, HTTP and WebSockets with an HTTP
 * method, TLS, which may carry all of these, with a byte of its own. The service has them on ports
 * of their own; a connection string has room for one.
 */
export class Listener {
  private readonly servers: Server[] = []
  private readonly http
  private readonly webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: LARGEST_MESSAGE,
    handleProtocols: () => WEBSOCKET_PROTOCOL,
  })
  /** Connections whose protocol is not known yet, and HTTP connections. */
  private readonly undecided = new Set<Duplex>()
  private readonly handshakeTimeoutMs: number
  private readonly secureContext: SecureContext | undefined
  private readonly onClient: (stream: Duplex) => void

  constructor({ handshakeTimeoutMs, certificate, onClient, onRequest }: ListenerOptions) {
    this.handshakeTimeoutMs = handshakeTimeoutMs
    this.onClient = onClient
    this.secureContext = certificate === undefined ? undefined : createSecureContext({ ...certificate })
    // Longer than a client keeps an idle connection, so that it never sends into one that is being
    // closed.
    this.http = createHttpServer({ keepAliveTimeout: 65_000 }, onRequest)
    this.http.timeout = handshakeTimeoutMs
    this.http.on('clientError', (_error, socket) => socket.destroy())
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

  /**
   * Resolves with the port. Rejects when it cannot be had. `onlyTls` is for a port on which the
   * service speaks nothing else.
   */
  async listen(host: string, port: number, onlyTls = false): Promise<number> {
    const server = createServer({ noDelay: true }, (socket) => this.connected(socket, onlyTls))
    this.servers.push(server)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        server.off('error', reject)
        resolve()
      })
    })
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : port
  }

  /**
   * Accepts no more clients, and drops those that have not sent anything yet. Resolves when every
   * connection has ended.
   */
  async close(): Promise<void> {
    const closed = this.servers
      .filter((server) => server.listening)
      .map((server) => new Promise<void>((resolve) => server.close(() => resolve())))
    for (const socket of this.undecided) socket.destroy()
    await Promise.all(closed)
  }

  private connected(socket: Socket, onlyTls: boolean): void {
    this.undecided.add(socket)
    const timer = setTimeout(() => socket.destroy(), this.handshakeTimeoutMs)
    const forget = () => {
      clearTimeout(timer)
      this.undecided.delete(socket)
    }
    // The code that takes the stream over listens for its errors. Until then, they are ignored.
    const ignored = () => {}
    socket.on('error', ignored)
    socket.once('close', forget)
    const decide = (stream: Socket, first: Buffer) => {
      const [start] = first
      if (start === TLS_HANDSHAKE && stream === socket && this.secureContext !== undefined) {
        const secure = new TLSSocket(socket, { isServer: true, secureContext: this.secureContext })
        secure.on('error', ignored)
        this.firstBytes(secure, decide)
      } else if (onlyTls && stream === socket) {
        socket.destroy()
      } else if (start !== undefined && HTTP_METHODS.includes(String.fromCharCode(start))) {
        clearTimeout(timer)
        stream.off('error', ignored)
        this.http.emit('connection', stream)
        // Destroying either of the two ends both.
        stream.resume()
      } else {
        forget()
        stream.off('error', ignored)
        this.onClient(stream)
        stream.resume()
      }
    }
    this.firstBytes(socket, decide)
  }

  /** Waits for the first bytes and puts them back into the stream. */
  private firstBytes(stream: Socket, decide: (stream: Socket, first: Buffer) => void): void {
    stream.once('data', (first: Buffer) => {
      stream.pause()
      stream.unshift(first)
      decide(stream, first)
    })
  }
}

function refuse(socket: Duplex, status: number): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`,
  )
}
