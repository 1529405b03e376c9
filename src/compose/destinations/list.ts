import { type Endpoint, parseEndpoint } from '../../adapters/graph/endpoint.ts'
import type { Config } from '../../config/load.ts'
import type { ConfiguredDestination, DirectCosts } from '../../config/rules/destinations.ts'
import { hasSeveralDestinations } from '../../config/rules/several.ts'
import type { Nulls } from '../../core/plan/mapping/rule.ts'
import { DEFAULT_DESTINATION, DEFAULT_QUOTA } from '../../core/destinations/destination.ts'
import type { CallLimits } from '../../core/ledger/port/submit.ts'
import type { KnownDestinations } from '../../core/explain/read.ts'
import type { DestinationName } from '../../core/ledger/port/figures.ts'
import { CALL_WINDOW_MS } from '../../core/provision/pace.ts'
import { requireSetting } from '../addresses.ts'

/** A destination of the configuration, and how to reach it. */
export interface ReachedDestination {
  readonly name: string
  readonly endpoint: Endpoint
  /** `null`: the tenant of the identity. */
  readonly tenant: string | null
  readonly limits: CallLimits & { readonly quota: string }
  /** The SCIM places that its mapping fills, and whether a cleared value is sent as null. */
  readonly places: ReadonlyMap<string, Nulls>
}

type Limited = Pick<Config, 'CALLS_PER_5S' | 'CALLS_PER_DAY'> & {
  readonly rules: Pick<Config['rules'], 'destinations'>
}

/**
 * The provisioning jobs of the configuration, in its order: those of the file, or the one job of
 * `PROVISIONING_ENDPOINT`. Throws `ConfigInvalid` when that is not set.
 */
export function destinationsIn(config: Config): readonly [ReachedDestination, ...ReachedDestination[]] {
  const [first, ...others] = (config.rules.destinations?.all ?? []).filter(isJob)
  if (!first)
    return [
      {
        name: DEFAULT_DESTINATION,
        endpoint: parseEndpoint(
          requireSetting(
            config.PROVISIONING_ENDPOINT,
            'PROVISIONING_ENDPOINT',
            'the bulkUpload URL that the portal shows',
          ),
          config.PROVISIONING_ALLOW_HTTP,
        ),
        tenant: null,
        limits: limitsOf(config, DEFAULT_DESTINATION),
        places: config.rules.places,
      },
    ]
  const reached = ({ name, endpoint, tenant, places }: typeof first): ReachedDestination => ({
    name,
    endpoint: parseEndpoint(
      endpoint,
      config.PROVISIONING_ALLOW_HTTP,
      `the endpoint of the destination "${name}"`,
    ),
    tenant,
    limits: limitsOf(config, name),
    places,
  })
  return [reached(first), ...others.map(reached)]
}

function isJob({ direct }: ConfiguredDestination): boolean {
  return direct === null
}

/** The names of the destinations, jobs first, and the quotas that their calls count in. */
export function destinationNames({
  rules: { destinations },
}: Limited): readonly [DestinationName, ...DestinationName[]] {
  const all = destinations?.all ?? []
  const [first, ...others] = [...all.filter(isJob), ...all.filter((one) => !isJob(one))]
  const named = ({ name, quota }: DestinationName): DestinationName => ({ name, quota })
  return first ? [named(first), ...others.map(named)] : [{ name: DEFAULT_DESTINATION, quota: DEFAULT_QUOTA }]
}

/** What the calls of each direct destination may cost, by its name. */
export function directCostsIn({ rules: { destinations } }: Limited): ReadonlyMap<string, DirectCosts> {
  const all = destinations?.all ?? []
  return new Map(all.flatMap(({ name, direct }) => (direct === null ? [] : [[name, direct] as const])))
}

/** What the answer to why an employee has access needs to know of the destinations. */
export function knownDestinations(config: Limited): KnownDestinations {
  return {
    several: hasSeveralDestinations(config),
    quotas: Object.fromEntries(destinationNames(config).map(({ name, quota }) => [name, quota])),
    limitsOf: (destination) => limitsOf(config, destination ?? undefined),
  }
}

/** How many calls may be made to this destination; by default, to the first job. */
export function limitsOf(config: Limited, destination?: string): ReachedDestination['limits'] {
  const all = config.rules.destinations?.all ?? []
  const found = all.find(({ name }) => name === destination) ?? all.find(isJob)
  return {
    windowMs: CALL_WINDOW_MS,
    perWindow: found?.callsPer5s ?? config.CALLS_PER_5S,
    perDay: found?.callsPerDay ?? config.CALLS_PER_DAY,
    quota: found?.quota ?? DEFAULT_QUOTA,
  }
}
