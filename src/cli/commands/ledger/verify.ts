import type { VerifiedLedger } from '../../../compose/ledger/backup.ts'
import { EXIT_CODES } from '../../../core/errors.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { formatOption } from '../../support/options/options.ts'
import { type Format, printJson, printLines } from '../../support/output.ts'
import { reconcile, type Reconciliation } from '../../support/reconcile.ts'

export const register: RegisterCommand = (ledger, { environment, finish }) => {
  ledger
    .command('verify')
    .argument('[file]', 'a backup; without it LEDGER is verified')
    .description('check that a ledger is whole: its file, its schema and its books')
    .addOption(formatOption())
    .action(async (file, options) => finish(await verify(file ?? null, options, environment)))
}

/** Exit 0 when the ledger is whole, 3 when something in it does not agree. */
async function verify(
  file: string | null,
  { output }: { readonly output: Format },
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  const [{ readConfig }, { verifyLedger }] = await Promise.all([
    import('../../../compose/config.ts'),
    import('../../../compose/ledger/backup.ts'),
  ])
  const config = readConfig(environment)
  const verified = await verifyLedger(config, file)
  const books = reconcile(verified.totals, verified.stateCounts)
  if (output === 'json') printJson(describeVerified(verified, books))
  else printLines(...wordsOf(verified, books))
  return isSound(verified, books) ? EXIT_CODES.done : EXIT_CODES.unbalanced
}

export function isSound({ faults }: VerifiedLedger, { balanced }: Reconciliation): boolean {
  return faults.length === 0 && balanced
}

export function describeVerified({ faults, age, encryption }: VerifiedLedger, books: Reconciliation): object {
  const { wrong, employees, messages, operations, open } = books
  return {
    sound: faults.length === 0 && books.balanced,
    faults,
    wrong,
    employees,
    messages,
    operations,
    open,
    progress: age.progress,
    epoch: age.epoch,
    encryption,
  }
}

function encryptionInWords({ keys, everything }: VerifiedLedger['encryption']): string {
  if (keys.length === 0) return 'values are not encrypted'
  const by = `encrypted with key ${keys.join(' or ')}`
  return everything
    ? `values are ${by}`
    : `new values are ${by}, older ones may be in clear: rollcall ledger rotate-key encrypts them`
}

function wordsOf(verified: VerifiedLedger, books: Reconciliation): readonly string[] {
  const { employees, messages, operations, wrong } = books
  const found = [...verified.faults, ...wrong]
  return [
    `${employees} employees, ${messages} messages, ${operations} operations`,
    encryptionInWords(verified.encryption),
    ...(found.length === 0
      ? ['the file is whole and the books balance']
      : found.map((what) => `wrong: ${what}`)),
  ]
}
