import type { DirectLedger } from '../../../core/direct/ledger.ts'
import { DEFAULT_DESTINATION, DEFAULT_QUOTA } from '../../../core/destinations/destination.ts'
import type { AlertLedger } from '../../../core/ledger/port/alerts.ts'
import type { BlockLedger } from '../../../core/ledger/port/blocks.ts'
import type { DeadLetterLedger } from '../../../core/ledger/port/dead-letters.ts'
import type { ReplayLedger } from '../../../core/ledger/port/replays.ts'
import type { EmergencyLedger } from '../../../core/emergency/ledger.ts'
import type { LeaverLedger } from '../../../core/ledger/port/leavers.ts'
import type { FindingLedger } from '../../../core/ledger/port/findings.ts'
import { readBook, saveLook } from '../alerts/book.ts'
import { alertEmployees } from '../alerts/employees.ts'
import { claimNotification, recordDelivery } from '../alerts/outbox.ts'
import { blockEmployees, listBlocks, unblockEmployee } from '../blocks/commands.ts'
import { markCopied, currentDeadLetters, takeUncopied } from '../dead-letters/copies.ts'
import { describeDeadLetters, newestDeadLetters } from '../dead-letters/newest.ts'
import { deadLetter, deadLetters, endDeadLetters, noteDiscarded } from '../dead-letters/dead-letters.ts'
import { beginEmergencyCall, endEmergencyCall, markEmergencyWaits } from '../emergency/calls.ts'
import { emergencyCallsIn } from '../emergency/period.ts'
import { emergencyCandidates, emergencyStatus } from '../emergency/read.ts'
import { releaseByFinding } from '../findings/elsewhere.ts'
import { acknowledgeFinding, findFinding, listFindings } from '../findings/findings.ts'
import { closedLeavers, endedLeavers } from '../leavers/ended.ts'
import { leaversIn } from '../leavers/period.ts'
import { openLeavers } from '../leavers/read.ts'
import { resendRest } from '../leavers/rest.ts'
import { acknowledgeLeavers, settleLeavers } from '../leavers/settle.ts'
import { replayEntries } from '../dead-letters/replay-entries.ts'
import {
  cancelReplay,
  endReplay,
  forgetEdits,
  freezeReplay,
  knownEvents,
  moveReplay,
  noteDecision,
  replayItems,
  replayRuns,
  takenIn,
} from '../dead-letters/replays.ts'
import { putBack } from '../dead-letters/put-back.ts'
import { spentBy } from '../direct/costs.ts'
import { beginWrite, endWrite } from '../direct/writes.ts'
import type { Transactions } from './transactions.ts'

/**
 * The methods of the ledger for what needs a person: dead letters, replays, leavers, blocks,
 * findings, alerts.
 */

export function deadLetterMethods({ write, read, instance }: Transactions): DeadLetterLedger {
  return {
    listDeadLetters: (query) => read((sql) => deadLetters(sql, query)),
    listNewestDeadLetters: (query) => read((sql) => newestDeadLetters(sql, query)),
    describeDeadLetters: (code, most) => read((sql) => describeDeadLetters(sql, code, most)),
    findDeadLetter: (seq) => read((sql) => deadLetter(sql, seq)),
    findCurrentDeadLetters: (seqs) => read((sql) => currentDeadLetters(sql, seqs)),
    endDeadLetters: (order, now) => write((sql) => endDeadLetters(sql, instance, order, now)),
    recordDiscardedMessages: (entity, sequences, actor, reason, now) =>
      write((sql) => noteDiscarded(sql, entity, sequences, actor, reason, now)),
    listUncopiedDeadLetters: (limit) => read((sql) => takeUncopied(sql, limit)),
    markDeadLettersCopied: (ids, now) => write((sql) => markCopied(sql, ids, now)),
  }
}

