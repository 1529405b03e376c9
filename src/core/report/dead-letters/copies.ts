import { unreachable } from '../../errors.ts'
import { ORIGINAL, writeOriginal } from '../../intake/shape/message-view.ts'
import type { DeadLetterCopy } from '../../ledger/port/dead-letters.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Sender, OutboxMessage, DeadLetterQueue, PeekedMessage } from '../../ports.ts'
import type { Runtime } from '../../runtime.ts'
import { loop, type Service, type WakeableService } from '../../service.ts'

/** What a copy carries beside the reason and the names of its event. */
export type CopyContent =
  /** Nothing: whoever reads the queue is told where to look. */
  | { readonly kind: 'reference' }
  /** The original, so that a tool of the bus can send it to its queue again. */
  | { readonly kind: 'whole' }
  /** The original, for who has the key. */
  | { readonly kind: 'encrypted'; readonly seal: (text: string, about: string) => string }

export interface CopySettings {
  readonly content: CopyContent
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
 * A copy of every event that died in the ledger, for the tools and alerts of the bus: at least
 * once, under an id that is the same every time. What lives again before its copy went out needs
 * none.
 */
export function copyLoop(
  ledger: Pick<Ledger, 'listUncopiedDeadLetters' | 'markDeadLettersCopied'>,
  outlet: Sender<string>,
  settings: CopySettings,
  runtime: Runtime,
): WakeableService {
  return loop('copies', runtime, async () => {
    const rows = await ledger.listUncopiedDeadLetters(settings.atOnce)
    if (rows.length === 0) return settings.pollMs
    const standing = rows.filter(({ current: stands }) => stands)
    if (standing.length > 0)
      await outlet.send(standing.map((row) => copyMessage(row, settings.content, runtime.digest)))
    await ledger.markDeadLettersCopied(
      rows.map(({ id }) => id),
      runtime.now(),
    )
    return 0
  })
}

/**
 * Its properties say what it stands for; what it carries of the original is the choice of
 * `content`.
 */
export function copyMessage(
  copy: DeadLetterCopy,
  content: CopyContent,
  digest: Runtime['digest'],
): OutboxMessage<string> {
  const { source, eventId, employeeId, revision, seq, code, detail, original } = copy
  const carried = carriedBy(copy, content)
  return {
    id: digest(`dead letter\n${source}\n${eventId}\n${revision}`),
    subject: employeeId,
    contentType: carried.contentType,
    body: carried.body,
    ...(original?.sessionId === null || original?.sessionId === undefined
      ? {}
      : { sessionId: original.sessionId }),
    properties: {
      ...carried.properties,
      [COPY_OF]: `dl-${seq}`,
      [COPY_REVISION]: revision,
      [COPY_REASON]: code,
      ...(detail === null ? {} : { [COPY_DETAIL]: detail }),
    },
  }
}

/** What an encrypted copy is sealed about, so that none can be passed off as another. */
export const sealedAbout = (seq: number, revision: number): string => `dl-${seq}\n${revision}`

function carriedBy(
  { source, eventId, seq, revision, original }: DeadLetterCopy,
  content: CopyContent,
): Pick<OutboxMessage<string>, 'contentType' | 'body' | 'properties'> {
  const reference = {
    contentType: 'application/json',
    body: JSON.stringify({ source, id: eventId }),
    properties: {},
  }
  if (original === null) return reference
  const properties: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(original.properties))
    if (!name.startsWith('rollcall-') && value !== null) properties[name] = value
  properties[ORIGINAL] = writeOriginal(original)
  const contentType = original.contentType ?? 'application/json'
  switch (content.kind) {
    case 'reference':
      return reference
    case 'whole':
      return { contentType, body: original.body, properties }
    case 'encrypted': {
      const text = JSON.stringify({ contentType, body: original.body, properties })
      return {
        contentType: 'application/vnd.rollcall.sealed+json',
        body: content.seal(text, sealedAbout(seq, revision)),
        properties: {},
      }
    }
    default:
      return unreachable(content)
  }
}

/**
 * Takes copies off their queue that stand for nothing any more: their event lives again, died anew,
 * was discarded or archived, or has a second copy. They are looked for a page a turn, so that the
 * cost of a turn does not depend on how many there are, and taken away together. A message nobody
 * here sent is left alone.
 */
export function sweepLoop(
  ledger: Pick<Ledger, 'findCurrentDeadLetters'>,
  shelf: DeadLetterQueue,
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
      // All at once: whatever lies before a stale one is passed over, and each pass counts as a
      // delivery of it.
      if (stale.size > 0) await shelf.remove(new Set(stale), signal)
      stale.clear()
      return settings.restMs
    }
    from = BigInt(last.sequence) + 1n
    for (const sequence of await staleAmong(ledger, page)) stale.add(sequence)
    return settings.sweepMs
  })
}

async function staleAmong(
  ledger: Pick<Ledger, 'findCurrentDeadLetters'>,
  page: readonly PeekedMessage[],
): Promise<ReadonlySet<string>> {
  const copies = page.flatMap((message) => {
    const [of, revision] = [message.properties[COPY_OF], message.properties[COPY_REVISION]]
    const seq = typeof of === 'string' && /^dl-\d+$/.test(of) ? Number(of.slice(3)) : null
    return seq === null ? [] : [{ sequence: message.sequence, seq, revision: Number(revision) }]
  })
  const standing = await ledger.findCurrentDeadLetters(copies.map(({ seq }) => seq))
  const stale = new Set<string>()
  const seen = new Set<number>()
  for (const { sequence, seq, revision } of copies.toReversed()) {
    if (standing.get(seq) !== revision || seen.has(seq)) stale.add(sequence)
    else seen.add(seq)
  }
  return stale
}
