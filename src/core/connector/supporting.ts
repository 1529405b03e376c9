import { alertService } from '../alerts/service.ts'
import { directoryLoop } from '../directory/loop.ts'
import { historyLoop } from '../history/loop.ts'
import { retentionLoop } from '../plan/retain/loop.ts'
import type { SourceMessage } from '../ports.ts'
import { busCountLoop } from '../report/dead-letters/bus-count.ts'
import { copyLoop, sweepLoop } from '../report/dead-letters/copies.ts'
import type { Service } from '../service.ts'
import type { Assembly } from './assembly.ts'

/**
 * What runs beside the flow: counts and copies of dead letters, the comparison, retention and
 * alerts.
 */
export function supportingLoops<M extends SourceMessage>({
  ports: { ledger, accounts, directories, deadLetterReasons, copies, signs, channels },
  settings,
  runtime,
  inOneInstance,
}: Assembly<M>): Readonly<
  Record<'counting' | 'copying' | 'comparing' | 'retaining' | 'alerting', readonly Service[]>
> {
  const { busCount, directory, retention, alerts } = settings
  const startedAt = runtime.now()
  return {
    counting:
      deadLetterReasons && busCount
        ? [
            inOneInstance('dead-letters.count', () =>
              busCountLoop(ledger, deadLetterReasons, busCount, runtime),
            ),
          ]
        : [],
    copying: copies
      ? [
          inOneInstance('copies', () => copyLoop(ledger, copies.sender, settings.copies, runtime)),
          inOneInstance('copies.sweep', () => sweepLoop(ledger, copies.queue, settings.copies, runtime)),
        ]
      : [],
    comparing:
      accounts && directory
        ? [
            inOneInstance('directory', () =>
              directoryLoop(ledger, directories ?? [{ reader: accounts }], directory, runtime),
            ),
          ]
        : [],
    retaining: retention ? [inOneInstance('retention', () => retentionLoop(ledger, retention, runtime))] : [],
    alerting: alerts
      ? [
          inOneInstance('history', () => historyLoop(ledger, runtime)),
          inOneInstance('alerts', () =>
            alertService({
              ledger,
              settings: alerts,
              signs: signs ?? { receiving: null },
              startedAt,
              channels: channels ?? new Map(),
              runtime,
            }),
          ),
        ]
      : [],
  }
}
