import { acknowledgeFinding } from '../../../core/findings/acknowledge.ts'
import { type FindingCode, findingKind } from '../../../core/findings/codes.ts'
import { ownPage } from '../../access/routes.ts'
import { type Asked, justificationOf, type Result, tickedIn } from './asked.ts'
import { unit } from '../layout.ts'
import { markup } from '../markup.ts'
import { confirmed, fingerprint } from './confirm.ts'

/** Records who looked at findings, and why they need no action. */
export async function acknowledgeFindings(asked: Asked): Promise<Result> {
  const { form, ledger, actor, now } = asked
  const to = ownPage(form.text('to') ?? '/findings')
  const seqs = tickedIn(form, 'finding')
  if (seqs.length === 0)
    return { refused: 'No finding was chosen', fix: 'Tick the findings to acknowledge.', to }
  const act = async (justification: string): Promise<Result> => {
    let acknowledged = 0
    for (const seq of seqs)
      if ((await acknowledgeFinding(ledger, { seq, actor, justification }, now)) === 'acknowledged')
        acknowledged += 1
    const others = seqs.length - acknowledged
    const was = others === 0 ? '' : `; ${unit(others, 'other')} had been before, or is not there any more`
    return { done: `${unit(acknowledged, 'finding')} acknowledged${was}`, to }
  }
  if (seqs.length === 1) return act(justificationOf(form))
  const codes = new Set<FindingCode>()
  for (const seq of seqs) {
    const finding = await ledger.findFinding(seq)
    if (finding !== null) codes.add(finding.code)
  }
  const kinds = [...codes].map(findingKind)
  return confirmed(
    asked,
    {
      path: '/findings/acknowledge',
      title: `Acknowledge ${unit(seqs.length, 'finding')}?`,
      facts: markup`<ul>${kinds.map(({ code, acknowledging }) => markup`<li><code>${code}</code>: ${acknowledging ?? 'acknowledging does not close it.'}</li>`)}</ul>`,
      label: `Acknowledge ${unit(seqs.length, 'finding')}`,
      count: seqs.length,
      seen: fingerprint(seqs.map(String)),
      fields: { to, finding: seqs.map(String) },
      back: to,
      current: null,
    },
    act,
  )
}
