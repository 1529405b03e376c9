import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request } from 'node:http'

/** One call to bulkUpload, as it passed. */
export interface PassedCall {
  readonly at: number
  readonly status: number
  /** The id, the employee and a fingerprint of the record of each operation. */
  readonly operations: readonly {
    readonly bulkId: string
    readonly externalId: string
    readonly digest: string
  }[]
}

/**
 * Stands between connectors and the Entra double, passes everything on, and keeps what was uploaded
 * and how it was answered.
 */
export interface Watch {
  /** The environment of a connector, with the watch where it had the double. */
  instead(environment: Readonly<Record<string, string>>): Readonly<Record<string, string>>
  readonly calls: readonly PassedCall[]
  /** The most calls in any stretch of time of this length, by when they were let in. */
  peak(windowMs: number): number
  /** Operations that were repeated with other content: id and employee. */
  changedOnTheWay(): readonly string[]
  close(): Promise<void>
}

interface Body {
  readonly Operations?: readonly { readonly bulkId: string; readonly data: { readonly externalId: string } }[]
}

export async function watchUploads(entraPort: number): Promise<Watch> {
  const calls: PassedCall[] = []
  const server = createServer((incoming, outgoing) => {
    const at = Date.now()
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('error', () => {})
    incoming.on('end', () => {
      const body = Buffer.concat(chunks)
      const { method, url, headers } = incoming
      const onward = request(
        {
          host: '127.0.0.1',
          port: entraPort,
          method,
          path: url,
          headers: { ...headers, host: `127.0.0.1:${entraPort}` },
        },
        (answer) => {
          if (url?.endsWith('/bulkUpload'))
            calls.push({ at, status: answer.statusCode ?? 0, operations: operationsOf(body) })
          outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(outgoing)
        },
      )
      onward.on('error', () => outgoing.destroy())
      outgoing.on('error', () => {})
      onward.end(body)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the watch has no port')
  return {
    instead: (environment) => ({
      ...environment,
      PROVISIONING_ENDPOINT: (environment['PROVISIONING_ENDPOINT'] ?? '').replace(
        `:${entraPort}/`,
        `:${address.port}/`,
      ),
    }),
    calls,
    peak: (windowMs) => {
      const times = calls.map(({ at }) => at).sort((a, b) => a - b)
      let from = 0
      return times.reduce((most, at, index) => {
        while ((times[from] ?? at) <= at - windowMs) from += 1
        return Math.max(most, index - from + 1)
      }, 0)
    },
    changedOnTheWay: () => {
      const first = new Map<string, string>()
      return calls.flatMap(({ operations }) =>
        operations.flatMap(({ bulkId, externalId, digest }) => {
          const before = first.get(bulkId)
          first.set(bulkId, before ?? `${externalId} ${digest}`)
          return before === undefined || before === `${externalId} ${digest}`
            ? []
            : [`${bulkId} of ${externalId}`]
        }),
      )
    },
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

function operationsOf(body: Buffer): PassedCall['operations'] {
  const { Operations = [] } = JSON.parse(body.toString('utf8')) as Body
  return Operations.map(({ bulkId, data }) => ({
    bulkId,
    externalId: data.externalId,
    digest: createHash('sha256').update(JSON.stringify(data)).digest('hex').slice(0, 12),
  }))
}
