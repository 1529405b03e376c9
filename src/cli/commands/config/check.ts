import { EXIT_CODES, RollcallError } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { printLines } from '../../support/output.ts'

export const register: RegisterCommand = (config, { environment, finish }) => {
  config
    .command('check')
    .description(
      'read the configuration and compile mapping, shapes and sources; name every error and its place, and what run still needs',
    )
    .argument('[file]', 'the file (default: ROLLCALL_CONFIG, or rollcall.yaml)')
    .action(async (file) => finish(await configCheck(environment, file)))
}

/**
 * Exit 0 when everything can be used, also when `run` needs more; otherwise `ConfigInvalid` says
 * what is wrong and where.
 */
async function configCheck(environment: NodeJS.ProcessEnv, name: string | undefined): Promise<number> {
  const [{ checkConfig }, { missingForRun, entitiesOfRun }] = await Promise.all([
    import('../../../compose/config.ts'),
    import('../../../compose/check/run-needs.ts'),
  ])
  const { config, problems, settings } = checkConfig(
    name === undefined ? environment : { ...environment, ROLLCALL_CONFIG: name },
  )
  if (config !== null) {
    const { rules, file } = config
    const where = file === null ? 'the environment' : file.name
    const queues = rules.sourceAddresses
      .map(({ entity, sessions }) => (sessions ? `${entity} (sessions)` : entity))
      .join(', ')
    printLines(
      `${where} can be used: ${rules.sources.length} source(s) on ${queues}; ${rules.places.size} mapped attributes`,
    )
    printLines(`run uses these queues and topics: ${entitiesOfRun(settings, rules).join(', ')}`)
  }
  const missing = missingForRun(settings, config?.rules ?? { destinations: null })
  if (missing.length > 0) printLines('run still needs:', ...missing.map((line) => `  ${line}`))
  else if (config !== null)
    printLines('run has every setting that it needs; rollcall check tries the connections')
  if (config === null) throw new RollcallError('ConfigInvalid', problems.join('\n'))
  return EXIT_CODES.done
}
