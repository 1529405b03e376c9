import type { EventName } from '../model.ts'
import type { FindingCode } from './codes.ts'

/** A finding to raise. It contains no value of an employee. */
export interface NewFinding {
  readonly code: FindingCode
  /** What it is about, in one text: the same code about the same thing is raised once. */
  readonly about: string
  readonly employeeId: string | null
  readonly event: EventName | null
  /** Field names, instants and codes, never values. */
  readonly detail: string | null
}

/** A finding about one event. */
export function findingAboutEvent(
  code: FindingCode,
  event: EventName & { readonly employeeId: string },
  detail: string,
): NewFinding {
  const { source, id, employeeId } = event
  return { code, about: `${source}\n${id}`, employeeId, event: { source, id }, detail }
}
