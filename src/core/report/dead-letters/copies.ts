import { unreachable } from '../../errors.ts'
import { ORIGINAL, writeOriginal } from '../../intake/shape/message-view.ts'
import type { DeadLetterCopy } from '../../ledger/port/dead-letters.ts'
import type { Ledger } from '../../ledger/ledger.ts'
import type { Sender, OutboxMessage, DeadLetterQueue, PeekedMessage } from '../../ports.ts'
import type { Runtime } from '../../runtime.ts'
import { loop, type Service, type WakeableService } from '../../service.ts'

/** What a copy carries beside the reason and the names of its event. */
export type CopyContent =
  /** Only the name of the event, which can be looked up in the ledger. */
  | { readonly kind: 'reference' }
  /** The original, so that tools of the bus can send it to its queue again. */
  | { readonly kind: 'whole' }
  /** The original, encrypted. */
  | { readonly kind: 'encrypted'; readonly seal: (text: string, about: string) => string }

export interface CopySettings {
  readonly content: CopyContent
  readonly pollMs: number
  readonly atOnce: number
  /** Time between two pages of the queue of copies. */
  readonly sweepMs: number
  /** Time after the last page. */
  readonly restMs: number
}

/** Properties that name the dead letter of a copy, beside those of the original. */
export const COPY_OF = 'rollcall-dead-letter'
export const COPY_REVISION = 'rollcall-revision'
export const COPY_REASON = 'rollcall-reason'
export const COPY_DETAIL = 'rollcall-detail'

/**
 * Sends a copy of every event that died in the ledger, for the tools and alerts of the bus: at
 * least once, always with the same id. An event that is no longer dead gets no copy.
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

/** Its properties name the dead letter. `content` decides how much of the original it contains. */
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

/** The associated data of an encrypted copy, so that one copy cannot replace another. */
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
 * Removes copies without a current dead letter: the event is no longer dead, died again, was
 * discarded or archived, or has a second copy. Each turn reads one page, so that its cost does not
 * depend on the number of copies; the stale ones are removed together. Messages from others are
 * left alone.
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
      // All at once, because each pass counts as a delivery of every message before a stale one.
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
