import type { TokenCredential } from '@azure/identity'
import { type RetryOptions, ServiceBusClient } from '@azure/service-bus'
import { RollcallError } from '../../core/errors.ts'
import { overWebSockets } from './web-socket.ts'

/**
 * How to reach the namespace: a connection string, or a host name and an identity. Over TCP (port
 * 5671), or over WebSockets (port 443) where that is set.
 */
export type BusAddress = (
  | { readonly kind: 'connection-string'; readonly connectionString: string }
  | { readonly kind: 'identity'; readonly host: string; readonly credential: TokenCredential }
) & { readonly webSockets?: { readonly proxy: string | null } }

/**
 * The client's own default waits 30 s before each of three retries, and a send that hangs is
 * noticed only after a minute. The receivers wait out whatever still fails after these.
 */
export const RETRY: RetryOptions = { maxRetries: 2, retryDelayInMs: 500, timeoutInMs: 15_000 }

export function connect(address: BusAddress, retry: RetryOptions = RETRY): ServiceBusClient {
  const { webSockets } = address
  const plain =
    address.kind === 'connection-string' &&
    /(?:^|;)\s*UseDevelopmentEmulator=true(?:;|$)/i.test(address.connectionString)
  const options = { retryOptions: retry, ...(webSockets ? overWebSockets(webSockets.proxy, plain) : {}) }
  try {
    return address.kind === 'connection-string'
      ? new ServiceBusClient(address.connectionString, options)
      : new ServiceBusClient(address.host, address.credential, options)
  } catch (error) {
    // The client's message may quote a part of the connection string.
    throw new RollcallError(
      'ConfigInvalid',
      address.kind === 'connection-string'
        ? 'SERVICEBUS_CONNECTION_STRING cannot be used; it takes Endpoint=sb://…;SharedAccessKeyName=…;SharedAccessKey=…, as the portal shows it'
        : 'SERVICEBUS_FQDN cannot be used; it takes the host name of the namespace, such as contoso.servicebus.windows.net',
      { cause: error },
    )
  }
}

/**
 * Bounds a close of the client, which can hang. Whatever it leaves open ends with the connection.
 */
export async function closeWithin(ms: number, closing: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)))
  await Promise.race([closing.catch(() => {}), timeout])
  clearTimeout(timer)
}

/**
 * The code of an error. After several attempts the client wraps it in an AggregateError without a
 * code. The client has no code for a queue that requires sessions, or has none, against what its
 * receiver says: those are `SessionsRequired` and `SessionsNotEnabled` here.
 */
export function busCode(error: unknown): string {
  if (error instanceof AggregateError) return busCode(error.errors.at(-1))
  if (!(error instanceof Error)) return 'Unknown'
  if (!('code' in error) || typeof error.code !== 'string') return error.name
  return error.code === 'GeneralError' ? (sessionsCode(error.message) ?? error.code) : error.code
}

/**
 * The service tells these apart by its text only, as in
 * https://github.com/Azure/azure-service-bus/issues/326 and
 * https://github.com/danielgerlag/workflow-core/issues/1217.
 */
function sessionsCode(message: string): 'SessionsRequired' | 'SessionsNotEnabled' | null {
  if (/requires sessions to create a non-sessionful/i.test(message)) return 'SessionsRequired'
  return /entity that does not require sessions/i.test(message) ? 'SessionsNotEnabled' : null
}
