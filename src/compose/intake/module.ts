import type { ThreadModule } from '../../adapters/ledger-sql/driver/thread/protocol.ts'
import type { Settings } from '../../config/environment.ts'
import type { Config } from '../../config/load.ts'
import type { FileContent } from '../../config/schema.ts'
import { settingsOf } from '../settings.ts'
import type { CommitSettings } from '../../core/intake/commit.ts'

/** What the thread needs to compile the same rules again: functions cannot be handed over. */
export interface IntakeModuleData {
  readonly settings: Settings
  readonly content: Partial<FileContent>
  readonly commit: Pick<CommitSettings, 'quietMs' | 'maxWaitMs' | 'skewMs'>
}

/** Intake in the ledger's thread, by the configuration that this process has read. */
export function intakeModule(config: Config): ThreadModule {
  const { rules: _rules, file, ...settings } = config
  const { quietMs, maxWaitMs, skewMs } = settingsOf(config, '').intake
  const data: IntakeModuleData = {
    settings,
    content: file?.content ?? {},
    commit: { quietMs, maxWaitMs, skewMs },
  }
  return { url: new URL('./thread.ts', import.meta.url).href, data }
}
