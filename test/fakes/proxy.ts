import { createServer } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import type { TestContext } from 'node:test'

/**
 * An HTTP proxy for CONNECT, on loopback. It connects to addresses of this machine only; other
 * addresses are recorded and refused.
 */
export interface TestProxy {
  readonly url: string
  /** `host:port`, in the order they were asked for. */
  readonly asked: readonly string[]
  /** Of the last request. */
  readonly authorization: string | null
}

export async function proxyFor(t: TestContext, refuse = false): Promise<TestProxy> {
  const asked: string[] = []
  const sockets = new Set<Socket>()
  const state = { authorization: null as string | null }
  const server = createServer((_request, response) => response.writeHead(405).end())
  server.on('connect', (request, client: Socket) => {
    const target = request.url ?? ''
    asked.push(target)
    state.authorization = request.headers['proxy-authorization'] ?? null
    const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(target) ?? []
    if (refuse || host !== '127.0.0.1')
      return void client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n')
    const onward = connect(Number(port), host, () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n')
      onward.pipe(client).pipe(onward)
    })
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    get authorization() {
      return state.authorization
    },
  }
}
