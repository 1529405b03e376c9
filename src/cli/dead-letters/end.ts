import { deadLetterContext } from '../../compose/dead-letters/replay.ts'
import { readConfig } from '../../compose/config.ts'
import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import { deadLetterId, parseDeadLetterId } from '../../core/report/dead-letters/dead-letter.ts'
import { carryOutEnd, type EndPlan, type Ending, planEnd } from '../../core/report/dead-letters/end.ts'
import { selectDeadLetters } from '../../core/report/dead-letters/selection/select.ts'
import { openExisting } from '../../compose/ledger/open.ts'
import { confirmed } from '../support/options/confirm.ts'
import { type Format, printJson, printTable, say } from '../support/output.ts'
import { stopSignal } from '../../compose/process.ts'
import { keepSmall } from '../support/rows.ts'
import { requestOf, sayFound, sayNearlyMatching, type SelectionOptions, storeOf } from './options.ts'

export interface EndOptions extends SelectionOptions {
  readonly actor: string
  readonly justification: string
  readonly terminations?: boolean
  readonly dryRun: boolean
  readonly yes: boolean
  readonly max: number
  readonly output: Format
}

/**
 * Ends dead letters without replaying them: a discarded one counts as if it had never happened, an
 * archived one is only hidden. Exit 0 done, 4 nothing fits, 7 some were kept because they
 * deactivate an employee, or were named and are no longer dead letters; 8 some are locked on the
 * bus by another process, the user did not confirm, or the command was stopped.
 */
export async function endDead(
  how: Ending,
  ids: readonly string[],
  options: EndOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  keepSmall()
  const config = readConfig(environment)
  if (how === 'archive') refuseBus(ids, options)
  await using stack = new AsyncDisposableStack()
  const ledger = stack.adopt(await openExisting(config, options.dryRun ? 'read' : 'write'), (it) =>
    it.close(),
  )
  const store = how === 'archive' ? 'ledger' : storeOf(ids, options)
  const context = deadLetterContext({ config, ledger, store, onNoLedger: say }, stack)
  const selecting = await requestOf(ids, options, ledger)
  const found = await context.withStores((stores) =>
    selectDeadLetters(stores, selecting, context.takeIn, null),
  )
  sayFound(found, options.max)
  if (found.selected.length === 0) {
    await sayNearlyMatching(ledger, options.employee)
    return EXIT_CODES.notFound
  }
  const { terminations = false, actor, justification } = options
  const request = { how, terminations, actor, justification }
  const plan = await planEnd(found.selected, request, context)
  sayPlan(plan)
  const { becomeActive } = plan
  if (options.dryRun) {
    printResult(options.output, { [how]: plan.going.length, kept: plan.kept.length, becomeActive })
    return EXIT_CODES.done
  }
  const what = `${how} ${plan.going.length} ${plan.going.length === 1 ? 'dead letter' : 'dead letters'}`
  if (!(await confirmed({ what, typed: plan.going.length, yes: options.yes, dryRun: true })))
    return EXIT_CODES.stopped
  const result = await carryOutEnd(plan, request, {
    ...context,
    listenForStop: () => stack.use(stopSignal()).signal,
  })
  printResult(options.output, { ...result, becomeActive })
  if (result.held > 0) {
    say(
      'some are still on the bus: another process holds them locked, or the command was stopped; run the same command again',
    )
    return EXIT_CODES.stopped
  }
  return result.kept + found.missing.length > 0 ? EXIT_CODES.partial : EXIT_CODES.done
}

function refuseBus(ids: readonly string[], { store }: SelectionOptions): void {
  if (store === 'bus' || ids.some((id) => parseDeadLetterId(id)?.store === 'bus'))
    throw new RollcallError(
      'ArgumentInvalid',
      'only dead letters in the ledger can be archived; discard those on the bus, or leave them',
    )
}

function sayPlan({ becomeActive, kept }: EndPlan): void {
  for (const employeeId of becomeActive) say(`${employeeId} becomes active`)
  if (kept.length > 0)
    say(
      `${kept.length} deactivate their employee and are kept; --terminations discards them too: ${kept.slice(0, 5).map(deadLetterId).join(', ')} …`,
    )
}

function printResult(output: Format, result: Readonly<Record<string, number | readonly string[]>>): void {
  if (output === 'json') printJson(result)
  else
    printTable(
      ['dead letters', ''],
      Object.entries(result).map(([name, value]) => [name, typeof value === 'number' ? value : value.length]),
    )
}
