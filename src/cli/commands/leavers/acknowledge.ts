import { Option } from '@commander-js/extra-typings'
import type { Config } from '../../../config/load.ts'
import { EXIT_CODES, RollcallError } from '../../../core/errors.ts'
import { LEAVER_CAUSES } from '../../../core/leavers/causes.ts'
import { nameOf } from '../../../core/leavers/case-name.ts'
import type { Ledger } from '../../../core/ledger/ledger.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { confirmedOfMany, yesOption } from '../../support/options/confirm.ts'
import { asTyped, employeeNamed, nearlyMatching } from '../../support/employees.ts'
import { withLedger } from '../../support/ledger.ts'
import { actorOption, formatOption, justificationOption } from '../../support/options/options.ts'
import { expectTexts } from '../../support/options/texts.ts'
import { type Format, printJson, say } from '../../support/output.ts'
import { openCases } from './open-cases.ts'

export const register: RegisterCommand = (leavers, { environment, finish }) => {
  leavers
    .command('acknowledge')
    .description('close cases; the audit trail records who did it and why')
    .argument('[cases...]', 'employee ids or leaver-<number> (with --cause: all with that cause)')
    .addOption(
      new Option('--cause <cause>', 'all open cases with this cause').choices(Object.keys(LEAVER_CAUSES)),
    )
    .addOption(yesOption())
    .addOption(actorOption())
    .addOption(justificationOption())
    .addOption(formatOption())
    .action(async (cases, options) => finish(await acknowledgeLeavers(environment, cases, options)))
}

interface AcknowledgeOptions {
  readonly cause?: string | undefined
  readonly yes: boolean
  readonly actor: string
  readonly justification: string
  readonly output: Format
}

/**
 * Exit 0 when all were open, 4 when none was, 7 when some were not, 8 when the user did not
 * confirm.
 */
function acknowledgeLeavers(
  environment: NodeJS.ProcessEnv,
  names: readonly string[],
  { cause, yes, actor, justification, output }: AcknowledgeOptions,
): Promise<number> {
  if ((names.length === 0) === (cause === undefined))
    throw new RollcallError(
      'ArgumentInvalid',
      'name employees or cases, or use --cause for all with that cause',
    )
  expectTexts({ actor, justification })
  return withLedger(
    environment,
    async (ledger, config) => {
      const now = Date.now()
      const ids = cause === undefined ? [] : await idsByCause(ledger, config, now, cause)
      const missing: string[] = []
      for (const name of names) {
        const found = await idsByName(ledger, config, now, name)
        if (found.length === 0) missing.push(name)
        ids.push(...found)
      }
      const what = `acknowledge ${ids.length} leaver cases`
      if (!(await confirmedOfMany(ids.length, { what, yes }))) return EXIT_CODES.stopped
      const acknowledged = await ledger.acknowledgeLeavers({ ids, actor, justification }, now)
      if (output === 'json')
        printJson({ acknowledged: acknowledged.map(nameOf), notOpen: missing, actor, justification })
      else {
        say(`${acknowledged.length} leaver cases acknowledged by ${actor}: ${justification}`)
        if (missing.length > 0) say(`${missing.length} of the names have no open case; see rollcall leavers`)
      }
      for (const name of missing) await sayNearlyMatching(ledger, name)
      if (acknowledged.length === 0) return EXIT_CODES.notFound
      return missing.length === 0 ? EXIT_CODES.done : EXIT_CODES.partial
    },
    'write',
  )
}

async function idsByCause(ledger: Ledger, config: Config, now: number, cause: string): Promise<number[]> {
  const ids: number[] = []
  for await (const { leaverCase, assessment } of openCases(ledger, config, { now, employeeId: null }))
    if (assessment.cause === cause) ids.push(leaverCase.id)
  return ids
}

const CASE = /^leaver-(\d{1,15})$/

async function sayNearlyMatching(ledger: Ledger, name: string): Promise<void> {
  const candidates = CASE.test(name.trim()) ? '' : await nearlyMatching(ledger, name)
  if (candidates !== '') say(`${asTyped(name)} has no open case${candidates}`)
}

/** The case `leaver-<number>`, or the open cases of an employee. */
async function idsByName(
  ledger: Ledger,
  config: Config,
  now: number,
  name: string,
): Promise<readonly number[]> {
  const number = CASE.exec(name.trim())?.[1]
  if (number !== undefined) return [Number(number)]
  const ids: number[] = []
  const employeeId = await employeeNamed(ledger, name)
  for await (const { leaverCase } of openCases(ledger, config, { now, employeeId })) ids.push(leaverCase.id)
  return ids
}
