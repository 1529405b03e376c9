import { type DestinationRules, routingOf, type Routing } from '../../core/destinations/routing.ts'
import { DEFAULT_QUOTA } from '../../core/destinations/destination.ts'
import { microUsd, type Spending } from '../../core/emergency/money.ts'
import type { Mapping } from '../../core/plan/mapping/mapping.ts'
import type { Nulls } from '../../core/plan/mapping/rule.ts'
import type { Settings } from '../environment.ts'
import type { Compilation } from './compilation.ts'
import type { DestinationContent } from './destination-schema.ts'
import { mappingOf, placesOf, rulesOf } from './mapping.ts'

/** A destination of the file, compiled. */
export interface ConfiguredDestination extends DestinationRules {
  /** What its calls may cost and what each costs; `null` for a provisioning job. */
  readonly direct: DirectCosts | null
  readonly endpoint: string
  /** `null`: the tenant of the identity. */
  readonly tenant: string | null
  readonly quota: string
  readonly callsPerDay: number
  readonly callsPer5s: number
  /** The SCIM places that its mapping fills, and whether a cleared value is sent as null. */
  readonly places: ReadonlyMap<string, Nulls>
}

/** Amounts are millionths of a USD. */
export interface DirectCosts {
  readonly budget: Spending
  readonly microUsdPerCall: number
}

export interface Destinations {
  /** In the order of the file. */
  readonly all: readonly ConfiguredDestination[]
  readonly routing: Routing
}

/** The mapping of destinations that have none of their own. */
interface SharedMapping {
  readonly mapping: Mapping
  readonly places: ReadonlyMap<string, Nulls>
}

/** `null` without destinations: there is one, the job of `PROVISIONING_ENDPOINT`. */
export function destinationsOf(
  content: readonly DestinationContent[] | undefined,
  shared: SharedMapping,
  compilation: Compilation,
): Destinations | null {
  checkJobs(content ?? [], compilation)
  const all = (content ?? []).map((one, index) => compiled(one, index, shared, compilation))
  const [first, ...others] = all
  return first ? { all, routing: routingOf(first, others) } : null
}

/** Whether a mapping, or a rule of the destinations, takes this worker attribute. */
export function usedBy(mapping: Mapping, destinations: Destinations | null): (path: string) => boolean {
  if (!destinations) return (path) => mapping.uses(path)
  const { all, routing } = destinations
  return (path) => routing.paths.includes(path) || all.some((one) => one.mapping.uses(path))
}

/** Two destinations of one job would each take the records of the other's log for their own. */
function checkJobs(content: readonly DestinationContent[], { settings, tools, ...compilation }: Compilation) {
  const jobs = new Set<string>()
  for (const [index, { endpoint, kind }] of content.entries()) {
    if (kind === 'scim') continue
    const path = ['destinations', index, 'endpoint']
    const job = compilation.attempt(path, () => tools.jobOf(endpoint, settings.PROVISIONING_ALLOW_HTTP))
    if (job === null) continue
    if (jobs.has(job)) compilation.problems.push({ path, message: 'is the job of another destination' })
    jobs.add(job)
  }
}

function compiled(
  content: DestinationContent,
  index: number,
  shared: SharedMapping,
  compilation: Compilation,
): ConfiguredDestination {
  const { name, where, endpoint, tenant, mapping } = content
  return {
    name,
    where: where ?? null,
    endpoint,
    tenant: tenant ?? null,
    ...callLimitsOf(content, compilation.settings),
    direct: costsOf(content),
    ...(mapping === undefined ? shared : ownMapping(mapping, index, shared, compilation)),
  }
}

/** The calls of a direct destination are limited by what they cost only. */
function callLimitsOf(
  { kind, name, tenant, quota, callsPerDay, callsPer5s }: DestinationContent,
  settings: Settings,
): Pick<ConfiguredDestination, 'quota' | 'callsPerDay' | 'callsPer5s'> {
  if (kind === 'scim')
    return {
      quota: `direct ${name}`,
      callsPerDay: Number.POSITIVE_INFINITY,
      callsPer5s: Number.POSITIVE_INFINITY,
    }
  return {
    quota: quota ?? quotaOf(tenant, settings),
    callsPerDay: callsPerDay ?? settings.CALLS_PER_DAY,
    callsPer5s: callsPer5s ?? settings.CALLS_PER_5S,
  }
}

function costsOf({ kind, usdPerDay, usdPerMonth, usdPerCall }: DestinationContent): DirectCosts | null {
  if (kind === 'job') return null
  const budget = { day: microUsd(usdPerDay ?? 0), month: microUsd(usdPerMonth ?? 0) }
  return { budget, microUsdPerCall: microUsd(usdPerCall) }
}

function ownMapping(
  content: NonNullable<DestinationContent['mapping']>,
  index: number,
  shared: SharedMapping,
  compilation: Compilation,
): SharedMapping {
  const path = ['destinations', index, 'mapping']
  const rules = rulesOf(content, compilation.problems, path)
  return { mapping: mappingOf(rules, compilation, path) ?? shared.mapping, places: placesOf(rules) }
}

/** Jobs in the same tenant share its calls. Those without a tenant are in that of the identity. */
function quotaOf(tenant: string | undefined, { AZURE_TENANT_ID }: Settings): string {
  return tenant === undefined || tenant === AZURE_TENANT_ID?.toLowerCase() ? DEFAULT_QUOTA : tenant
}
