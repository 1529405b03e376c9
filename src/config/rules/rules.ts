import { RollcallError } from '../../core/errors.ts'
import { type EmergencyRules, emergencyRules } from '../../core/emergency/settings.ts'
import type { EmployeeIdForm } from '../../core/intake/event/employee-id.ts'
import { type Cleared, clearedOf } from '../../core/directory/attributes.ts'
import { type Properties, propertiesOf } from '../../core/directory/properties.ts'
import type { HrReader } from '../../core/intake/hydrate/loop.ts'
import { NoticeSettings } from '../../core/intake/hydrate/settings.ts'
import type { ConfiguredSource } from '../../core/intake/sources.ts'
import { HOLD } from '../../core/plan/fold/activation.ts'
import { compileMapping, type Mapping } from '../../core/plan/mapping/mapping.ts'
import type { Nulls } from '../../core/plan/mapping/rule.ts'
import { type Targets, targetsOf } from '../../core/plan/mapping/targets.ts'
import { type Pilot, pilotOf } from '../../core/plan/pilot.ts'
import type { Activation } from '../../core/plan/settings.ts'
import { type UserNamePolicy, userNamePolicy } from '../../core/report/user-names/policy.ts'
import type { Settings } from '../environment.ts'
import type { Problem } from '../path.ts'
import type { FileContent } from '../schema.ts'
import { type AlertThresholds, compileThresholds } from './alerts.ts'
import type { Compilation, RuleTools } from './compilation.ts'
import { type Destinations, destinationsOf, usedBy } from './destinations.ts'
import { mappingOf, placesOf, rulesOf } from './mapping.ts'
import { compileNotifications, type Notifications } from './notifications.ts'
import { shapeOf, shapesOf } from './shapes.ts'
import { configured, DEFAULT_SOURCE, readersOf, type SourceAddress, sourceAddressesOf } from './sources.ts'

/** How accounts of the directory are compared with the ledger. */
export interface DirectoryRules {
  /** By SCIM place, the property of an account that it is compared with. */
  readonly properties: Properties
  readonly manager: boolean
  readonly cleared: Cleared
}

/** The rules of the file, compiled. */
export interface Rules {
  readonly mapping: Mapping
  /** Whether a mapping, or a rule of the destinations, takes this worker attribute. */
  uses(path: string): boolean
  /** The SCIM places that the mapping fills, each once, and whether a cleared value is sent as null. */
  readonly places: ReadonlyMap<string, Nulls>
  readonly sources: readonly ConfiguredSource[]
  /** The HR readers of sources with `read`, by the configured name of the source. */
  readonly readers: ReadonlyMap<string, HrReader>
  readonly activation: Activation
  /** `null`: every employee is sent. */
  readonly pilot: Pilot | null
  /** `null`: every employee belongs to the job of `PROVISIONING_ENDPOINT`. */
  readonly destinations: Destinations | null
  /** `null`: leavers go by the provisioning job only. */
  readonly emergency: EmergencyRules | null
  /** Which attributes fill each attribute of the directory. */
  readonly targets: Targets
  /** Which user names are proposed instead of one that is taken. */
  readonly userNames: UserNamePolicy
  readonly directory: DirectoryRules
  readonly notices: NoticeSettings
  readonly alerts: AlertThresholds
  readonly notifications: Notifications
  /** Each queue and subscription once, in the order of the file. */
  readonly sourceAddresses: readonly SourceAddress[]
}

/**
 * Compiles mapping, shapes and sources. What cannot be used goes to `problems`, by its path in the
 * file.
 */
export function compileRules(
  file: Partial<FileContent>,
  settings: Settings,
  problems: Problem[],
  tools: RuleTools,
): Rules {
  const compilation: Compilation = {
    settings,
    problems,
    tools,
    attempt: (path, work) => {
      try {
        return work()
      } catch (error) {
        if (!(error instanceof RollcallError)) throw error
        problems.push({ path, message: `cannot be used: ${error.message}` })
        return null
      }
    },
  }
  const rules = rulesOf(file.mapping, problems)
  const mapping = mappingOf(rules, compilation) ?? compileMapping()
  const places = placesOf(rules)
  const destinations = destinationsOf(file.destinations, { mapping, places }, compilation)
  const uses = usedBy(mapping, destinations)
  const shapes = shapesOf(file.shapes, compilation)
  const given = file.sources ?? [DEFAULT_SOURCE]
  const sources = given.map((source, index) =>
    configured(source, settings, shapeOf(source, index, shapes, compilation)),
  )
  return {
    mapping,
    uses,
    places,
    destinations,
    sources,
    sourceAddresses: sourceAddressesOf(given, compilation),
    readers: readersOf(given, uses, compilation),
    activation: file.activation ?? HOLD,
    pilot: file.pilot ? pilotOf(file.pilot, formsOf(sources), tools.digest) : null,
    emergency: file.leavers?.emergency ? emergencyRules(file.leavers.emergency) : null,
    targets: targetsOf(file.targets),
    directory: {
      properties: propertiesOf(file.directory?.compare),
      manager: file.directory?.manager ?? false,
      cleared: clearedOf(
        file.directory?.cleared ?? 'ignored',
        rules.map(({ to }) => to),
      ),
    },
    userNames:
      compilation.attempt(['userNames', 'patterns'], () => userNamePolicy(file.userNames)) ??
      userNamePolicy(),
    notices: file.notices ?? NoticeSettings.parse({}),
    alerts: compileThresholds(file.alerts, settings, problems),
    notifications: compileNotifications(file.notifications, problems, (settings, path) =>
      compilation.attempt(path, () => tools.checkChannel(settings)),
    ),
  }
}

function formsOf(sources: readonly ConfiguredSource[]): readonly EmployeeIdForm[] {
  return sources.flatMap(({ source }) => source.employeeId ?? [])
}
