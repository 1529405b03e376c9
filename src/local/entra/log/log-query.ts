import { actionOf, type Fact, statusOf } from './fact.ts'
import { type Filter, FilterError, type Literal } from './filter.ts'
import { textOf } from '../directory/row.ts'
import { ENTERPRISE_USER } from '../directory/scim.ts'
import type { Settings } from '../settings.ts'
import { unreachable } from '../support/unreachable.ts'

type Field = (fact: Fact) => string | number | Date | null

/**
 * The fields that can be asked for, by lower-case path: property names are not case-sensitive,
 * values are.
 */
function fieldsOf(settings: Settings): ReadonlyMap<string, Field> {
  const fields: Readonly<Record<string, Field>> = {
    id: (fact) => fact.id,
    activityDateTime: (fact) => new Date(fact.at),
    tenantId: () => settings.tenantId,
    jobId: () => settings.jobId,
    cycleId: (fact) => fact.cycleId,
    changeId: (fact) => fact.changeId,
    provisioningAction: (fact) => actionOf(fact.result),
    action: (fact) => actionOf(fact.result),
    durationInMilliseconds: (fact) => fact.durationMs,
    'provisioningStatusInfo/status': (fact) => statusOf(fact.result),
    'statusInfo/status': (fact) => statusOf(fact.result),
    'provisioningStatusInfo/errorInformation/errorCode': (fact) =>
      fact.result.kind === 'failed' ? fact.result.code : null,
    'sourceIdentity/id': (fact) => fact.externalId,
    'sourceIdentity/displayName': () => '',
    'sourceIdentity/identityType': () => ENTERPRISE_USER,
    'targetIdentity/id': (fact) => fact.objectId,
    'targetIdentity/displayName': (fact) =>
      fact.objectId === '' ? '' : (textOf(fact.after, 'displayName') ?? ''),
    'targetIdentity/identityType': () => 'User',
    'sourceSystem/displayName': () => 'API',
    'targetSystem/displayName': () => settings.targetSystemName,
    'servicePrincipal/id': () => settings.servicePrincipalId,
    'servicePrincipal/displayName': () => settings.servicePrincipalName,
    'initiatedBy/id': () => '',
    'initiatedBy/displayName': () => 'Azure AD Provisioning Service',
  }
  return new Map(Object.entries(fields).map(([name, field]) => [name.toLowerCase(), field]))
}

/** What an index can use of a filter. Times are inclusive epoch ms. */
export interface Hints {
  readonly externalId?: string
  readonly from: number
  readonly to: number
}

export interface Selection {
  readonly matches: (fact: Fact) => boolean
  readonly hints: Hints
}

export interface Selector {
  /** Throws FilterError for a field that is not there or a value of the wrong type. */
  select(filter: Filter | null): Selection
}

export function createSelector(settings: Settings): Selector {
  const fields = fieldsOf(settings)
  const fieldOf = (name: string): Field => {
    const field = fields.get(name.toLowerCase())
    if (field === undefined)
      throw new FilterError(
        `Could not find a property named '${name}' on type 'microsoft.graph.provisioningObjectSummary'.`,
      )
    return field
  }
  function compile(filter: Filter): (fact: Fact) => boolean {
    switch (filter.kind) {
      case 'and':
      case 'or': {
        const [left, right] = [compile(filter.left), compile(filter.right)]
        return filter.kind === 'and'
          ? (fact) => left(fact) && right(fact)
          : (fact) => left(fact) || right(fact)
      }
      case 'not': {
        const inner = compile(filter.filter)
        return (fact) => !inner(fact)
      }
      case 'contains':
      case 'startswith': {
        const [field, { kind, value }] = [fieldOf(filter.field), filter]
        return (fact) => {
          const found = field(fact)
          return (
            typeof found === 'string' &&
            (kind === 'contains' ? found.includes(value) : found.startsWith(value))
          )
        }
      }
      case 'compare':
        return comparison(filter, fieldOf(filter.field))
      default:
        return unreachable(filter)
    }
  }
  return {
    select: (filter) =>
      filter === null
        ? { matches: () => true, hints: NO_HINTS }
        : { matches: compile(filter), hints: hintsOf(filter) },
  }
}

function comparison(
  { field: name, operator, value }: Extract<Filter, { kind: 'compare' }>,
  field: Field,
): (fact: Fact) => boolean {
  const isTime = name.toLowerCase() === 'activitydatetime'
  if (isTime !== value instanceof Date)
    throw new FilterError(`'${name}' cannot be compared with a value of this type.`)
  const wanted = value instanceof Date ? value.getTime() : value
  return (fact) => {
    const raw = field(fact)
    const found = raw instanceof Date ? raw.getTime() : raw
    if (operator === 'eq') return found === wanted
    if (operator === 'ne') return found !== wanted
    if (found === null || typeof found !== typeof wanted) return false
    return ordered(operator, found, wanted)
  }
}

function ordered(
  operator: 'gt' | 'ge' | 'lt' | 'le',
  found: string | number,
  wanted: Exclude<Literal, Date>,
): boolean {
  if (wanted === null) return false
  switch (operator) {
    case 'gt':
      return found > wanted
    case 'ge':
      return found >= wanted
    case 'lt':
      return found < wanted
    case 'le':
      return found <= wanted
    default:
      return unreachable(operator)
  }
}

const NO_HINTS: Hints = { from: -Infinity, to: Infinity }

/** Only what every match must fulfil: the clauses joined by `and` at the top. */
function hintsOf(filter: Filter): Hints {
  if (filter.kind === 'and') {
    const [left, right] = [hintsOf(filter.left), hintsOf(filter.right)]
    const range = { from: Math.max(left.from, right.from), to: Math.min(left.to, right.to) }
    const externalId = left.externalId ?? right.externalId
    return externalId === undefined ? range : { ...range, externalId }
  }
  if (filter.kind !== 'compare') return NO_HINTS
  const { operator, value } = filter
  const field = filter.field.toLowerCase()
  if (field === 'sourceidentity/id' && operator === 'eq' && typeof value === 'string')
    return { ...NO_HINTS, externalId: value }
  if (field !== 'activitydatetime' || !(value instanceof Date)) return NO_HINTS
  const at = value.getTime()
  if (operator === 'gt' || operator === 'ge') return { ...NO_HINTS, from: operator === 'gt' ? at + 1 : at }
  if (operator === 'lt' || operator === 'le') return { ...NO_HINTS, to: operator === 'lt' ? at - 1 : at }
  return operator === 'eq' ? { from: at, to: at } : NO_HINTS
}
