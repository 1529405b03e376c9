import { readConfig } from '../../compose/config.ts'
import { type Format, printJson, say } from '../support/output.ts'
import { instantOf, iso } from '../support/rows.ts'
import { withLedger } from './status.ts'

export interface RestoredOptions {
  readonly since: string
  readonly actor: string
  readonly justification: string
  readonly output: Format
}

/** 0 when planning and sending go on, 4 when nothing was wrong with the ledger, 7 when the log is still to be read. */
export function ledgerRestored(
  environment: NodeJS.ProcessEnv,
  { since, actor, justification, output }: RestoredOptions,
): Promise<number> {
  const { LOG_MAX_LAG_MS, CLOCK_SKEW_MS } = readConfig(environment)
  const order = {
    since: instantOf('--since', since),
    actor,
    justification,
    lagMs: LOG_MAX_LAG_MS + CLOCK_SKEW_MS,
  }
  return withLedger(
    environment,
    async (ledger) => {
      const restored = await ledger.markRestored(order, Date.now())
      if (output === 'json') printJson(restored)
      switch (restored.kind) {
        case 'restored':
          say(`planning and sending go on, in epoch ${restored.epoch}`)
          return 0
        case 'not-older':
          say(
            'the ledger was not found to be older than the directory; rollcall run finds that out when it starts',
          )
          return 4
        case 'log-not-read':
          say(
            `the log is read until ${iso(restored.readUntil) ?? 'nowhere yet'} and has to be read until ${iso(restored.needed)}: let rollcall run read on, and say it again`,
          )
          return 7
      }
    },
    'write',
  )
}
