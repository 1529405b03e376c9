import type { Config } from '../../../config/load.ts'
import { REPAIRABLE } from '../../../core/directory/difference.ts'
import { EXIT_CODES, RollcallError } from '../../../core/errors.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'
import type { Difference, DirectoryRead, Repair } from '../../../core/ledger/port/directory.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { withLedger } from '../../support/ledger.ts'
import { confirmed, yesOption } from '../../support/options/confirm.ts'
import {
  optionalActorOption,
  optionalJustificationOption,
  rowFormatOption,
} from '../../support/options/options.ts'
import { say } from '../../support/output.ts'
import { type Column, type RowFormat, rowWriter } from '../../support/rows.ts'
import { progress } from '../../support/screen/progress.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('diff')
    .option('--dry-run', 'raise no findings, hold no employee and repair nothing', false)
    .option('--repair', 'send the records of employees whose accounts differ once more', false)
    .addOption(optionalActorOption('with --repair: who asks'))
    .addOption(optionalJustificationOption('with --repair: why; keep personal data out of it'))
    .addOption(yesOption())
    .addOption(rowFormatOption())
    .action(async (options) => finish(await diff(environment, options)))
}

interface DiffOptions {
  readonly dryRun: boolean
  readonly repair: boolean
  readonly actor?: string | undefined
  readonly justification?: string | undefined
  readonly yes: boolean
  readonly output: RowFormat
}

/** Employees that are planned again in one transaction. */
const REPAIRED_AT_ONCE = 500

/**
 * Exit 0 when all accounts are as they should be, 9 when some are not, 7 when not all of them could
 * be read, 1 without the right to read them, 8 when the repair was not confirmed.
 */
async function diff(environment: NodeJS.ProcessEnv, options: DiffOptions): Promise<number> {
  const order = orderOf(options)
  return withLedger(
    environment,
    async (ledger, config) => {
      const { read, repairs } = await compareAll(ledger, config, options)
      sayRead(read)
      if (read.outcome === 'forbidden') return EXIT_CODES.failed
      if (order !== null && !(await repair(ledger, repairs, { ...options, ...order })))
        return EXIT_CODES.stopped
      if (read.outcome === 'incomplete') return EXIT_CODES.partial
      return read.differences === 0 ? EXIT_CODES.done : EXIT_CODES.attention
    },
    options.dryRun ? 'read' : 'write',
  )
}

interface Order {
  readonly actor: string
  readonly justification: string
}

/** Who repairs, and why; `null` without a repair. */
function orderOf({ repair, dryRun, actor = '', justification = '' }: DiffOptions): Order | null {
  if (!repair) return null
  if (!dryRun && (actor.trim() === '' || justification.trim() === ''))
    throw new RollcallError(
      'ArgumentInvalid',
      '--repair takes --actor and --justification, for the audit trail',
    )
  return { actor, justification }
}

const COLUMNS: readonly Column<Difference>[] = [
  ['code', 22, ({ code }) => code],
  ['employee', 20, ({ employee }) => employee?.employeeId ?? ''],
  ['detail', 0, ({ detail }) => detail],
]
const toJson = ({ code, employee, objectId, detail }: Difference): object => ({
  code,
  employeeId: employee?.employeeId ?? null,
  objectId: objectId === '' ? null : objectId,
  detail,
})

interface Compared {
  readonly read: DirectoryRead
  readonly repairs: readonly Repair[]
}

/** Prints each difference as it is found. */
async function compareAll(
  ledger: Ledger,
  config: Config,
  { dryRun, output }: DiffOptions,
): Promise<Compared> {
  const { compareByHand } = await import('../../../compose/directory.ts')
  const repairs = new Map<string, Repair>()
  const write = rowWriter(output, COLUMNS, toJson)
  const line = progress('accounts')
  const read = await compareByHand(config, ledger, dryRun, async (found, accounts) => {
    line.at(accounts)
    for (const one of found) await write.row(one)
    for (const one of found.flatMap((difference) => repairOf(difference) ?? []))
      repairs.set(one.employeeId, {
        ...one,
        enabled: one.enabled || repairs.get(one.employeeId)?.enabled === true,
      })
  })
  line.end()
  await write.end()
  return { read, repairs: [...repairs.values()] }
}

function repairOf({ code, employee }: Difference): Repair | null {
  if (employee === null || !REPAIRABLE.has(code)) return null
  return {
    employeeId: employee.employeeId,
    enabled: code === 'LeaverStillEnabled' || code === 'ActiveOnlyInDirectory',
  }
}

function sayRead({
  outcome,
  failure,
  accounts,
  matched,
  differences,
  skipped,
  requests,
}: DirectoryRead): void {
  const left = skipped === 0 ? '' : `, ${skipped} employees left out because something of them is under way`
  switch (outcome) {
    case 'forbidden':
      return say(
        'the users of the directory cannot be read: grant User.Read.All to the identity, with consent',
      )
    case 'incomplete':
      return say(
        `the directory could not be read to its end (${failure}): ${accounts} accounts compared, ${differences} differences${left}; nothing was called missing`,
      )
    case 'complete':
      return say(
        `${accounts} accounts compared, ${matched} of employees: ${differences} differences${left}; ${requests} requests`,
      )
  }
}

/** False when the operator did not confirm. */
async function repair(
  ledger: Pick<Ledger, 'repairAccounts'>,
  repairs: readonly Repair[],
  { actor, justification, yes, dryRun }: Order & Pick<DiffOptions, 'yes' | 'dryRun'>,
): Promise<boolean> {
  const what = `send the records of ${repairs.length} employees again`
  if (repairs.length === 0 || dryRun) {
    say(repairs.length === 0 ? 'there is nothing to repair' : `--repair would ${what}`)
    return true
  }
  if (!(await confirmed({ what, typed: repairs.length, yes, dryRun: true }))) return false
  let planned = 0
  for (let from = 0; from < repairs.length; from += REPAIRED_AT_ONCE) {
    const employees = repairs.slice(from, from + REPAIRED_AT_ONCE)
    planned += await ledger.repairAccounts({ employees, actor, justification }, Date.now())
  }
  say(`${planned} employees are planned again; brake, blocks and pilot hold them as anything else`)
  return true
}
