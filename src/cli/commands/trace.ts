import { hasSeveralDestinations } from '../../config/rules/several.ts'
import type { Config } from '../../config/load.ts'
import type { ConnectionAnswer } from '../../core/connections/connection.ts'
import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import type { EmployeeTrace, TraceCursor } from '../../core/ledger/port/views/trace.ts'
import type { RegisterCommand } from '../support/command.ts'
import { findByReference } from '../../core/explain/find.ts'
import { cursorOf, cursorText } from '../../core/explain/trace-cursor.ts'
import { nearlyMatching } from '../support/employees.ts'
import { withIsoInstants } from '../support/instants.ts'
import { withLedger } from '../support/ledger.ts'
import {
  disclose,
  disclosureActorOption,
  disclosureJustificationOption,
  type DisclosureOptions,
  expectDisclosure,
} from '../support/options/disclosure.ts'
import { limitOption } from '../support/list/options.ts'
import { formatOption, showValuesOption } from '../support/options/options.ts'
import { type Format, printJson, printLines, say } from '../support/output.ts'
import { HIDDEN, showing } from '../../core/display/personal.ts'

export const register: RegisterCommand = (program, { environment, finish }) => {
  program
    .command('trace')
    .argument(
      '<reference>',
      'event id, employee, operation (op-…), batch (batch-…), request id or Entra object id',
    )
    .option(
      '--since <instant>',
      'only what was received, planned, sent or ended since, as in 1h or 2026-11-02',
    )
    .addOption(limitOption())
    .option('--next <cursor>', 'the next page, as the page before names it')
    .option(
      '--connection',
      'also ask the service which account the job has for each employee: a preview of Graph, which needs a permission',
      false,
    )
    .addOption(showValuesOption('also show values and messages of the service, which may quote them'))
    .addOption(disclosureActorOption())
    .addOption(disclosureJustificationOption())
    .addOption(formatOption())
    .action(async (reference, options) => finish(await trace(environment, reference, options)))
}

interface TraceOptions extends DisclosureOptions {
  readonly output: Format
  readonly since?: string | undefined
  readonly limit?: number | undefined
  readonly next?: string | undefined
  readonly connection: boolean
}

/** As much as a person reads at once. */
const PAGE = 20

/** Exit 0 when the reference is found, 4 when it is not. */
async function trace(
  environment: NodeJS.ProcessEnv,
  reference: string,
  options: TraceOptions,
): Promise<number> {
  const [{ sinceOrNull }, { traceJson, traceLines }] = await Promise.all([
    import('../support/options/instant-option.ts'),
    import('../explain/trace-lines.ts'),
  ])
  const access = expectDisclosure(options)
  const now = Date.now()
  const query = {
    since: sinceOrNull('--since', options.since, now),
    limit: options.limit ?? PAGE,
    next: options.next === undefined ? null : cursorNamed(options.next),
  }
  return withLedger(
    environment,
    async (ledger, config) => {
      const found = await findByReference(
        ledger,
        reference,
        (text) => ledger.readTrace(text, query),
        (trace) => trace !== null,
      )
      if (!found) {
        say(
          `nothing in the ledger is called that: give an event id, an employee id, a user name, a mail address, an operation (op-…), a batch (batch-…), a request id or an Entra object id; rollcall dead-letters list --store bus shows what could not be read${await nearlyMatching(ledger, reference)}`,
        )
        return EXIT_CODES.notFound
      }
      const all = [found, ...found.others]
      await disclose(
        ledger,
        all.map(({ employee }) => employee.id),
        options,
      )
      const { showValues } = options
      const employees = showValues ? all : all.map(withoutServiceMessages)
      const show = showing(showValues)
      const connections = options.connection ? await connectionsOf(config, employees) : NOT_ASKED
      const next = found.next && cursorText(found.next)
      const several = hasSeveralDestinations(config)
      if (options.output === 'json')
        printJson(withIsoInstants({ ...traceJson(employees, { showValues, connections, several }), next }))
      else
        printLines(
          ...employees.flatMap((one) =>
            traceLines(one, { now, show, several, connection: connections.get(one.employee.id) ?? null }),
          ),
        )
      sayMore(employees, next)
      return EXIT_CODES.done
    },
    access,
  )
}

const NOT_ASKED: ReadonlyMap<string, ConnectionAnswer> = new Map()

async function connectionsOf(
  config: Config,
  employees: readonly EmployeeTrace[],
): Promise<ReadonlyMap<string, ConnectionAnswer>> {
  const { askForConnections } = await import('../../compose/connections.ts')
  return askForConnections(
    config,
    employees.map(({ employee }) => employee),
  )
}

/**
 * Says on stderr what the page leaves out. The reference is not repeated, because it may be a name.
 */
function sayMore(employees: readonly EmployeeTrace[], next: string | null): void {
  if (next !== null) say(`there is more: the same command with --next ${next}`)
  else if (employees.some(({ older }) => older))
    say('older events and operations are left out: trace one employee or event, or raise --limit')
}

function cursorNamed(text: string): TraceCursor {
  const cursor = cursorOf(text)
  if (cursor === null)
    throw new RollcallError('ArgumentInvalid', '--next must be a cursor that the page before named')
  return cursor
}

function withoutServiceMessages(employee: EmployeeTrace): EmployeeTrace {
  const operations = employee.operations.map((operation) => ({
    ...operation,
    reason: operation.reason === null ? null : HIDDEN,
  }))
  return { ...employee, operations }
}
