import { valuesSchema } from './chart.ts'
import { jsonSchema } from '../../src/config/schema.ts'
import { renderCommands } from './commands.ts'
import { renderConfiguration } from './configuration.ts'
import { CONTRACT_FILES } from './contracts.ts'
import { renderErrors } from './errors.ts'
import { renderLicences } from './licences.ts'
import { renderReasons } from './reasons.ts'
import { withTables } from './tables.ts'

/**
 * The pages that are generated, wholly or in part: path in the repository → what the present text
 * becomes. `npm run docs` writes them.
 */
export const GENERATED_PAGES: Readonly<Record<string, (page: string) => string>> = {
  'docs/guides/alerts.md': withTables,
  'docs/guides/emergency-lane.md': withTables,
  'docs/guides/findings.md': withTables,
  'docs/guides/leavers.md': withTables,
  'docs/reference/commands.md': renderCommands,
  'docs/reference/configuration.md': renderConfiguration,
  'docs/reference/errors.md': renderErrors,
  'docs/reference/licences.md': renderLicences,
  'docs/reference/reasons.md': renderReasons,
  'docs/reference/telemetry.md': withTables,
  'deploy/helm/rollcall/values.schema.json': () => `${JSON.stringify(valuesSchema(), null, 2)}\n`,
  ...CONTRACT_FILES,
  'rollcall.schema.json': () => `${JSON.stringify(jsonSchema(), null, 2)}\n`,
}
