import { microUsd, usdOf } from '../emergency/money.ts'
import { type Durations, durationsOf } from '../leavers/summary.ts'
import type { MoveRow } from './moves.ts'
import type { EvidenceRow } from './rows.ts'

/** The totals of a report. They follow from its rows alone. */
export interface EvidenceTotals {
  readonly leavers: {
    readonly cases: number
    /** By how the case stood at the end of the period. */
    readonly ended: Readonly<Record<string, number>>
    /** Of those with proof, by what gave it first. */
    readonly provenBy: Readonly<Record<string, number>>
    /** By nearest rank, of the cases with proof. */
    readonly proof: { readonly fromReceipt: Durations; readonly fromRecorded: Durations }
  }
  readonly emergency: {
    readonly calls: number
    /** By what the call did. */
    readonly results: Readonly<Record<string, number>>
    /** Of the calls that disabled an account, by how the operation ended in the job. */
    readonly job: Readonly<Record<string, number>>
    readonly usd: number
  }
  /** Only with moves in the period. */
  readonly moves?:
    | {
        readonly departures: number
        readonly outcomes: Readonly<Record<string, number>>
        /** From the receipt of the event, by nearest rank. */
        readonly disabled: Durations
        readonly enabled: Durations
      }
    | undefined
  /** By action. */
  readonly decisions: Readonly<Record<string, number>>
  readonly replays: Readonly<Record<string, number>>
  /** Dead letters that the replays of the period selected. */
  readonly deadLettersReplayed: number
  readonly configuration: number
  readonly disclosures: number
}

/** Adds rows up. Of a case with proof, and of a move, it keeps two numbers, of other rows nothing. */
export function totalsOfRows(): { add(row: EvidenceRow): void; totals(): EvidenceTotals } {
  const ended = new Map<string, number>()
  const provenBy = new Map<string, number>()
  const results = new Map<string, number>()
  const job = new Map<string, number>()
  const moves = totalsOfMoves()
  const decisions = new Map<string, number>()
  const replays = new Map<string, number>()
  const fromReceipt: number[] = []
  const fromRecorded: number[] = []
  let [cases, calls, micros, deadLetters, configuration, disclosures] = [0, 0, 0, 0, 0, 0]
  const add = (row: EvidenceRow): void => {
    switch (row.section) {
      case 'leavers':
        cases += 1
        count(ended, row.ended)
        if (row.provenBy !== null) count(provenBy, row.provenBy)
        if (row.proofMs !== null) fromReceipt.push(row.proofMs)
        if (row.proofFromRecordedMs !== null) fromRecorded.push(row.proofFromRecordedMs)
        return
      case 'emergency':
        calls += 1
        micros += microUsd(row.usd)
        count(results, row.result)
        if (row.result === 'disabled') count(job, row.job ?? 'removed')
        return
      case 'moves':
        return moves.add(row)
      case 'decisions':
        return count(decisions, row.action)
      case 'replays':
        if (row.action === 'replay') deadLetters += row.count
        return count(replays, row.action)
      case 'configuration':
        configuration += 1
        return
      case 'disclosures':
        disclosures += 1
        return
    }
  }
  return {
    add,
    totals: () => ({
      leavers: {
        cases,
        ended: sorted(ended),
        provenBy: sorted(provenBy),
        proof: { fromReceipt: durationsOf(fromReceipt), fromRecorded: durationsOf(fromRecorded) },
      },
      emergency: { calls, results: sorted(results), job: sorted(job), usd: usdOf(micros) },
      ...moves.totals(),
      decisions: sorted(decisions),
      replays: sorted(replays),
      deadLettersReplayed: deadLetters,
      configuration,
      disclosures,
    }),
  }
}

function totalsOfMoves(): { add(row: MoveRow): void; totals(): Pick<EvidenceTotals, 'moves'> } {
  const outcomes = new Map<string, number>()
  const disabled: number[] = []
  const enabled: number[] = []
  let departures = 0
  return {
    add: (row) => {
      departures += 1
      count(outcomes, row.outcome)
      if (row.disabledMs !== null) disabled.push(row.disabledMs)
      if (row.enabledMs !== null) enabled.push(row.enabledMs)
    },
    totals: () => {
      const times = { disabled: durationsOf(disabled), enabled: durationsOf(enabled) }
      return departures === 0 ? {} : { moves: { departures, outcomes: sorted(outcomes), ...times } }
    },
  }
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function sorted(counts: ReadonlyMap<string, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...counts].sort(([one], [other]) => (one < other ? -1 : 1)))
}
