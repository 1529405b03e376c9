/** What is asked of an entity of the bus. */
export type BusUse = 'receive' | 'send'

const RIGHT: Readonly<Record<BusUse, string>> = {
  receive: 'the role Azure Service Bus Data Receiver, or a connection string with the Listen right',
  send: 'the role Azure Service Bus Data Sender, or a connection string with the Send right',
}

const NO_TOKEN: ReadonlySet<string> = new Set([
  'AuthenticationError',
  'AuthenticationRequiredError',
  'CredentialUnavailableError',
  'AggregateAuthenticationError',
])
const UNREACHABLE: ReadonlySet<string> = new Set([
  'ServiceCommunicationProblem',
  'ServiceTimeout',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'EHOSTUNREACH',
])

/**
 * What is wrong with an entity that answers with `code` (see `busCode`), and what to do. Names the
 * entity.
 */
export function busAdvice(code: string, entity: string, use: BusUse): string {
  switch (code) {
    case 'MessagingEntityNotFound':
      return `${entity} does not exist on this namespace: check the name in the configuration, or create it`
    case 'SessionsRequired':
      return `${entity} requires sessions, but its source does not set them: set sessions: true for its sources in rollcall.yaml`
    case 'SessionsNotEnabled':
      return `${entity} has no sessions and its source says sessions: true: remove that from its sources in rollcall.yaml, or create ${entity} again with sessions required`
    case 'UnauthorizedAccess':
      return `the identity may not ${use === 'receive' ? 'receive from' : 'send to'} ${entity}: grant it ${RIGHT[use]}`
    case 'MessagingEntityDisabled':
      return `${entity} is disabled: set its status to Active`
    case 'ServiceBusy':
      return `the service is too busy for ${entity}: if this lasts, the namespace needs more capacity`
    case 'QuotaExceeded':
      return `${entity} has reached a quota, such as its size or its number of connections: see its metrics in the portal`
    case 'MessageLockLost':
    case 'SessionLockLost':
      return `a lock on ${entity} was lost: its messages are delivered again`
    default:
      if (NO_TOKEN.has(code))
        return `the identity gives no token for ${entity}: check AUTH_MODE and what it needs`
      if (UNREACHABLE.has(code))
        return `the namespace of ${entity} cannot be reached: check its host name, the network and the firewall`
      return `${entity} cannot be used: look at it in the portal`
  }
}
