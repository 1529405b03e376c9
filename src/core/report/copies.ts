import type { DeadLetterCopy, Ledger } from '../ledger/port.ts'
import type { Outlet, OutboxMessage, Shelf, ShelvedMessage } from '../ports.ts'
import { loop, type Runtime, type Service } from '../runtime.ts'

export interface CopySettings {
  readonly pollMs: number
  readonly atOnce: number
  /** Between two looks at a part of the queue of copies. */
  readonly sweepMs: number
  /** After the whole of it was looked at. */
  readonly restMs: number
}

/** What a copy says of the dead letter it stands for, beside what the original said. */
export const COPY_OF = 'rollcall-dead-letter'
export const COPY_REVISION = 'rollcall-revision'
export const COPY_REASON = 'rollcall-reason'
export const COPY_DETAIL = 'rollcall-detail'

/**
 * A copy of every event that died in the ledger, for the tools and alerts of the bus: at least once, under an id that is the same every time. What
 * lives again before its copy went out needs none.
 */
export function copying(
  ledger: Pick<Ledger, 'takeUncopied' | 'markCopied'>,
  outlet: Outlet<string>,
  settings: CopySettings,
  runtime: Runtime,
): Service & { wake(): void } {
  return loop('copies', runtime, async () => {
    const rows = await ledger.takeUncopied(settings.atOnce)
    if (rows.length === 0) return settings.pollMs
    const standing = rows.filter(({ stands }) => stands)
    if (standing.length > 0) await outlet.send(standing.map((row) => copyMessage(row, runtime.digest)))
    await ledger.markCopied(
      rows.map(({ id }) => id),
      runtime.now(),
    )
    return 0
  })
}

/** The body and the properties the event came with, so that whoever sends it to the queue it came from sends the same event. */
export function copyMessage(
  { source, eventId, employee, revision, seq, code, detail, original }: DeadLetterCopy,
  digest: Runtime['digest'],
): OutboxMessage<string> {
  const own = Object.entries(original?.properties ?? {}).filter(
    ([name, value]) => !name.startsWith('rollcall-') && value !== null,
  )
  return {
    id: digest(`dead letter\n${source}\n${eventId}\n${revision}`),
    subject: employee,
    contentType: original?.contentType ?? 'application/json',
    body: original?.body ?? JSON.stringify({ source, id: eventId }),
    ...(original?.sessionId === null || original?.sessionId === undefined
      ? {}
      : { sessionId: original.sessionId }),
    properties: {
      ...(Object.fromEntries(own) as Record<string, string | number | boolean>),
      [COPY_OF]: `dl-${seq}`,
      [COPY_REVISION]: revision,
      [COPY_REASON]: code,
      ...(detail === null ? {} : { [COPY_DETAIL]: detail }),
    },
  }
}

/**
 * Takes copies off their queue that stand for nothing any more: their event lives again, died anew, was discarded or archived, or has a second
 * copy. They are looked for a page a turn, so that the cost of a turn does not depend on how many there are, and taken away together. A message nobody
 * here sent is left alone.
 */
export function sweeping(
  ledger: Pick<Ledger, 'standingDead'>,
  shelf: Shelf,
  settings: CopySettings,
  runtime: Runtime,
): Service {
  let from = 0n
  const stale = new Set<string>()
  return loop('copies.sweep', runtime, async (signal) => {
    const page = await shelf.peek(String(from), settings.atOnce)
    const last = page.at(-1)
    if (last === undefined || BigInt(last.sequence) < from) {
      from = 0n
      // All at once: whatever lies before a stale one is passed over, and each pass counts as a delivery of it.
      if (stale.size > 0) await shelf.retire(new Set(stale), signal)
      stale.clear()
      return settings.restMs
    }
    from = BigInt(last.sequence) + 1n
    for (const sequence of await staleAmong(ledger, page)) stale.add(sequence)
    return settings.sweepMs
  })
}

async function staleAmong(
  ledger: Pick<Ledger, 'standingDead'>,
  page: readonly ShelvedMessage[],
): Promise<ReadonlySet<string>> {
  const copies = page.flatMap((message) => {
    const [of, revision] = [message.properties[COPY_OF], message.properties[COPY_REVISION]]
    const seq = typeof of === 'string' && /^dl-\d+$/.test(of) ? Number(of.slice(3)) : null
    return seq === null ? [] : [{ sequence: message.sequence, seq, revision: Number(revision) }]
  })
  const standing = await ledger.standingDead(copies.map(({ seq }) => seq))
  const stale = new Set<string>()
  const seen = new Set<number>()
  for (const { sequence, seq, revision } of copies.toReversed()) {
    if (standing.get(seq) !== revision || seen.has(seq)) stale.add(sequence)
    else seen.add(seq)
  }
  return stale
}
