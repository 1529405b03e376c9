import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import type { RegisterCommand } from '../support/command.ts'
import { printLines, say } from '../support/output.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('health')
    .option('--live', 'only check whether it is alive', false)
    .action(async ({ live }) => finish(await health(environment, live ? 'livez' : 'readyz')))
}

const TIMEOUT_MS = 4_000

/** Exit 0 when the process at `HTTP_ADDRESS` says yes, 1 when it says no or does not answer. */
export async function health(environment: NodeJS.ProcessEnv, probe: 'readyz' | 'livez'): Promise<number> {
  const [{ readConfig }, { httpAddressOf, reachable }] = await Promise.all([
    import('../../compose/config.ts'),
    import('../../config/http-address.ts'),
  ])
  const address = httpAddressOf(readConfig(environment))
  if (address === null)
    throw new RollcallError(
      'ConfigInvalid',
      'HTTP_ADDRESS is not set; set it to the address of rollcall run, such as 127.0.0.1:9464',
    )
  try {
    const response = await fetch(`${reachable(address)}/${probe}`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
    })
    printLines(...(await response.text()).trimEnd().split('\n'))
    return response.ok ? EXIT_CODES.done : EXIT_CODES.failed
  } catch {
    say('rollcall: nothing answers at HTTP_ADDRESS')
    return EXIT_CODES.failed
  }
}
