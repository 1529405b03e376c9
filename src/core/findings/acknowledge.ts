import { RollcallError } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Acknowledgement } from '../ledger/port/findings.ts'
import { findingKind } from './codes.ts'

export type AcknowledgeResult = 'acknowledged' | 'already acknowledged' | 'unknown'

/** Acknowledges a finding. Throws `FindingNeedsMore` for one that acknowledging does not close. */
export async function acknowledgeFinding(
  ledger: Pick<Ledger, 'findFinding' | 'acknowledgeFinding'>,
  acknowledgement: Acknowledgement,
  now: number,
): Promise<AcknowledgeResult> {
  const { seq } = acknowledgement
  const finding = await ledger.findFinding(seq)
  if (finding === null) return 'unknown'
  const { acknowledging, fix } = findingKind(finding.code)
  if (acknowledging === null)
    throw new RollcallError('FindingNeedsMore', `finding-${seq} is not acknowledged: ${fix}`)
  return (await ledger.acknowledgeFinding(acknowledgement, now)) ? 'acknowledged' : 'already acknowledged'
}
