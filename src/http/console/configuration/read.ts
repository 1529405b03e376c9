import { proveMapping } from '../../../compose/check/mapping.ts'
import type { Proof } from '../../../compose/check/proof.ts'
import { proveSettings } from '../../../compose/check/settings.ts'
import { runningWith } from '../../../compose/instance/identity.ts'
import { releaseVersion } from '../../../compose/instance/release.ts'
import { LEDGER_SCHEMA } from '../../../compose/ledger/schema-version.ts'
import type { LedgerReadings } from '../../../compose/observe/measurements.ts'
import { mapSample } from '../../../compose/samples/mapping-sample.ts'
import type { Config } from '../../../config/load.ts'
import { maskedYaml } from '../../../config/masked-yaml.ts'
import { differences } from '../../../core/instances/differences.ts'
import type { InstanceView } from '../../../core/instances/state.ts'
import type { Json } from '../../../core/model.ts'

export interface InstanceRow extends InstanceView {
  /** What is not the same as in this process, by name. */
  readonly differs: readonly string[]
}

export interface ConfigurationPage {
  readonly yaml: string
  /** The file that the environment goes over; `null` without one. */
  readonly file: string | null
  /** What the mapping makes of a sample: place and value. `null` when it cannot be computed. */
  readonly sample: readonly (readonly [place: string, value: Json])[] | null
  /** The checks that touch neither bus nor directory. */
  readonly proofs: readonly Proof[]
  /** The last to start first; `null` while the ledger does not answer. */
  readonly instances: readonly InstanceRow[] | null
  readonly versions: { readonly release: string; readonly node: string; readonly schema: number }
}

/** What cannot change while the process runs is made once. */
export function configurationReader(config: Config) {
  const own = runningWith(config)
  const kept = {
    yaml: maskedYaml(config),
    file: config.file?.name ?? null,
    proofs: [...proveMapping(config), ...proveSettings(config)],
    versions: { release: releaseVersion(), node: process.version, schema: LEDGER_SCHEMA },
  }
  let mapped: Promise<ConfigurationPage['sample']> | null = null
  return async (readings: LedgerReadings | null): Promise<ConfigurationPage> => {
    mapped ??= mapSample(config).then(
      ({ mapped: { record } }) => placesOf(record),
      () => null,
    )
    const sample = await mapped
    // An expression may have failed for the moment only.
    if (sample === null) mapped = null
    const instances =
      readings?.instances.map((view) => ({ ...view, differs: differences(view, own) })) ?? null
    return { ...kept, sample, instances }
  }
}

/** The values of a record by their path, as the record holds them. */
function placesOf(value: Json, path = ''): readonly (readonly [string, Json])[] {
  if (Array.isArray(value) && path !== 'schemas')
    return value.flatMap((one, index) => placesOf(one, `${path}[${index}]`))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [[path, value]]
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'schemas'
      ? []
      : placesOf(inner, path === '' ? name : `${path}${name.startsWith('urn:') ? ' ' : '.'}${name}`),
  )
}
