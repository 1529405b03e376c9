/** Bytes that may still be read for one employee. */
export interface ByteBudget {
  left: number
}

/** The text of an answer, taken off the budget; `null` when it is longer. Bytes that are not UTF-8 become U+FFFD. */
export async function textWithin(response: Response, budget: ByteBudget): Promise<string | null> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    budget.left -= chunk.byteLength
    if (budget.left < 0) return null
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

/** The wait that an answer asks for, an hour at most; `null` when it asks for none. */
export function retryAfterMs(response: Response): number | null {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3_600) * 1_000 : null
}

/** The code of what the network did: of the system if there is one, else the name of the error. Never its words. */
export function codeOfFailure(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error && 'code' in cause) return String(cause.code)
  return error instanceof Error ? error.name : 'Unknown'
}
