import type { ServiceBusClient } from '@azure/service-bus'
import { receiverAt } from '../../adapters/service-bus/address.ts'
import { closeWithin, connect } from '../../adapters/service-bus/client.ts'
import { busWitness } from '../../adapters/service-bus/witness.ts'
import type { Config } from '../../config/load.ts'
import type { SourceAddress } from '../../config/rules.ts'
import { busAddress } from '../addresses.ts'
import { failed, type Proof, prove } from './proof.ts'

const CLOSE_MS = 5_000

/** Whether the sources can be read, and outcomes and copies can be sent. Sends nothing. */
export async function proveBus(config: Config): Promise<Proof[]> {
  let client: ServiceBusClient
  try {
    client = connect(busAddress(config))
  } catch (error) {
    return [
      failed('service bus', error, 'set SERVICEBUS_CONNECTION_STRING, or SERVICEBUS_FQDN and AUTH_MODE'),
    ]
  }
  try {
    const proofs: Proof[] = []
    for (const address of config.rules.sourceAddresses) proofs.push(await proveSource(client, address))
    if (config.CONTROL_QUEUE !== 'none') proofs.push(await proveControlQueue(client, config.CONTROL_QUEUE))
    proofs.push(await proveSender(client, 'outcomes', config.OUTCOMES_QUEUE))
    if (config.DEAD_LETTER_QUEUE !== 'none')
      proofs.push(
        await proveSender(
          client,
          'copies',
          config.DEAD_LETTER_QUEUE,
          '; DEAD_LETTER_QUEUE=none goes without',
        ),
      )
    return proofs
  } finally {
    await closeWithin(CLOSE_MS, client.close())
  }
}

/** A queue that requires sessions cannot be peeked as a whole, but its dead-letter queue can. */
function proveSource(client: ServiceBusClient, address: SourceAddress): Promise<Proof> {
  return prove(
    `queue ${address.entity}`,
    async () => {
      const subQueue = address.sessions ? ({ subQueueType: 'deadLetter' } as const) : {}
      const waiting = await receiverAt(client, address, subQueue).peekMessages(1)
      if (address.sessions) return 'is there, with sessions'
      return waiting.length === 0 ? 'can be read, and is empty' : 'can be read, and holds messages'
    },
    'check the name, whether it requires sessions, and the role Azure Service Bus Data Receiver',
  )
}

function proveControlQueue(client: ServiceBusClient, queue: string): Promise<Proof> {
  return prove(
    `control ${queue}`,
    async () => {
      await busWitness(client, queue, 'check').compare(async () => null)
      return 'keeps the state of sessions'
    },
    'it tells a restored ledger from the one that ran last',
  )
}

function proveSender(client: ServiceBusClient, name: string, queue: string, otherwise = ''): Promise<Proof> {
  return prove(
    `${name} ${queue}`,
    async () => {
      await client.createSender(queue).createMessageBatch()
      return 'can be sent to'
    },
    `check the name, and the role Azure Service Bus Data Sender${otherwise}`,
  )
}
