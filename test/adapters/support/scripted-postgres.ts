import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'

/**
 * A PostgreSQL server that does by a script what a real one does only now and then.
 * https://www.postgresql.org/docs/current/protocol-message-formats.html
 */
export interface ScriptedPostgres {
  /** `postgres://…` */
  readonly location: string
  /** How many connections were made. */
  connections(): number
  close(): Promise<void>
}

/**
 * What it writes, in one chunk, when a connection asks to be let in; it hangs up afterwards unless
 * it is ready.
 */
export type Welcome = readonly Buffer[]

const message = (type: string, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const head = Buffer.alloc(5)
  head.write(type, 0, 'latin1')
  head.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([head, body])
}
const text = (value: string): Buffer => Buffer.from(`${value}\0`)
const field = (name: string, value: string): Buffer => Buffer.concat([Buffer.from(name), text(value)])

export const authenticated = message('R', Buffer.from([0, 0, 0, 0]))
export const ready = message('Z', Buffer.from('I'))
export const fatal = (sqlState: string): Buffer =>
  message('E', field('S', 'FATAL'), field('C', sqlState), field('M', 'the script says so'), Buffer.from([0]))

/**
 * Welcomes one connection after the other as `welcomes` says; those after the last are served:
 * simple statements only, each does nothing.
 */
export async function scriptedPostgres(welcomes: readonly Welcome[]): Promise<ScriptedPostgres> {
  const sockets = new Set<Socket>()
  let made = 0
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    const welcome = welcomes[made++]
    socket.once('data', () => {
      if (welcome) return void socket.end(Buffer.concat(welcome))
      socket.write(Buffer.concat([authenticated, ready]))
      socket.on('data', (chunk) => answer(socket, chunk))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return {
    location: `postgres://rollcall@127.0.0.1:${address.port}/rollcall`,
    connections: () => made,
    close: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** One statement is one chunk: the driver sends the next when it has the answer. */
function answer(socket: Socket, chunk: Buffer): void {
  if (chunk.toString('latin1', 0, 1) !== 'Q') return
  const command = chunk.toString('utf8', 5).split(/[ ;\0]/)[0] ?? ''
  socket.write(Buffer.concat([message('C', text(command)), ready]))
}
