import { EXIT_CODES } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { printLines } from '../../support/output.ts'

export const register: RegisterCommand = (config, { environment, finish }) => {
  config
    .command('check')
    .description(
      'read the configuration, compile mapping, shapes and sources, and report each error and its place',
    )
    .argument('[file]', 'the file (default: ROLLCALL_CONFIG, or rollcall.yaml)')
    .action(async (file) => finish(await configCheck(environment, file)))
}

/** Exit 0 when everything can be used; otherwise `ConfigInvalid` says what is wrong and where. */
async function configCheck(environment: NodeJS.ProcessEnv, name: string | undefined): Promise<number> {
  const { readConfig } = await import('../../../compose/config.ts')
  const { rules, file } = readConfig(
    name === undefined ? environment : { ...environment, ROLLCALL_CONFIG: name },
  )
  const where = file === null ? 'the environment' : file.name
  const queues = rules.sourceAddresses
    .map(({ entity, sessions }) => (sessions ? `${entity} (sessions)` : entity))
    .join(', ')
  printLines(
    `${where} can be used: ${rules.sources.length} source(s) on ${queues}; ${rules.mapped} mapped attributes`,
  )
  return EXIT_CODES.done
}
