import { withStores } from '../../compose/dead-letters/stores.ts'
import { readConfig } from '../../compose/config.ts'
import { checkFiles, writeParts } from '../../compose/files.ts'
import type { Config } from '../../config/load.ts'
import { EXIT_CODES } from '../../core/errors.ts'
import type { DeadLetter, DeadLetterSelection } from '../../core/report/dead-letters/dead-letter.ts'
import { findMessage } from '../../core/report/dead-letters/find.ts'
import { type DeadLetterGroup, groupDeadLetters } from '../../core/report/dead-letters/groups.ts'
import { listDeadLetters } from '../../core/report/dead-letters/list.ts'
import type { Stores } from '../../core/report/dead-letters/stores.ts'
import { discloseIn, type DisclosureOptions, expectDisclosure } from '../support/options/disclosure.ts'
import type { ListOptions } from '../support/list/options.ts'
import { printList } from '../support/list/print.ts'
import { jsonText, say } from '../support/output.ts'
import { progress } from '../support/screen/progress.ts'
import { iso } from '../support/instants.ts'
import { keepSmall, type RowFormat } from '../support/rows.ts'
import { sayNearlyMatching, type SelectionOptions, selectionOf, withEmployee } from './options.ts'
import { COLUMNS, GROUP_COLUMNS, ledgerEmployees, readable } from './row.ts'

export interface DeadListOptions extends SelectionOptions, ListOptions {
  readonly output: RowFormat
}

/** Checks the options at once, and finds the employee once the stores are open. */
function selecting(options: SelectionOptions): (stores: Stores) => Promise<DeadLetterSelection> {
  const selection = selectionOf(options)
  return ({ findEmployeeIds }) => withEmployee(selection, findEmployeeIds)
}

/** Prints a row for each as it is found; nothing is locked. Exit 0, also when there is none. */
export async function listDead(environment: NodeJS.ProcessEnv, options: DeadListOptions): Promise<number> {
  keepSmall()
  const selected = selecting(options)
  return await withStores(readConfig(environment), options.store ?? null, say, async (stores) => {
    const letters = listDeadLetters(stores, await selected(stores), options.archived)
    const found = await printList(letters, { columns: COLUMNS, readable: (dead) => readable(dead), options })
    if (found === 0) await sayNearlyMatching(stores.ledger, options.employee)
    return EXIT_CODES.done
  })
}

/** Counts dead letters that failed in the same way. Exit 0, also when there is none. */
export async function groupDead(environment: NodeJS.ProcessEnv, options: DeadListOptions): Promise<number> {
  keepSmall()
  const selected = selecting(options)
  return await withStores(readConfig(environment), options.store ?? null, say, async (stores) => {
    const groups = await groupDeadLetters(listDeadLetters(stores, await selected(stores), options.archived))
    await printList(groups, { columns: GROUP_COLUMNS, readable: groupJson, options })
    return EXIT_CODES.done
  })
}

function groupJson({ firstAt, lastAt, ...group }: DeadLetterGroup): object {
  return { ...group, firstAt: iso(firstAt), lastAt: iso(lastAt) }
}

type ExportOptions = SelectionOptions & DisclosureOptions

/**
 * Writes a new file that only its owner can read, one JSON object a line. It holds bodies and
 * values of properties only with `showValues`. Throws `FileExists`.
 */
export async function exportDead(
  environment: NodeJS.ProcessEnv,
  file: string,
  options: ExportOptions,
): Promise<number> {
  keepSmall()
  const selected = selecting(options)
  if (options.store !== 'bus') expectDisclosure(options)
  checkFiles({ writable: { 'the file': file } })
  const config = readConfig(environment)
  return await withStores(config, options.store ?? null, say, async (stores) => {
    let count = 0
    const line = progress('dead letters')
    async function* lines(): AsyncGenerator<string> {
      const letters = listDeadLetters(stores, await selected(stores), options.archived)
      for await (const dead of disclosed(letters, config, options)) {
        line.at(++count)
        yield `${jsonText(await exported(stores, dead, options))}\n`
      }
    }
    await writeParts(file, lines())
    line.end()
    const content = options.showValues ? 'with personal data' : 'without bodies (--show-values)'
    say(`${count} dead letters written to ${file}, ${content}`)
    return EXIT_CODES.done
  })
}

/** Dead letters disclosed in one transaction. */
const DISCLOSED_AT_ONCE = 500

/** The same dead letters, each once it is in the audit trail who gets its values. */
async function* disclosed(
  letters: AsyncIterable<DeadLetter>,
  config: Config,
  options: DisclosureOptions,
): AsyncGenerator<DeadLetter> {
  let part: DeadLetter[] = []
  for await (const dead of letters) {
    part.push(dead)
    if (part.length < DISCLOSED_AT_ONCE) continue
    await discloseIn(config, ledgerEmployees(part), options)
    yield* part
    part = []
  }
  await discloseIn(config, ledgerEmployees(part), options)
  yield* part
}

async function exported(stores: Stores, dead: DeadLetter, { showValues }: ExportOptions): Promise<object> {
  const message = showValues ? await findMessage(stores, dead) : null
  if (!message) return readable(dead, showValues)
  const { contentType, properties, text: body } = message
  return { ...readable(dead, showValues), contentType, properties, body }
}
