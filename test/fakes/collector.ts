import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A collector of OpenTelemetry on loopback, and what it was sent as JSON, by path. */
export interface Collector {
  readonly url: string
  readonly sent: readonly { readonly path: string; readonly body: string }[]
  close(): void
}

export async function startCollector(): Promise<Collector> {
  const sent: { path: string; body: string }[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      sent.push({ path: request.url ?? '', body: Buffer.concat(chunks).toString() })
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    sent,
    close: () => {
      server.close()
      server.closeAllConnections()
    },
  }
}
