import { EXIT_CODES, RollcallError } from '../../../core/errors.ts'
import { EMPLOYEE_COLUMNS, employeeIdOf } from '../../../core/intake/event/employee-id.ts'
import type { BlockOrder } from '../../../core/ledger/port/blocks.ts'
import type { JsonObject } from '../../../core/model.ts'
import { own } from '../../../core/own.ts'
import type { RegisterCommand } from '../../support/command.ts'
import { withLedger } from '../../support/ledger.ts'
import { actorOption, formatOption, justificationOption } from '../../support/options/options.ts'
import { type Format, printJson, printLines, say } from '../../support/output.ts'

export const register: RegisterCommand = (blocks, { environment, finish }) => {
  blocks
    .command('import')
    .description('block every employee of a file; a file with a wrong row blocks none of them')
    .argument(
      '<file>',
      'a .csv, .tsv or .jsonl file in UTF-8 with the columns employee and, if needed, until',
    )
    .addOption(actorOption('who blocks'))
    .addOption(justificationOption())
    .addOption(formatOption())
    .action(async (file, options) => finish(await importBlocks(environment, file, options)))
}

interface ImportOptions {
  readonly actor: string
  readonly justification: string
  readonly output: Format
}

const UNTIL = 'until'
/** More wrong rows than these need no names to be looked for. */
const MOST_NAMED = 20

/** Exit 0 when every employee of the file is blocked, 1 when a row is wrong and none is. */
async function importBlocks(
  environment: NodeJS.ProcessEnv,
  file: string,
  options: ImportOptions,
): Promise<number> {
  const { checkFiles } = await import('../../../compose/files.ts')
  checkFiles({ readable: { 'the file': file } })
  const now = Date.now()
  const { orders, wrong } = await readOrders(file, options, now)
  if (wrong.length > 0) {
    say(...wrong.slice(0, MOST_NAMED))
    say(
      `${wrong.length} rows are wrong, so no employee was blocked; put them right and import the file again`,
    )
    return EXIT_CODES.failed
  }
  return withLedger(
    environment,
    async (ledger) => {
      const blocked = await ledger.blockEmployees(orders, now)
      const unknown = blocked.filter(({ known }) => !known)
      if (options.output === 'json') printJson({ blocked: blocked.length, unknown })
      else {
        printLines(`${blocked.length} employees are blocked`)
        for (const { employeeId, candidates } of unknown)
          say(
            `${employeeId}: the ledger has no event of this employee yet${candidates.length === 0 ? '' : `; known ids that nearly match: ${candidates.join(', ')}`}`,
          )
      }
      return EXIT_CODES.done
    },
    'write',
  )
}

interface Orders {
  readonly orders: readonly BlockOrder[]
  /** What is wrong, by line; never a value. */
  readonly wrong: readonly string[]
}

async function readOrders(
  file: string,
  { actor, justification }: ImportOptions,
  now: number,
): Promise<Orders> {
  const [{ readBaseline }, { checkUtf8 }, { untilOf }] = await Promise.all([
    import('../../baseline/rows.ts'),
    import('../../baseline/utf8.ts'),
    import('../../support/options/instant-option.ts'),
  ])
  const known = { attributes: [UNTIL], uses: (path: string) => path === UNTIL, anyColumns: false }
  await checkUtf8(file)
  const orders = new Map<string, BlockOrder>()
  const wrong: string[] = []
  for await (const row of readBaseline({ file, delimiter: null, known })) {
    const read =
      'code' in row ? row.description : orderOf(row.attributes, (text) => untilOf('until', text, now))
    if (typeof read === 'string') wrong.push(`line ${row.row}: ${read}`)
    else if (orders.has(read.employeeId))
      wrong.push(`line ${row.row}: an earlier line names the same employee`)
    else orders.set(read.employeeId, { ...read, actor, justification })
  }
  return { orders: [...orders.values()], wrong }
}

/** What a row says, or what is wrong with it. */
function orderOf(
  attributes: JsonObject,
  readUntil: (text: string) => number,
): Pick<BlockOrder, 'employeeId' | 'until'> | string {
  const given = EMPLOYEE_COLUMNS.map((column) => own(attributes, column)).find((value) => value !== undefined)
  const employeeId = typeof given === 'string' || typeof given === 'number' ? employeeIdOf(given) : ''
  if (employeeId === '') return 'no column names the employee'
  const until = own(attributes, UNTIL) ?? null
  if (until === null) return { employeeId, until: null }
  if (typeof until !== 'string') return 'until is not a text; write a day or an instant'
  try {
    return { employeeId, until: readUntil(until) }
  } catch (error) {
    if (error instanceof RollcallError) return error.message
    throw error
  }
}
