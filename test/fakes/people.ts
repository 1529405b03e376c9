import { createHash } from 'node:crypto'
import { compileMapping, type PlainMapping } from '../../src/core/plan/mapping/mapping.ts'
import type { Employee, EmployeeEvent } from '../../src/core/ledger/employee.ts'
import type { PlanRules } from '../../src/core/plan/decide/planning.ts'
import { ledgerEvent } from './events.ts'

export const digest = (text: string): string => createHash('sha256').update(text).digest('hex')
/** The default mapping; two people with the same attributes have the same record. */
export const rules: PlanRules<PlainMapping> = { mapping: compileMapping(), digest }

/** An event of somebody as the ledger holds it, not looked at yet. */
export function personEvent(seq: number, more: Partial<EmployeeEvent> = {}): EmployeeEvent {
  return { ...ledgerEvent(seq, more), state: 'received', reason: null, by: null, ...more }
}

/** Somebody with these events, of whom the directory took nothing yet. */
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
