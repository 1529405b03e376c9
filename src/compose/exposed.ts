import type { Config } from '../config/load.ts'
import type { Logger } from '../core/runtime.ts'

export const EXPOSED = 'group or others may read the file of this secret'

/** Logs which secrets other users of the machine may read. They are used all the same. */
export function warnOfExposed({ exposed }: Pick<Config, 'exposed'>, log: Pick<Logger, 'warn'>): void {
  if (exposed.length > 0)
    log.warn('secrets.exposed', { settings: [...exposed], what: `${EXPOSED}: chmod 600` })
}
