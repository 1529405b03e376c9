import { when } from '../support/screen/when.ts'
import type { Part } from '../../core/plan/explain.ts'

/** The effect of an event, as lines for the terminal. They name attributes and never values. */
export function describePart(part: Part): readonly string[] {
  switch (part.kind) {
    case 'held':
      return [`held until ${when(part.until)}: ${part.why}`]
    case 'unread':
      return ['held until the employee is read from the HR system']
    case 'rescinded':
      return [`rescinded by ${part.by.id}`]
    case 'rescinds':
      return [part.known ? `rescinds ${part.names.id}` : `rescinds ${part.names.id} once that arrives`]
    case 'dead':
      return [
        part.blocksReactivation
          ? 'dead, but the employee stays disabled: active false still counts'
          : 'dead: not in the record',
      ]
    case 'in force':
      return describePartInForce(part)
  }
}

function describePartInForce({
  applied,
  superseded,
  same,
  unmapped,
}: Extract<Part, { kind: 'in force' }>): readonly string[] {
  const lines = [
    ...(applied.length > 0 ? [`applied: ${applied.join(', ')}`] : []),
    ...superseded.map(({ path, by }) => `superseded on ${path} by ${by.id}`),
    ...(same.length > 0 ? [`unchanged, already in the record: ${same.join(', ')}`] : []),
    ...(unmapped.length > 0 ? [`not mapped to the directory: ${unmapped.join(', ')}`] : []),
  ]
  return lines.length > 0 ? lines : ['unchanged: none of its attributes is mapped to the directory']
}
