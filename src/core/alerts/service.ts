import type { Ledger } from '../ledger/ledger.ts'
import { type Service, together } from '../service.ts'
import type { Channel } from './channel.ts'
import { deliveryLoop } from './deliver.ts'
import { type AlertContext, alertLoop, type AlertSettings } from './loop.ts'

export interface AlertServiceSettings extends AlertSettings {
  /** Address of the console, which messages link to. */
  readonly link: string | null
}

interface ServiceContext extends AlertContext {
  readonly ledger: Pick<
    Ledger,
    | 'readAlerts'
    | 'saveAlerts'
    | 'readFigures'
    | 'listInstances'
    | 'claimNotification'
    | 'recordDelivery'
    | 'listAlertEmployees'
  >
  readonly settings: AlertServiceSettings
  readonly channels: ReadonlyMap<string, Channel>
}

/** Looks for alerts and delivers notifications. Each channel has a loop of its own. */
export function alertService(context: ServiceContext): Service {
  const { ledger, runtime, settings, channels } = context
  const deliveries = [...channels].map(([name, channel]) =>
    deliveryLoop(name, channel, { ledger, runtime, link: settings.link }),
  )
  const alerts = alertLoop({
    ...context,
    onQueued: () => {
      for (const delivery of deliveries) delivery.wake()
    },
  })
  return together([[alerts, ...deliveries]], runtime)
}