export function replayMethods({ write, read }: Transactions): ReplayLedger {
  return {
    findKnownEvents: (names) => read((sql) => knownEvents(sql, names)),
    freezeReplay: (order, now) => write((sql) => freezeReplay(sql, order, now)),
    pauseReplay: (run, actor, justification, at) =>
      write((sql) => noteDecision(sql, 'paused', run, { at, actor, justification })),
    resumeReplay: (run, actor, justification, at) =>
      write((sql) => noteDecision(sql, 'resumed', run, { at, actor, justification })),
    listReplays: (query) => read((sql) => replayRuns(sql, query)),
    cancelReplay: (order, now) => write((sql) => cancelReplay(sql, order, now)),
    listReplayEntries: (run, after, limit) => read((sql) => replayEntries(sql, run, after, limit)),
    listReplayItems: (run, entity, stage, limit) =>
      read((sql) => replayItems(sql, run, entity, stage, limit)),
    moveReplayItems: (run, entity, moves, now) => write((sql) => moveReplay(sql, run, entity, moves, now)),
    putBackDeadLetters: (run, parts, now) => write((sql) => putBack(sql, run, parts, now)),
    endReplay: (run, now) => write((sql) => endReplay(sql, run, now)),
    forgetReplayEdits: (before, now) => write((sql) => forgetEdits(sql, before, now)),
    findCopiesTakenIn: (messageIds) => read((sql) => takenIn(sql, messageIds)),
  }
}

export function leaverMethods({ write, read }: Transactions): LeaverLedger {
  return {
    listOpenLeavers: (query) => read((sql) => openLeavers(sql, query)),
    settleLeavers: (steps, now) => write((sql) => settleLeavers(sql, steps, now)),
    resendLeaverRest: (order, now) => write((sql) => resendRest(sql, order, now)),
    acknowledgeLeavers: (order, now) => write((sql) => acknowledgeLeavers(sql, order, now)),
    listClosedLeavers: (query) => read((sql) => closedLeavers(sql, query)),
    listEndedLeavers: (query) => read((sql) => endedLeavers(sql, query)),
    listLeaversIn: (query) => read((sql) => leaversIn(sql, query)),
  }
}

export function emergencyMethods({ write, read }: Transactions): EmergencyLedger {
  return {
    readEmergencyStatus: (now, destination = DEFAULT_DESTINATION, quota = DEFAULT_QUOTA) =>
      read((sql) => emergencyStatus(sql, { destination, quota }, now)),
    listEmergencyCandidates: (query, at = DEFAULT_DESTINATION) =>
      read((sql) => emergencyCandidates(sql, at, query)),
    beginEmergencyCall: (order, now) => write((sql) => beginEmergencyCall(sql, order, now)),
    endEmergencyCall: (call, answer, now) => write((sql) => endEmergencyCall(sql, call, answer, now)),
    markEmergencyWaits: (waits, at = DEFAULT_DESTINATION) =>
      write((sql) => markEmergencyWaits(sql, at, waits)),
    listEmergencyCallsIn: (query) => read((sql) => emergencyCallsIn(sql, query)),
  }
}

export function directMethods({ write, read, instance }: Transactions): DirectLedger {
  return {
    beginDirectWrite: (order, now, at = DEFAULT_DESTINATION) =>
      write((sql) => beginWrite(sql, at, order, now)),
    endDirectWrite: (end, now, destination = DEFAULT_DESTINATION) =>
      write((sql) => endWrite(sql, { instance, destination }, end, now)),
    readDirectSpending: (now, at = DEFAULT_DESTINATION) => read((sql) => spentBy(sql, at, now)),
  }
}

export function blockMethods({ write, read }: Transactions): BlockLedger {
  return {
    blockEmployees: (orders, now) => write((sql) => blockEmployees(sql, orders, now)),
    unblockEmployee: (order, now) => write((sql) => unblockEmployee(sql, order, now)),
    listBlocks: (query) => read((sql) => listBlocks(sql, query)),
  }
}

export function findingMethods({ write, read }: Transactions): FindingLedger {
  return {
    listFindings: (query) => read((sql) => listFindings(sql, query)),
    findFinding: (seq) => read((sql) => findFinding(sql, seq)),
    acknowledgeFinding: (acknowledgement, now) =>
      write(async (sql) => {
        const done = await acknowledgeFinding(sql, acknowledgement, now)
        if (done) await releaseByFinding(sql, acknowledgement.seq, now)
        return done
      }),
  }
}

export function alertMethods({ write, read }: Transactions): AlertLedger {
  return {
    readAlerts: () => read(readBook),
    saveAlerts: (look) => write((sql) => saveLook(sql, look)),
    claimNotification: (query) => write((sql) => claimNotification(sql, query)),
    recordDelivery: (seq, delivery, now) => write((sql) => recordDelivery(sql, seq, delivery, now)),
    listAlertEmployees: (about, limit) => read((sql) => alertEmployees(sql, about, limit)),
  }
}
