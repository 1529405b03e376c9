import assert from 'node:assert/strict'
import type { LogRecord } from '../../../../src/core/ledger/log-record.ts'
import type { Interim } from '../../../../src/core/ledger/port/report.ts'
import type { Sent, World } from './world.ts'

/** The operation that was sent for this employee. */
export const operationOf = (sent: Sent, employeeId: string): string =>
  sent.operations.get(employeeId) ?? assert.fail(`nothing of ${employeeId} was sent`)

/** One log record of the employee, joined with the operation. */
export const say = (
  world: World,
  employeeId: string,
  operation: string,
  interim: Interim | null,
  more: Partial<LogRecord> = {},
): Promise<void> =>
  world.correlate({ joins: [{ record: world.logRecord(employeeId, more), operation, interim }] })
