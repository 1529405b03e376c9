import type { ServiceBusClient } from '@azure/service-bus'
import { receiverAt } from '../../adapters/service-bus/address.ts'
import { busAdvice } from '../../adapters/service-bus/advice.ts'
import { busCode, closeWithin, connect } from '../../adapters/service-bus/client.ts'
import { type TriedReceiver, tryReceiver } from '../../adapters/service-bus/try-receiver.ts'
import { busWitness } from '../../adapters/service-bus/witness.ts'
import type { Config } from '../../config/load.ts'
import type { SourceAddress } from '../../config/rules/sources.ts'
import { busAddress } from '../addresses.ts'
import { failed, type Proof, prove } from './proof.ts'

const CLOSE_MS = 5_000

/**
 * Whether `run` can receive from the sources as they are configured, and send outcomes and copies.
 * Receives and sends nothing.
 */
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
    proofs.push(await proveOutcomes(client, config))
    if (config.DEAD_LETTER_QUEUE !== 'none') proofs.push(await proveCopies(client, config.DEAD_LETTER_QUEUE))
    return proofs
  } finally {
    await closeWithin(CLOSE_MS, client.close())
  }
}

/**
 * Whether the source can be received from as the configuration says. Peeking alone would not show
 * it: a queue that requires sessions can be peeked without them.
 */
async function proveSource(client: ServiceBusClient, address: SourceAddress): Promise<Proof> {
  const what = `queue ${address.entity}`
  const tried = await tryReceiver(client, address, address.sessions)
  if (tried.kind === 'refused') return refused(what, address.entity, tried)
  if (address.sessions)
    return { what, outcome: 'ok', say: 'can be received from, with sessions, and its messages settled' }
  return prove(
    what,
    async () => {
      const waiting = await receiverAt(client, address).peekMessages(1)
      const content = waiting.length === 0 ? 'is empty' : 'holds messages'
      return `can be received from, and its messages settled; it ${content}`
    },
    'it can be received from and not be peeked: look at it in the portal',
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

/**
 * Outcomes without a session cannot be sent to a queue that requires them. That shows only where it
 * may be read.
 */
async function proveOutcomes(client: ServiceBusClient, config: Config): Promise<Proof> {
  const queue = config.OUTCOMES_QUEUE
  const what = `outcomes ${queue}`
  const sender = await proveSender(client, what, queue, '; OUTCOMES_QUEUE names it')
  if (sender.outcome !== 'ok' || config.OUTCOME_SESSIONS) return sender
  const tried = await tryReceiver(client, { queue }, false)
  return tried.kind === 'refused' && tried.code === 'SessionsRequired'
    ? {
        what,
        outcome: 'failed',
        say: `${queue} requires sessions, and outcomes are sent without them: set OUTCOME_SESSIONS=true`,
      }
    : sender
}

/** Copies are sent. Those whose event is no longer a dead letter are received and removed. */
async function proveCopies(client: ServiceBusClient, queue: string): Promise<Proof> {
  const what = `copies ${queue}`
  const without = '; DEAD_LETTER_QUEUE=none goes without'
  const sender = await proveSender(client, what, queue, without)
  if (sender.outcome !== 'ok') return sender
  const tried = await tryReceiver(client, { queue }, false)
  if (tried.kind === 'opened') return { what, outcome: 'ok', say: 'can be sent to, and removed from' }
  return tried.code === 'SessionsRequired'
    ? {
        what,
        outcome: 'failed',
        say: `${queue} requires sessions, and copies have none: name a queue without sessions${without}`,
      }
    : refused(what, queue, tried, without)
}

/** The client opens the link of a sender to learn how large a batch may be. */
async function proveSender(
  client: ServiceBusClient,
  what: string,
  queue: string,
  otherwise: string,
): Promise<Proof> {
  const sender = client.createSender(queue)
  try {
    await sender.createMessageBatch()
    return { what, outcome: 'ok', say: 'can be sent to' }
  } catch (error) {
    return {
      what,
      outcome: 'failed',
      say: `${busCode(error)}; ${busAdvice(busCode(error), queue, 'send')}${otherwise}`,
    }
  } finally {
    await closeWithin(CLOSE_MS, sender.close())
  }
}

function refused(
  what: string,
  entity: string,
  { code }: Extract<TriedReceiver, { readonly kind: 'refused' }>,
  otherwise = '',
): Proof {
  return { what, outcome: 'failed', say: `${code}; ${busAdvice(code, entity, 'receive')}${otherwise}` }
}
