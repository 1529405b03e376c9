import { planRules, sourceNamed } from '../../compose/rules.ts'
import { EXIT_CODES } from '../../core/errors.ts'
import { knownDestinations } from '../../compose/destinations/list.ts'
import { employeeIdOf } from '../../core/intake/event/employee-id.ts'
import type { AccessAnswer } from '../../core/explain/access.ts'
import type { Ledger } from '../../core/ledger/ledger.ts'
import type { EmployeeView } from '../../core/ledger/port/inspect.ts'
import { type EventExplanation, type Explanation, explainEmployee } from '../../core/plan/explain.ts'
import { describeDate } from './event-date.ts'
import { describePart } from './event-part.ts'
import { accessJson, accessLines } from './access-lines.ts'
import { blockLines } from './block-lines.ts'
import { brakeJson, brakeLines } from './brake-lines.ts'
import { findByReference } from '../../core/explain/find.ts'
import { readAnswer } from '../../core/explain/read.ts'
import { nearlyMatching } from '../support/employees.ts'
import { iso, withIsoInstants } from '../support/instants.ts'
import { withLedger } from '../support/ledger.ts'
import { disclose, type DisclosureOptions, expectDisclosure } from '../support/options/disclosure.ts'
import { type Format, printJson, printLines, printTable, say } from '../support/output.ts'
import { displayValue, type Show, showing } from '../../core/display/personal.ts'
import { when } from '../support/screen/when.ts'
import { inForce } from '../support/running/in-force.ts'

const REFUSAL =
  'It decides by its own rules until it is restarted, so an explanation by others would be wrong. Restart it, use its configuration here, or add --own-config to see what the rules here would do'

export interface ExplainOptions extends DisclosureOptions {
  readonly ownConfig: boolean
  readonly output: Format
}

/**
 * Exit 0 when the reference is found, 4 when it is not. Changes nothing; showing values is audited.
 */
export function explain(
  environment: NodeJS.ProcessEnv,
  reference: string,
  options: ExplainOptions,
): Promise<number> {
  const access = expectDisclosure(options)
  return withLedger(
    environment,
    async (ledger, own) => {
      const { ownConfig } = options
      const { config, speaker } = await inForce(ledger, own, { ownConfig, rules: 'needed', refusal: REFUSAL })
      const rules = planRules(config)
      const found: Found[] = []
      const views = await findByReference(
        ledger,
        reference,
        (text) => ledger.findEmployees(text),
        ({ length }) => length > 0,
      )
      const now = Date.now()
      const answerFor = (employeeId: string): Promise<AccessAnswer | null> =>
        readAnswer(ledger, employeeId, {
          now,
          ...(rules.fold ? { fold: rules.fold } : {}),
          destinations: knownDestinations(config),
          running: speaker?.loops.includes('provision') ?? false,
        })
      for (const view of views) {
        const answer = view.event === null ? await answerFor(view.employee.employeeId) : null
        found.push({ view, access: answer, explanation: await explainEmployee(view.employee, now, rules) })
      }
      const [first, ...others] = found
      if (!first) {
        // A refused message may be all that names the employee.
        const answer = await answerFor(employeeIdOf(reference))
        return answer === null ? sayNotFound(ledger, reference) : printAnswer(answer, options.output)
      }
      await disclose(
        ledger,
        found.map(({ view }) => view.employee.employeeId),
        options,
      )
      const show = showing(options.showValues)
      if (options.output === 'json') {
        const rest = others.length > 0 ? { others: others.map((one) => toJson(one, show)) } : {}
        printJson(withIsoInstants({ ...toJson(first, show), ...rest }))
      } else for (const one of found) draw(one, show, (source) => sourceNamed(config, source).zone)
      return EXIT_CODES.done
    },
    access,
  )
}

function printAnswer(answer: AccessAnswer, output: Format): number {
  if (output === 'json') printJson({ employee: answer.employeeId, access: accessJson(answer) })
  else printLines(...accessLines(answer))
  return EXIT_CODES.done
}

async function sayNotFound(ledger: Ledger, reference: string): Promise<number> {
  say(
    `nothing in the ledger matches: give an event id, an employee id, a user name, a mail address, or any other reference that rollcall trace accepts${await nearlyMatching(ledger, reference)}`,
  )
  return EXIT_CODES.notFound
}

function eventsAskedFor(explanation: Explanation, view: EmployeeView): readonly EventExplanation[] {
  return explanation.events.filter(({ seq }) => view.event === null || seq === view.event)
}

interface Found {
  readonly view: EmployeeView
  readonly explanation: Explanation
  /** `null` when the reference names an event. */
  readonly access: AccessAnswer | null
}

function toJson({ explanation, view, access }: Found, show: Show): object {
  return {
    employee: explanation.employeeId,
    ...(access ? { access: accessJson(access) } : {}),
    at: explanation.at,
    nextAt: explanation.nextAt,
    blocked: explanation.blocked,
    brake: brakeJson(view.brake),
    events: eventsAskedFor(explanation, view),
    attributes: explanation.attributes.map((one) => ({ ...one, value: show(one.path, one.value) })),
    record: explanation.record.map(({ target, value, from, events }) => ({
      target,
      value: show(target, value),
      from,
      events,
    })),
  }
}

function draw({ explanation, view, access }: Found, show: Show, zoneOf: (source: string) => string): void {
  const lines = eventsAskedFor(explanation, view).flatMap((event) => [
    `event ${event.id} (${event.type}) from ${event.source}: ${event.state}${event.reason === null ? '' : ` (${event.reason})`}`,
    `  effective ${when(event.effectiveAt)}: ${describeDate(event, zoneOf(event.source))}`,
    `  recorded ${when(event.recordedAt)}`,
    ...event.countsFrom.map(
      ({ id }) => `  counts from event ${id} on, because HR recorded it later and dated it before`,
    ),
    ...describePart(event.part).map((line) => `  ${line}`),
  ])
  printLines(
    ...(access ? accessLines(access) : []),
    `employee ${explanation.employeeId} at ${iso(explanation.at)}`,
    ...blockLines(explanation.blocked),
    ...brakeLines(view.brake),
    ...lines,
    '',
  )
  printTable(
    ['in the record', 'value', 'made from', 'from event'],
    explanation.record.map(({ target, value, from, events }) => [
      target,
      displayValue(show(target, value)),
      from.join(', '),
      events.map(({ id }) => id).join(', '),
    ]),
  )
  if (explanation.nextAt !== null)
    printLines('', `next change without a new event: ${when(explanation.nextAt)}`)
}
