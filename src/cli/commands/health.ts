import { readConfig } from '../../compose/config.ts'
import { RollcallError } from '../../core/errors.ts'
import { httpAddressOf, reachable } from '../../config/http-address.ts'
import { printLines, say } from '../support/output.ts'

const PATIENCE_MS = 4_000

/** For health checks of containers: asks the process that runs beside it. 0 when it says yes, 1 when it says no or nothing. */
export async function health(environment: NodeJS.ProcessEnv, of: 'ready' | 'live'): Promise<number> {
  const address = httpAddressOf(readConfig(environment))
  if (address === null)
    throw new RollcallError(
      'ConfigInvalid',
      'HTTP_ADDRESS is not set; it takes where rollcall run answers, such as 127.0.0.1:9464',
    )
  const url = `${reachable(address)}/${of === 'ready' ? 'readyz' : 'livez'}`
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })
    printLines(...(await response.text()).trimEnd().split('\n'))
    return response.ok ? 0 : 1
  } catch {
    say('rollcall: nobody answers at HTTP_ADDRESS')
    return 1
  }
}
