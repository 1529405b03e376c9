import { span } from '../../core/display/span.ts'
import { typedAs } from '../support/typed-as.ts'

export interface DemoReport {
  readonly messages: number
  readonly duplicates: number
  readonly rejected: number
  readonly events: Readonly<Record<string, number>>
  readonly operations: number
  readonly calls: number
  readonly employees: number
  readonly elapsedMs: number
  readonly balanced: boolean
  readonly wrong: readonly string[]
}

/** Two lines: what was sent, and the outcomes of the events. */
export function linesOf(report: DemoReport): readonly string[] {
  const { messages, duplicates, rejected, employees, operations, calls, elapsedMs } = report
  const states = Object.entries(report.events).filter(([, count]) => count > 0)
  const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`
  return [
    `${counted(messages, 'message')} (${duplicates} repeated, ${rejected} unreadable) about ` +
      `${counted(employees, 'employee')} became ${counted(operations, 'operation')} in ${counted(calls, 'call')}, ` +
      `in ${span(elapsedMs)}; ` +
      (report.balanced ? 'books balanced' : `books not balanced: ${report.wrong.join('; ')}`),
    `events: ${states.map(([state, count]) => `${count} ${state}`).join(', ')}`,
  ]
}

/** What to type next: as `npm start` runs it in a checkout, and otherwise as it is installed. */
export function nextLine(
  { events }: DemoReport,
  ledger: string | undefined,
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (ledger === undefined) return 'next: --ledger FILE keeps the ledger, for rollcall status and trace'
  const dead = (events['dead-lettered'] ?? 0) > 0
  return `next: LEDGER=${ledger} ${typedAs(environment)} ${dead ? 'dead-letters list --store ledger' : 'status --allow-stopped'}`
}
