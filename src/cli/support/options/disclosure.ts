import type { Config } from '../../../config/load.ts'
import { optionalActorOption, optionalJustificationOption } from './options.ts'
import { RollcallError } from '../../../core/errors.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'

/** Who asks for personal values, and why; needed with `--show-values` only. */
export interface DisclosureOptions {
  readonly showValues: boolean
  readonly actor?: string | undefined
  readonly justification?: string | undefined
}

export const disclosureActorOption = () => optionalActorOption('with --show-values: who asks')
export const disclosureJustificationOption = () =>
  optionalJustificationOption('with --show-values: why; free text, so keep personal data out of it')

/**
 * The access to the ledger that the command needs. Throws `ArgumentInvalid` when values are asked
 * for without actor and justification.
 */
export function expectDisclosure({ showValues, actor, justification }: DisclosureOptions): 'read' | 'write' {
  if (!showValues) return 'read'
  if ((actor ?? '').trim() === '' || (justification ?? '').trim() === '')
    throw new RollcallError(
      'ArgumentInvalid',
      '--show-values takes --actor and --justification: who sees personal values is in the audit trail',
    )
  return 'write'
}

/** Writes the audit entries of these employees. To be called before anything is shown. */
export async function disclose(
  ledger: Pick<Ledger, 'recordDisclosure'>,
  employees: readonly string[],
  { showValues, actor, justification }: DisclosureOptions,
): Promise<void> {
  if (showValues && actor !== undefined && justification !== undefined)
    await ledger.recordDisclosure({ employees, actor, justification }, Date.now())
}

/** The same for a command that has opened the ledger to read only. */
export async function discloseIn(
  config: Config,
  employees: readonly string[],
  options: DisclosureOptions,
): Promise<void> {
  if (!options.showValues || employees.length === 0) return
  const { openExisting } = await import('../../../compose/ledger/open.ts')
  const ledger = await openExisting(config, 'write')
  try {
    await disclose(ledger, employees, options)
  } finally {
    await ledger.close()
  }
}
