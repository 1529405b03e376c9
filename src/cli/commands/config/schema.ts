import { EXIT_CODES } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { printJson } from '../../support/output.ts'

export const register: RegisterCommand = (config, { finish }) => {
  config
    .command('schema')
    .description('JSON Schema of rollcall.yaml, for editors')
    .action(async () => {
      const { jsonSchema } = await import('../../../config/schema.ts')
      printJson(jsonSchema())
      finish(EXIT_CODES.done)
    })
}
