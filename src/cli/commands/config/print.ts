import { EXIT_CODES } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { printLines, printYaml } from '../../support/output.ts'

export const register: RegisterCommand = (config, { environment, finish }) => {
  config
    .command('print')
    .description('the configuration in force, as YAML with secrets masked')
    .action(async () => finish(await configPrint(environment)))
}

/** Prints the configuration in force, as YAML that a `rollcall.yaml` could contain. */
async function configPrint(environment: NodeJS.ProcessEnv): Promise<number> {
  const [{ readConfig }, { maskedYaml }] = await Promise.all([
    import('../../../compose/config.ts'),
    import('../../../config/masked-yaml.ts'),
  ])
  const config = readConfig(environment)
  printLines(`# in force: the environment${config.file ? ` over ${config.file.name}` : ''}`)
  printYaml(maskedYaml(config))
  return EXIT_CODES.done
}
