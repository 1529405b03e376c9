import { parseEndpoint, parseScimEndpoint } from '../../adapters/graph/endpoint.ts'
import type { Settings } from '../../config/environment.ts'
import type { ConfiguredDestination } from '../../config/rules/destinations.ts'
import type { Rules } from '../../config/rules/rules.ts'
import type { SourceAddress } from '../../config/rules/sources.ts'
import { RollcallError } from '../../core/errors.ts'
import { endpointSetting } from '../destinations/list.ts'
import { wrongLedgerKeys } from '../ledger/keys.ts'

/**
 * What `run` still needs, as far as settings alone show it: one line each, which begins with the
 * setting. Tries no connection.
 */
export function missingForRun(
  settings: Settings,
  { destinations }: Pick<Rules, 'destinations'>,
): readonly string[] {
  return [
    ...missingForBus(settings),
    ...(destinations === null
      ? missingForEndpoint(settings)
      : new Set(destinations.all.flatMap((one) => missingForDestination(settings, one)))),
    ...missingForIdentity(settings),
    ...missingForCopies(settings),
    ...wrongLedgerKeys(settings),
  ]
}

function missingForBus(settings: Settings): readonly string[] {
  return settings.SERVICEBUS_CONNECTION_STRING === null && settings.SERVICEBUS_FQDN === null
    ? [
        'SERVICEBUS_FQDN: the host name of the Service Bus namespace (or SERVICEBUS_CONNECTION_STRING, for a double)',
      ]
    : []
}

function missingForEndpoint(settings: Settings): readonly string[] {
  const { PROVISIONING_ENDPOINT: endpoint, PROVISIONING_ALLOW_HTTP: allowHttp } = settings
  if (endpoint === null)
    return ['PROVISIONING_ENDPOINT: the bulkUpload URL that the portal shows for the provisioning job']
  return missingAt(settings, () => parseEndpoint(endpoint, allowHttp))
}

function missingForDestination(
  settings: Settings,
  { name, endpoint, direct }: ConfiguredDestination,
): readonly string[] {
  const parse = direct === null ? parseEndpoint : parseScimEndpoint
  return missingAt(settings, () => parse(endpoint, settings.PROVISIONING_ALLOW_HTTP, endpointSetting(name)))
}

function missingAt({ AUTH_MODE }: Settings, parse: () => { readonly origin: string }): readonly string[] {
  try {
    const { origin } = parse()
    return AUTH_MODE === 'local' && origin.startsWith('https:')
      ? ['AUTH_MODE: an identity for the real tenant; local is for doubles']
      : []
  } catch (error) {
    if (!(error instanceof RollcallError)) throw error
    return [error.message]
  }
}

const IDENTITIES = {
  'client-secret': ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_SECRET'],
  'client-certificate': ['AZURE_TENANT_ID', 'AZURE_CLIENT_ID', 'AZURE_CLIENT_CERTIFICATE_PATH'],
} as const

function missingForIdentity(settings: Settings): readonly string[] {
  const { AUTH_MODE: mode } = settings
  if (mode !== 'client-secret' && mode !== 'client-certificate') return []
  return IDENTITIES[mode]
    .filter((name) => settings[name] === null)
    .map((name) => `${name}: AUTH_MODE=${mode} needs it`)
}

function missingForCopies(settings: Settings): readonly string[] {
  return settings.DEAD_LETTER_COPIES === 'encrypted' && settings.DEAD_LETTER_COPY_KEY === null
    ? ['DEAD_LETTER_COPY_KEY: 32 bytes in base64, because DEAD_LETTER_COPIES is encrypted']
    : []
}

/**
 * The queues and subscriptions that `rollcall.yaml` names: those of its sources, and those of its
 * channels.
 */
export function namedEntities({ sourceAddresses, notifications }: Rules): readonly SourceAddress[] {
  const queues = [...notifications.channels.values()].flatMap(({ queue }) =>
    queue === undefined ? [] : [queue],
  )
  return [...sourceAddresses, ...queues.map((queue) => ({ queue, entity: queue, sessions: false }))]
}

/** The queues and topics that `run` uses; they have to exist. */
export function entitiesOfRun(settings: Settings, rules: Rules): readonly string[] {
  const { OUTCOMES_QUEUE, DEAD_LETTER_QUEUE, CONTROL_QUEUE } = settings
  const own = [OUTCOMES_QUEUE, DEAD_LETTER_QUEUE, CONTROL_QUEUE].filter((name) => name !== 'none')
  return [...new Set([...namedEntities(rules).map(({ entity }) => entity), ...own])]
}
