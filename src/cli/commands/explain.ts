import { createHash } from 'node:crypto'
import { readConfig } from '../../compose/config.ts'
import type { EmployeeView } from '../../core/ledger/port/inspect.ts'
import { type Explanation, explainEmployee, type EventExplanation } from '../../core/plan/explain.ts'
import { planRules } from '../../compose/rules.ts'
import { shortened } from '../../core/visible.ts'
import { describePart } from '../support/event-part.ts'
import { type Format, printJson, printLines, printTable, say } from '../support/output.ts'
import { displayValue, type Show, showing } from '../support/personal.ts'
import { withLedger } from './status.ts'
import { readable } from './trace.ts'

export interface ExplainOptions {
  readonly output: Format
  readonly showValues: boolean
}

/** Why an event or a person is as it is. 0 when found, 4 when nothing has that name. Reads the ledger and changes nothing. */
export function explain(
  environment: NodeJS.ProcessEnv,
  reference: string,
  options: ExplainOptions,
): Promise<number> {
  return withLedger(environment, async (ledger) => {
    const views = await ledger.findEmployees(reference)
    const rules = planRules(readConfig(environment), digest)
    const found = await Promise.all(
      views.map(async (view) => ({
        view,
        explanation: await explainEmployee(view.employee, Date.now(), rules),
      })),
    )
    const [first, ...others] = found
    if (!first) {
      say(
        `nothing in the ledger is called ${shortened(reference)}: give an event id, an employee, or any other name that rollcall trace takes`,
      )
      return 4
    }
    const show = showing(options.showValues)
    const toJson = ({ explanation, view }: Found): object => json(explanation, view, show)
    if (options.output === 'json')
      printJson(readable({ ...toJson(first), ...(others.length > 0 ? { others: others.map(toJson) } : {}) }))
    else for (const { explanation, view } of found) draw(explanation, view, show)
    return 0
  })
}

export const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

function asked(explanation: Explanation, view: EmployeeView): readonly EventExplanation[] {
  return explanation.events.filter(({ seq }) => view.event === null || seq === view.event)
}

interface Found {
  readonly view: EmployeeView
  readonly explanation: Explanation
}

function json(explanation: Explanation, view: EmployeeView, show: Show): object {
  return {
    employee: explanation.employeeId,
    at: explanation.at,
    nextAt: explanation.nextAt,
    events: asked(explanation, view),
    attributes: explanation.attributes.map((one) => ({ ...one, value: show(one.path, one.value) })),
    record: explanation.record.map(({ target, value, from, events }) => ({
      target,
      value: show(target, value),
      from,
      events,
    })),
  }
}

function draw(explanation: Explanation, view: EmployeeView, show: Show): void {
  const lines = asked(explanation, view).flatMap((event) => [
    `event ${event.id} (${event.type}) from ${event.source}: ${event.state}${event.reason === null ? '' : ` (${event.reason})`}`,
    `  effective ${new Date(event.effectiveAt).toISOString()}, recorded ${new Date(event.recordedAt).toISOString()}`,
    ...describePart(event.part).map((line) => `  ${line}`),
  ])
  printLines(`employee ${explanation.employeeId} at ${new Date(explanation.at).toISOString()}`, ...lines, '')
  printTable(
    ['in the record', 'value', 'made of', 'from event'],
    explanation.record.map(({ target, value, from, events }) => [
      target,
      displayValue(show(target, value)),
      from.join(', '),
      events.map(({ id }) => id).join(', '),
    ]),
  )
  if (explanation.nextAt !== null)
    printLines('', `changes by itself at ${new Date(explanation.nextAt).toISOString()}`)
}
