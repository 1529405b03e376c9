import type { RegisterCommand } from '../support/command.ts'
import { disclosureActorOption, disclosureJustificationOption } from '../support/options/disclosure.ts'
import { formatOption, showValuesOption } from '../support/options/options.ts'
import { ownConfigOption } from '../support/running/in-force.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('explain')
    .argument('<reference>', 'event id, employee id, or any other reference that trace accepts')
    .addOption(ownConfigOption())
    .addOption(showValuesOption())
    .addOption(disclosureActorOption())
    .addOption(disclosureJustificationOption())
    .addOption(formatOption())
    .action(async (reference, options) =>
      finish(await (await import('../explain/explain.ts')).explain(environment, reference, options)),
    )
}
