import { ENTERPRISE_USER } from '../plan/mapping/scim.ts'
import type { Nulls } from '../plan/mapping/rule.ts'
import { type JobFailures, limitUses, usesInWords } from './quarantine.ts'

/** How the provisioning job treats what is uploaded, as far as its schema and settings say so. */
export interface JobSchema {
  readonly mappings: readonly JobMapping[]
  /** The attributes of an uploaded user for which a null value may flow. */
  readonly flowsNull: ReadonlySet<string>
  /** What the job does to accounts: `Add`, `Update`, `Delete`. */
  readonly actions: ReadonlySet<string>
  /** The attributes that scoping filters look at; empty: every employee is in scope. */
  readonly scopedBy: readonly string[]
  /** The most accounts that one cycle disables; `null`: there is no threshold. */
  readonly deletionThreshold: number | null
  /** `null` before its first cycle. */
  readonly failures: JobFailures | null
}
export interface JobMapping {
  /** The attribute of the directory. */
  readonly target: string
  /** The attributes of an uploaded user that it is made of. */
  readonly sources: readonly string[]
  /** Above 0 for an attribute that finds existing accounts; the lowest is tried first. */
  readonly matchingPriority: number
  /** Set when an account is created, or while it has no value, and never changed. */
  readonly onCreate: boolean
}

/** What should be known about the job before records are sent to it. */
export interface SchemaRemark {
  /** `wrong`: the connector cannot work with this job. */
  readonly weight: 'wrong' | 'good to know'
  readonly say: string
}

/** More names than these are only counted. */
const MOST_NAMES = 8

export interface SentRecords {
  /** The SCIM places that the mapping fills. */
  readonly places: ReadonlyMap<string, Nulls>
  /** The brake holds more deactivations than this in its window. */
  readonly brakeAbsolute: number
}

/** Compares the job with the records that it is sent. Pure. */
export function judgeSchema(
  schema: JobSchema,
  { places, brakeAbsolute }: SentRecords,
): readonly SchemaRemark[] {
  const used = new Set(schema.mappings.flatMap(({ sources }) => sources.map(nameOf)))
  return [
    ...judgeMatching(schema),
    ...judgeActions(schema),
    ...judgeMapped(schema, [...places.keys()], used),
    ...judgeNulls(schema, places, used),
    ...judgeScope(schema),
    judgeThreshold(schema, brakeAbsolute),
    ...judgeFailures(schema),
  ]
}

const wrong = (say: string): SchemaRemark => ({ weight: 'wrong', say })
const known = (say: string): SchemaRemark => ({ weight: 'good to know', say })

/** The service takes the account that the attribute with the lowest priority finds. */
function judgeMatching({ mappings }: JobSchema): readonly SchemaRemark[] {
  const matching = mappings
    .filter(({ matchingPriority }) => matchingPriority > 0)
    .toSorted((one, other) => one.matchingPriority - other.matchingPriority)
  const [first] = matching
  if (!matching.some(({ sources }) => sources.includes('externalId')))
    return [
      wrong('no attribute that is made of externalId matches accounts; let employeeId match them first'),
    ]
  return !first || first.sources.includes('externalId')
    ? []
    : [
        known(
          `accounts are matched by ${first.target} first, which is not made of externalId: an account of another employee could be changed`,
        ),
      ]
}

function judgeActions({ actions }: JobSchema): readonly SchemaRemark[] {
  const missing = ['Add', 'Update'].filter((action) => !actions.has(action))
  return missing.length === 0
    ? []
    : [wrong(`the target object actions lack ${missing.join(' and ')}, so such operations are skipped`)]
}

