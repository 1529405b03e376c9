import type { DeadLetterQueue, PeekedMessage } from '../../ports.ts'

/** Messages in one request, and how far apart two wanted ones may be to share it. */
const PAGE = 250n

/**
 * Yields those of these messages that the queue holds, in ascending order and with few requests. A
 * message that is missing where its page should hold it is asked for alone, because sequence
 * numbers of a partitioned queue do not always ascend.
 */
export async function* findBySequence(
  peek: DeadLetterQueue['peek'],
  sequences: Iterable<string>,
  signal?: AbortSignal,
): AsyncGenerator<PeekedMessage> {
  const ascending = [...sequences].map(BigInt).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  for (let at = 0; at < ascending.length;) {
    if (signal?.aborted) return
    const from = ascending[at] ?? 0n
    let end = at
    while (end < ascending.length && (ascending[end] ?? 0n) - from < PAGE) end += 1
    const asked = end - at
    const page = await peek(String(from), asked === 1 ? 1 : Number(PAGE))
    const bySequence = new Map(page.map((message) => [message.sequence, message]))
    const last = page.at(-1)
    const reached = last === undefined ? from : BigInt(last.sequence)
    for (; at < end; at += 1) {
      const wanted = ascending[at] ?? 0n
      // The rest lies behind this page.
      if (wanted > reached && wanted !== from) break
      const inPage = bySequence.get(String(wanted)) ?? null
      const wasFirst = wanted === from
      const found = inPage ?? (wasFirst ? null : await peekOne(peek, String(wanted)))
      if (found) yield found
    }
  }
}

async function peekOne(peek: DeadLetterQueue['peek'], sequence: string): Promise<PeekedMessage | null> {
  const [message] = await peek(sequence, 1)
  return message?.sequence === sequence ? message : null
}
