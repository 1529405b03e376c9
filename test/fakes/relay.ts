import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/**
 * A way to a server on loopback that can go dead without a word, as a firewall that forgets a
 * connection does.
 */
export interface Relay {
  readonly port: number
  /** Connections that were made through it. */
  readonly connections: number
  /**
   * For the client those that are open now stay open, and are dead; the server has seen them end.
   * New ones work.
   */
  freeze(): void
}

export async function relayTo(t: TestContext, port: number): Promise<Relay> {
  const sockets = new Set<Socket>()
  let pairs: (readonly [Socket, Socket])[] = []
  const frozen = new Set<Socket>()
  let connections = 0
  const server = createServer((client) => {
    connections += 1
    const onward = connect(port, '127.0.0.1')
    client.pipe(onward).pipe(client)
    pairs.push([client, onward])
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => frozen.has(one) || other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    port: (server.address() as AddressInfo).port,
    get connections() {
      return connections
    },
    freeze: () => {
      for (const [client, onward] of pairs) {
        client.unpipe(onward)
        onward.unpipe(client)
        frozen.add(onward)
        onward.destroy()
        // What the client sends is taken, as by a network that loses it.
        client.resume()
      }
      pairs = []
    },
  }
}
