import { createHash } from 'node:crypto'
import { compileMapping, type PlainMapping } from '../../src/core/plan/mapping/mapping.ts'
import type { Employee, EmployeeEvent } from '../../src/core/ledger/employee.ts'
import type { PlanRules } from '../../src/core/plan/decide/planning.ts'
import { ledgerEvent } from './events.ts'

export const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
/** The default mapping; two employees with the same attributes have the same record. */
export const rules: PlanRules<PlainMapping> = { mapping: compileMapping(), digest }

/** An event of an employee as the ledger holds it, not planned yet. */
export function personEvent(seq: number, more: Partial<EmployeeEvent> = {}): EmployeeEvent {
  return { ...ledgerEvent(seq, more), state: 'received', reason: null, by: null, ...more }
}

/** An employee with these events, and no accepted record yet. */
export function employee(events: readonly EmployeeEvent[], more: Partial<Employee> = {}): Employee {
  return {
    employeeId: '10001',
    revision: 1,
    acceptedHash: null,
    known: false,
    unanswered: [],
    events,
    ...more,
  }
}

export const WORKER = { userName: 'ada@contoso.com', title: 'Engineer', active: true } as const
