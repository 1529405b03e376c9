import type { Depth } from '../../core/ledger/port/figures.ts'
import { alertJson } from '../commands/alerts.ts'
import { laneToJson } from '../commands/emergency/lane-json.ts'
import { disabledAt } from '../../core/provision/quarantine.ts'
import { iso } from '../support/instants.ts'
import type { Status } from './status.ts'

export function statusToJson(status: Status): object {
  const { books, stateCounts, submission, brake, findings } = status
  return {
    ...books,
    operationsByState: stateCounts.operations,
    batchesByState: stateCounts.batches,
    nextAt: iso(status.nextAt),
    log: status.log,
    submission: {
      holds: status.holds,
      callsToday: submission.callTimes.length,
      callsPerDay: status.callsPerDay,
      waiting: submission.pending,
      forecast: { calls: status.forecast.calls, doneAt: iso(status.forecast.doneAt) },
    },
    job: jobToJson(status.job),
    leavers: {
      open: status.leavers.count,
      oldestAt: iso(status.leavers.oldestAt),
      byCause: Object.fromEntries(status.leavers.causes.map(({ cause, count }) => [cause, count])),
    },
    emergency: laneToJson(status.emergency),
    notAccepted: {
      ...submission.notAccepted,
      employees: submission.notAccepted.employees.map((one) => ({ ...one, failedAt: iso(one.failedAt) })),
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

function jobToJson({ report, limits }: Status['job']): object {
  const { quarantine } = report ?? { quarantine: null }
  return {
    code: report?.code ?? null,
    seenAt: iso(report?.seenAt ?? null),
    quarantine: quarantine && {
      reason: quarantine.reason,
      since: iso(quarantine.since),
      nextAttemptAt: iso(quarantine.nextAttempt),
      disabledAt: iso(disabledAt(quarantine)),
    },
    synchronized: report?.failures?.synchronized ?? null,
    failures: limits.map(({ limit, count, at }) => ({ limit, count, quarantineAt: at })),
  }
}

function depthToJson({ code, count, oldestAt }: Depth & { readonly code: string }): object {
  return { code, count, oldestAt: iso(oldestAt) }
}
