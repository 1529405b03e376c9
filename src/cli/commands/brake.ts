import { brakeOf } from '../../compose/connector.ts'
import { readConfig } from '../../compose/config.ts'
import { type Format, printJson, printTable, say } from '../support/output.ts'
import { withLedger } from './status.ts'

/** What the brake counts and holds. 0 when it holds nobody, 5 when it does. */
export function brakeStatus(environment: NodeJS.ProcessEnv, format: Format): Promise<number> {
  const settings = brakeOf(readConfig(environment))
  return withLedger(environment, async (ledger) => {
    const status = await ledger.readBrakeStatus(settings, Date.now())
    const heldSince = status.heldSince === null ? null : new Date(status.heldSince).toISOString()
    if (format === 'json') printJson({ ...status, heldSince, limits: settings })
    else
      printTable(
        ['brake', ''],
        [
          ['people put out in the window', status.employees],
          ['people active', status.active],
          ['limit', `${settings.absolute}, or ${settings.percent} % of the active above ${settings.floor}`],
          ['held', status.held],
          ['held since', heldSince ?? ''],
        ],
      )
    return status.held === 0 ? 0 : 5
  })
}

export function brakeRelease(
  environment: NodeJS.ProcessEnv,
  actor: string,
  justification: string,
  format: Format,
): Promise<number> {
  return withLedger(
    environment,
    async (ledger) => {
      const released = await ledger.releaseBrake(actor, justification, Date.now())
      if (format === 'json') printJson({ released, actor, justification })
      else say(`${released} people released by ${actor}: ${justification}`)
      return 0
    },
    'write',
  )
}
