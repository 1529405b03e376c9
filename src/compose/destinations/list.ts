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

/** The destinations, and the limits of those without their own. */
export type Limited = Pick<Config, 'CALLS_PER_5S' | 'CALLS_PER_DAY'> & {
  readonly rules: Pick<Config['rules'], 'destinations'>
}

/**
 * The provisioning jobs of the configuration, in its order: those of the file, or the one job of
 * `PROVISIONING_ENDPOINT`. Throws `ConfigInvalid` when that is not set.
 */
export function destinationsIn(config: Config): readonly [ReachedDestination, ...ReachedDestination[]] {
  const reached = (
    {
      name,
      endpoint,
      tenant,
      places,
    }: Pick<ConfiguredDestination, 'name' | 'endpoint' | 'tenant' | 'places'>,
    setting = endpointSetting(name),
  ): ReachedDestination => ({
    name,
    endpoint: parseEndpoint(endpoint, config.PROVISIONING_ALLOW_HTTP, setting),
    tenant,
    limits: limitsOf(config, name),
    places,
  })
  const [first, ...others] = (config.rules.destinations?.all ?? []).filter(isJob)
  if (first) return [reached(first), ...others.map((one) => reached(one))]
  const setting = 'PROVISIONING_ENDPOINT'
  const endpoint = requireSetting(config[setting], setting, 'the bulkUpload URL that the portal shows')
  return [
    reached({ name: DEFAULT_DESTINATION, endpoint, tenant: null, places: config.rules.places }, setting),
  ]
}

/** How errors name the endpoint of a destination of the file. */
export function endpointSetting(destination: string): string {
  return `the endpoint of the destination "${destination}"`
}

function isJob({ direct }: ConfiguredDestination): boolean {
  return direct === null
}

type Counted = Pick<ConfiguredDestination, 'name' | 'quota' | 'callsPerDay' | 'callsPer5s'>

/** The destinations of the file, jobs first, or the one job of `PROVISIONING_ENDPOINT`. */
function countedIn({
  rules: { destinations },
  CALLS_PER_DAY: callsPerDay,
  CALLS_PER_5S: callsPer5s,
}: Limited): readonly [Counted, ...Counted[]] {
  const all = destinations?.all ?? []
  const [first, ...others] = [...all.filter(isJob), ...all.filter((one) => !isJob(one))]
  return first
    ? [first, ...others]
    : [{ name: DEFAULT_DESTINATION, quota: DEFAULT_QUOTA, callsPerDay, callsPer5s }]
}

/** The names of the destinations, jobs first, and the quotas that their calls count in. */
export function destinationNames(config: Limited): readonly [DestinationName, ...DestinationName[]] {
  const [first, ...others] = countedIn(config)
  const named = ({ name, quota }: DestinationName): DestinationName => ({ name, quota })
  return [named(first), ...others.map(named)]
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
  const all = countedIn(config)
  const { quota, callsPer5s, callsPerDay } = all.find(({ name }) => name === destination) ?? all[0]
  return { windowMs: CALL_WINDOW_MS, perWindow: callsPer5s, perDay: callsPerDay, quota }
}
