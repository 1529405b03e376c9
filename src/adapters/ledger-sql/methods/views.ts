import type { AccessLedger } from '../../../core/ledger/port/views/access.ts'
import type { FigureLedger } from '../../../core/ledger/port/figures.ts'
import type { HeldLedger } from '../../../core/ledger/port/views/held.ts'
import type { InspectLedger } from '../../../core/ledger/port/inspect.ts'
import { recordBusDeadLetters } from '../dead-letters/bus-count.ts'
import { stateCounts, idle, totals } from '../inspect/counts.ts'
import { figures } from '../inspect/figures.ts'
import { countHeld, listHeld } from '../inspect/held.ts'
import { readHoldings } from '../inspect/holdings.ts'
import { nearMatches } from '../leavers/near-matches.ts'
import { readAccess } from '../inspect/access.ts'
import { recordDisclosure } from '../inspect/disclosures.ts'
import type { HistoryLedger } from '../../../core/ledger/port/views/history.ts'
import type { MoveLedger } from '../../../core/ledger/port/views/moves.ts'
import type { StageLedger } from '../../../core/ledger/port/views/stages.ts'
import { readHistory, recordHistory } from '../inspect/history.ts'
import { listStage } from '../inspect/stages.ts'
import { listAudit } from '../inspect/audit.ts'
import { movesIn } from '../inspect/past-moves.ts'
import { listEvents } from '../inspect/events.ts'
import { trace } from '../inspect/trace/trace.ts'
import { findEmployeeIds, findNameHolders } from '../names/account-names.ts'
import { findEmployees, employeePage, viewsOf } from '../inspect/views.ts'
import type { Transactions } from './transactions.ts'

/** The methods of the ledger that show what it holds. */

export function inspectMethods({ read, write }: Transactions): InspectLedger & AccessLedger {
  return {
    recordDisclosure: (disclosure, now) => write((sql) => recordDisclosure(sql, disclosure, now)),
    readAccess: (employeeId, now, quotas = {}) => read((sql) => readAccess(sql, employeeId, quotas, now)),
    readIdle: (now) => read((sql) => idle(sql, now)),
    readTotals: () => read(totals),
    readCounts: () =>
      read(async (sql) => ({ totals: await totals(sql), stateCounts: await stateCounts(sql) })),
    listEvents: (query) => read((sql) => listEvents(sql, query)),
    listAudit: (query) => read((sql) => listAudit(sql, query)),
    readTrace: (reference, query) => read((sql) => trace(sql, reference, query)),
    findEmployeeIds: (text) => read((sql) => findEmployeeIds(sql, text)),
    findNameHolders: (names) => read((sql) => findNameHolders(sql, names)),
    findEmployees: (reference) => read((sql) => findEmployees(sql, reference)),
    findNearMatches: (employeeId) =>
      read(async (sql) => (await nearMatches(sql, [employeeId])).get(employeeId) ?? []),
    readHoldings: (employeeId) => read((sql) => readHoldings(sql, employeeId)),
    readEmployees: (ids) => read((sql) => viewsOf(sql, ids)),
    listEmployees: (after, limit) => read((sql) => employeePage(sql, after, limit)),
  }
}

export function heldMethods({ read }: Transactions): HeldLedger {
  return {
    countHeld: (query) => read((sql) => countHeld(sql, query)),
    listHeld: (query) => read((sql) => listHeld(sql, query)),
  }
}

export function historyMethods({ write, read }: Transactions): HistoryLedger & StageLedger & MoveLedger {
  return {
    listMovesIn: (query) => read((sql) => movesIn(sql, query)),
    listStage: (query) => read((sql) => listStage(sql, query)),
    recordHistory: (query) => write((sql) => recordHistory(sql, query)),
    readHistory: (query) => read((sql) => readHistory(sql, query)),
  }
}

export function figureMethods({ write, read }: Transactions): FigureLedger {
  return {
    readFigures: (query) => read((sql) => figures(sql, query)),
    recordBusDeadLetters: (count) => write((sql) => recordBusDeadLetters(sql, count)),
  }
}
