import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import rhea, { type EventContext } from 'rhea'
import { connectionStringFor } from '../../../src/local/service-bus/broker.ts'

/**
 * A bus that lets everybody in and answers every send with "server busy", as a throttled namespace
 * does. `refused` counts them.
 */
export async function busyBus(): Promise<{
  readonly connectionString: string
  readonly refused: () => number
  stop(): void
}> {
  let refused = 0
  const container = rhea.create_container({ autoaccept: false })
  container.sasl_server_mechanisms['enable_anonymous']()
  container.options.receiver_options = { max_message_size: 262_144, autoaccept: false }
  container.on('message', ({ receiver, message, delivery, connection }: EventContext) => {
    if (receiver?.target.address !== '$cbs') {
      refused += 1
      delivery?.reject({
        condition: 'com.microsoft:server-busy',
        description: 'The request was terminated because the entity is being throttled.',
      })
      return
    }
    delivery?.accept()
    const body = {
      ...(message?.message_id === undefined ? {} : { correlation_id: message.message_id }),
      application_properties: { 'status-code': 202, 'status-description': 'Accepted' },
      body: '',
    }
    connection
      .find_sender((link: { source?: { address?: string } }) => link.source?.address === '$cbs')
      ?.send(body)
  })
  const server = container.listen({ host: '127.0.0.1', port: 0 })
  await once(server, 'listening')
  const sockets = new Set<{ destroy(): void }>()
  server.on('connection', (socket) => sockets.add(socket))
  const stop = (): void => {
    for (const socket of sockets) socket.destroy()
    server.close()
  }
  const { port } = server.address() as AddressInfo
  return { connectionString: connectionStringFor('127.0.0.1', port), refused: () => refused, stop }
}
