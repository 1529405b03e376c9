import type { TokenCredential } from '@azure/identity'
import type { ServiceBusClient } from '@azure/service-bus'
import { connect } from '../../adapters/service-bus/client.ts'
import type { Connection } from '../../adapters/service-bus/connection.ts'
import { busDeadLetterReasons } from '../../adapters/service-bus/dead-letter-reasons.ts'
import type { ReceiverHealth } from '../../adapters/service-bus/receive/health.ts'
import type { BusMessage } from '../../adapters/service-bus/message.ts'
import { busSourceQueue } from '../../adapters/service-bus/receive/receiver.ts'
import { sharedTrouble } from '../../adapters/service-bus/receive/trouble.ts'
import { ACCEPT_RETRY, sessionSourceQueue } from '../../adapters/service-bus/receive/sessions.ts'
import type { Config } from '../../config/load.ts'
import { joinSourceQueues } from '../../core/intake/receive/source-queues.ts'
import type { DeadLetterReasons, SourceQueue } from '../../core/ports.ts'
import type { Runtime } from '../../core/runtime.ts'
import { busAddress } from '../addresses.ts'

/** What the receivers share. */
interface ReceiverContext {
  readonly credential: TokenCredential
  readonly health: ReceiverHealth
  readonly runtime: Runtime
  /** Opens another connection to the bus, which the connector closes. */
  connection(): Connection
}

/** The dead-letter queues of every queue and subscription of the sources. */
export function deadLetterReasonsOf(
  { rules }: Pick<Config, 'rules'>,
  client: ServiceBusClient,
): readonly DeadLetterReasons[] {
  return rules.sourceAddresses.map((address) => busDeadLetterReasons(client, address))
}

/** One queue over every queue and subscription of the sources, which share `IN_FLIGHT`. */
export function sourceQueueOf(
  config: Config,
  { credential, health, runtime, connection }: ReceiverContext,
): SourceQueue<BusMessage> {
  const onTrouble = health.trouble
  const { sourceAddresses } = config.rules
  const share = config.IN_FLIGHT / sourceAddresses.length
  const atLeastOne = (count: number): number => Math.max(1, Math.floor(count))
  const {
    SESSIONS: sessions,
    SESSION_IDLE_MS: idleMs,
    SESSION_TURN_MS: turnMs,
    WATCHDOG_MS: watchdogMs,
  } = config
  return joinSourceQueues(
    sourceAddresses.flatMap((sourceAddress) => {
      if (!sourceAddress.sessions) {
        const inFlight = atLeastOne(share / config.RECEIVERS)
        const troubleOfOne = sharedTrouble(sourceAddress.entity, runtime)
        return Array.from({ length: config.RECEIVERS }, () => {
          const trouble = troubleOfOne()
          const settings = { ...sourceAddress, inFlight, watchdogMs, onTrouble, trouble }
          return busSourceQueue(connection(), settings, runtime)
        })
      }
      const reconnect = (): ServiceBusClient => connect(busAddress(config, credential), ACCEPT_RETRY)
      return [
        sessionSourceQueue(
          reconnect,
          { ...sourceAddress, inFlight: atLeastOne(share), sessions, idleMs, turnMs, watchdogMs, onTrouble },
          runtime,
        ),
      ]
    }),
  )
}
