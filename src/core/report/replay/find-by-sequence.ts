import type { DeadLetterQueue, PeekedMessage } from '../../ports.ts'

/** Looked at in one request where several wanted ones lie close together; also how far apart these are. */
const CLOSE = 250n

/**
 * Those of the messages that are on the shelf, in ascending order, with as few requests as it takes. A number that is missing where its page says
 * it should be is asked for by itself, since the numbers of a partitioned queue do not rise all the way.
 */
export async function* pick(
  peek: DeadLetterQueue['peek'],
  sequences: Iterable<string>,
  signal?: AbortSignal,
): AsyncGenerator<PeekedMessage> {
  const ascending = [...sequences].map(BigInt).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  for (let at = 0; at < ascending.length;) {
    if (signal?.aborted) return
    const from = ascending[at] ?? 0n
    let close = at
    while (close < ascending.length && (ascending[close] ?? 0n) - from < CLOSE) close += 1
    const page = await peek(String(from), close - at === 1 ? 1 : Number(CLOSE))
    const there = new Map(page.map((message) => [message.sequence, message]))
    const last = page.at(-1)
    const reached = last === undefined ? from : BigInt(last.sequence)
    const asked = close - at
    for (; at < close; at += 1) {
      const one = ascending[at] ?? 0n
      if (one > reached && one !== from) break
      const found =
        there.get(String(one)) ?? (asked === 1 || one === from ? undefined : await alone(peek, String(one)))
      if (found) yield found
    }
  }
}

async function alone(peek: DeadLetterQueue['peek'], sequence: string): Promise<PeekedMessage | undefined> {
  const [message] = await peek(sequence, 1)
  return message?.sequence === sequence ? message : undefined
}
