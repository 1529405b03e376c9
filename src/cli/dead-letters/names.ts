import { readConfig } from '../../compose/config.ts'
import { deadLetterContext } from '../../compose/dead-letters/replay.ts'
import { accountFinder } from '../../compose/directory.ts'
import { checkFiles, writeParts } from '../../compose/files.ts'
import { openExisting } from '../../compose/ledger/open.ts'
import { EXIT_CODES } from '../../core/errors.ts'
import { selectDeadLetters } from '../../core/report/dead-letters/selection/select.ts'
import { nameTable } from '../../core/report/user-names/table.ts'
import {
  type NameOwner,
  type NameProposal,
  proposeNames,
  type Proposals,
} from '../../core/report/user-names/propose.ts'
import { expectTexts } from '../support/options/texts.ts'
import { type Format, printJson, printTable, say } from '../support/output.ts'
import { keepSmall } from '../support/rows.ts'
import { requestOf, sayFound, type SelectionOptions } from './options.ts'

export interface NamesOptions extends SelectionOptions {
  readonly actor: string
  readonly justification: string
  readonly out?: string
  readonly max: number
  readonly output: Format
}

/**
 * Says who has the user names that employees were refused for, and proposes free ones. Changes
 * nothing: `replay --patch` with the file does. Exit 4 when no dead letter died of a name, 7 when no
 * free name was found for an employee, or the mapping computes it.
 */
export async function proposeUserNames(
  ids: readonly string[],
  options: NamesOptions,
  environment: NodeJS.ProcessEnv,
): Promise<number> {
  keepSmall()
  const { actor, justification, out } = options
  expectTexts({ actor, justification })
  checkFiles({ writable: { '--out': out } })
  const config = readConfig(environment)
  await using stack = new AsyncDisposableStack()
  const ledger = stack.adopt(await openExisting(config, 'write'), (it) => it.close())
  const context = deadLetterContext({ config, ledger, store: 'ledger', onNoLedger: say }, stack)
  const request = await requestOf(ids, options, ledger)
  const found = await context.withStores((stores) => selectDeadLetters(stores, request, context.takeIn, null))
  sayFound(found, options.max)
  const { rules, runtime } = context
  const proposed = await proposeNames(found.selected, {
    ledger,
    rules,
    policy: config.rules.userNames,
    now: runtime.now(),
    findAccounts: accountFinder(config, (why) => say(`the directory was not looked at: ${why}`)),
  })
  if (proposed.proposals.length === 0) {
    if (found.selected.length > 0) say('none of these dead letters died of a name that is taken')
    return EXIT_CODES.notFound
  }
  const employees = proposed.proposals.map(({ employeeId }) => employeeId)
  await ledger.recordDisclosure({ employees, actor, justification }, runtime.now())
  await show(proposed, options)
  return proposed.proposals.every(isComplete) ? EXIT_CODES.done : EXIT_CODES.partial
}

const isComplete = ({ free, attribute }: NameProposal): boolean => free.length > 0 && attribute !== null

async function show({ proposals, directoryAsked }: Proposals, { out, output }: NamesOptions): Promise<void> {
  if (output === 'json')
    printJson({
      directoryAsked,
      proposals: proposals.map(({ deadLetters, ...one }) => ({
        deadLetters: deadLetters.map(idOf),
        ...one,
      })),
    })
  else
    printTable(
      ['dead letter', 'employee', 'taken', 'by', 'free'],
      proposals.map(({ deadLetters, employeeId, taken, holder, free }) => [
        deadLetters.map(idOf).join(', '),
        employeeId,
        taken ?? '(no record to send)',
        ownerInWords(holder),
        free.join(', ') || '(none found)',
      ]),
    )
  const computed = proposals.filter(({ taken, attribute }) => taken !== null && attribute === null)
  if (computed.length > 0)
    say(
      `no attribute of ${computed.map(({ employeeId }) => employeeId).join(', ')} has this user name, because the mapping computes it: change what it is made of, at HR or in the mapping`,
    )
  if (out !== undefined) await write(out, proposals)
}

async function write(file: string, proposals: readonly NameProposal[]): Promise<void> {
  const table = nameTable(proposals)
  if (table === null) {
    say(`no name can be proposed, so ${file} was not written`)
    return
  }
  await writeParts(file, [table.text])
  const letters = table.deadLetters.length <= MOST_NAMED ? table.deadLetters.map(idOf).join(' ') : '…'
  say(
    `the first free name of each employee was written to ${file}, which holds personal data; change it if you like, then:`,
    `rollcall replay ${letters} --patch ${file} --dry-run`,
  )
}

/** Dead letters that are named in the command to go on with. */
const MOST_NAMED = 20
const idOf = (seq: number): string => `dl-${seq}`

function ownerInWords(owner: NameOwner | null): string {
  switch (owner?.kind) {
    case 'employee':
      return `employee ${owner.employeeId}`
    case 'account':
      return `account ${owner.objectId} (${owner.employeeId === null ? 'no employee id' : `employee id ${owner.employeeId}`})`
    case undefined:
      return '(not found)'
  }
}
