import type { Depth } from '../../core/ledger/port/figures.ts'
import { alertJson } from '../commands/alerts.ts'
import { directToJson, laneToJson } from '../commands/emergency/spending.ts'
import { iso } from '../support/instants.ts'
import { jobToJson, submissionToJson } from './destination.ts'
import type { Status } from './status.ts'

export function statusToJson(status: Status): object {
  const { books, stateCounts, foreign, destinations, brake, findings } = status
  const [first, ...others] = destinations
  const { notAccepted } = first.submission
  return {
    ...books,
    operationsByState: stateCounts.operations,
    batchesByState: stateCounts.batches,
    nextAt: iso(status.nextAt),
    ...(others.length === 0
      ? {
          log: { readUntil: iso(first.readUntil), foreign },
          submission: submissionToJson(first),
          job: jobToJson(first.job),
        }
      : {
          log: { foreign },
          destinations: destinations.map((one) => ({
            name: one.name,
            logReadUntil: iso(one.readUntil),
            submission: submissionToJson(one),
            ...(one.direct ? { direct: directToJson(one.direct) } : { job: jobToJson(one.job) }),
          })),
        }),
    leavers: {
      open: status.leavers.count,
      oldestAt: iso(status.leavers.oldestAt),
      byCause: Object.fromEntries(status.leavers.causes.map(({ cause, count }) => [cause, count])),
    },
    emergency: laneToJson(status.emergency),
    notAccepted: {
      ...notAccepted,
      employees: notAccepted.employees.map((one) => ({ ...one, failedAt: iso(one.failedAt) })),
    },
    brake: {
      ...brake,
      heldSince: iso(brake.heldSince),
      allowance: brake.allowance && { ...brake.allowance, endsAt: iso(brake.allowance.endsAt) },
    },
    blocks: status.blocks,
    outsidePilot: status.outsidePilot,
    findings: findings.map(depthToJson),
    directory: status.directory && {
      ...status.directory,
      startedAt: iso(status.directory.startedAt),
      endedAt: iso(status.directory.endedAt),
    },
    deadLetters: status.deadLetters.map(depthToJson),
    busDeadLetters: status.busDeadLetters && {
      ...status.busDeadLetters,
      countedAt: iso(status.busDeadLetters.countedAt),
      codes: status.busDeadLetters.codes.map(depthToJson),
    },
    alerts: status.alerts.map(alertJson),
    alertsAt: iso(status.alertsAt),
  }
}

function depthToJson({ code, count, oldestAt }: Depth & { readonly code: string }): object {
  return { code, count, oldestAt: iso(oldestAt) }
}