/** `used`: the names of the attributes that the job's mappings are made of. */
function judgeMapped(
  { mappings }: JobSchema,
  places: readonly string[],
  used: ReadonlySet<string>,
): readonly SchemaRemark[] {
  const unmapped = places.filter((place) => !used.has(nameOf(place)))
  const onCreate = mappings.find(({ onCreate: only, sources }) => only && sources.includes('active'))
  const changing = new Set(
    mappings.flatMap(({ onCreate: only, sources }) => (only ? [] : sources.map(nameOf))),
  )
  const fixed = places.filter((place) => used.has(nameOf(place)) && !changing.has(nameOf(place)))
  return [
    ...(unmapped.includes('active') ? [wrong('active is not mapped, so no employee is ever disabled')] : []),
    ...(onCreate ? [wrong(`active is mapped to ${onCreate.target} for new accounts only`)] : []),
    ...listed(
      unmapped.filter((place) => place !== 'active'),
      'is sent and not mapped, so it does not reach the directory',
      'are sent and not mapped, so they do not reach the directory',
    ),
    ...listed(
      fixed.filter((place) => place !== 'active'),
      'is mapped for new accounts only, so later changes do not reach the directory',
      'are mapped for new accounts only, so later changes do not reach the directory',
    ),
  ]
}

/** Accounts are found or made by them, and Microsoft advises against clearing them. */
const KEYS = ['externalId', 'userName']
/** What is never null. */
const KEPT = [...KEYS, 'active']

/**
 * Clearing takes two gates: one of the source attribute, one of its mapping. The schema that Graph
 * documents shows the first only
 * (https://learn.microsoft.com/en-us/graph/api/resources/synchronization-attributemapping, and
 * clear-attribute-values.md of github.com/MicrosoftDocs/entra-docs).
 */
function judgeNulls(
  { flowsNull }: JobSchema,
  places: ReadonlyMap<string, Nulls>,
  used: ReadonlySet<string>,
): readonly SchemaRemark[] {
  const flows = new Set([...flowsNull].map(nameOf))
  const isWanted = (place: string, nulls: Nulls): boolean =>
    nulls === 'explicit' && !KEPT.includes(place) && used.has(nameOf(place))
  const wanted = [...places].flatMap(([place, nulls]) => (isWanted(place, nulls) ? [place] : []))
  const isOpen = (place: string): boolean => flows.has(nameOf(place))
  return [
    ...listed(
      wanted.filter((place) => !isOpen(place)),
      'is not cleared when HR clears it: turn on "Flow null values" for it',
      'are not cleared when HR clears them: turn on "Flow null values" for them',
    ),
    ...(wanted.some(isOpen)
      ? [
          known(
            '"Flow null values" has to be on in the mapping of an attribute as well, which Graph does not show: look in the portal',
          ),
        ]
      : []),
    ...listed(
      KEYS.filter(isOpen),
      'may be cleared ("Flow null values"), though accounts are found or made by it: turn that off',
      'may be cleared ("Flow null values"), though accounts are found or made by them: turn that off',
    ),
  ]
}

function judgeScope({ scopedBy }: JobSchema): readonly SchemaRemark[] {
  return scopedBy.length === 0
    ? []
    : [known(`a scoping filter on ${scopedBy.join(', ')} leaves employees out; their events end as skipped`)]
}

/** The brake holds the employees that it counts; the threshold stops the whole job. */
function judgeThreshold({ deletionThreshold }: JobSchema, brakeAbsolute: number): SchemaRemark {
  if (deletionThreshold === null)
    return known(
      'no accidental-deletion threshold is set; only the brake of Rollcall holds mass deactivations',
    )
  const says = `more than ${deletionThreshold} deactivations in one cycle put the job into quarantine`
  return known(
    deletionThreshold < brakeAbsolute
      ? `${says}, before the brake holds any (BRAKE_ABSOLUTE); raise the threshold above the brake, or lower the brake`
      : says,
  )
}

/** Failed operations beside the three limits of quarantine. */
function judgeFailures({ failures }: JobSchema): readonly SchemaRemark[] {
  if (failures === null || failures.withReferences === 0) return []
  return [known(`the job retries failed operations itself: ${usesInWords(limitUses(failures, 0))}`)]
}

function listed(names: readonly string[], one: string, several: string): readonly SchemaRemark[] {
  if (names.length === 0) return []
  const more = names.length > MOST_NAMES ? ` and ${names.length - MOST_NAMES} more` : ''
  return [known(`${names.slice(0, MOST_NAMES).join(', ')}${more} ${names.length === 1 ? one : several}`)]
}

/** Attribute lists of a job name the manager without its part. */
function nameOf(place: string): string {
  return place === `${ENTERPRISE_USER}:manager.value` ? `${ENTERPRISE_USER}:manager` : place
}
