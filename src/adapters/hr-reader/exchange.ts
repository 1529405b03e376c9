import { decodeText } from '../../core/intake/body/charset.ts'
import { charsetOf } from '../../core/intake/body/content-type.ts'

/** Bytes that may still be read for one employee. */
export interface ByteBudget {
  left: number
}

/** The text of an answer, or why there is none. */
export type AnswerText =
  | { readonly kind: 'text'; readonly text: string }
  /** It is longer than the budget. */
  | { readonly kind: 'too long' }
  /** `why` quotes nothing of it. */
  | { readonly kind: 'unreadable'; readonly why: string }

/**
 * Reads the text of an answer and takes it off the budget. Bytes that are not of the encoding it
 * names, or not UTF-8, are unreadable: decoded anyway, they would put U+FFFD into names.
 */
export async function textWithin(response: Response, budget: ByteBudget): Promise<AnswerText> {
  const chunks: Uint8Array[] = []
  for await (const chunk of response.body ?? []) {
    budget.left -= chunk.byteLength
    if (budget.left < 0) return { kind: 'too long' }
    chunks.push(chunk)
  }
  const decoded = decodeText(Buffer.concat(chunks), charsetOf(response.headers.get('content-type')))
  return decoded.kind === 'text' ? decoded : { kind: 'unreadable', why: decoded.description }
}

/** The wait that an answer asks for, an hour at most; `null` when it asks for none. */
export function retryAfterMs(response: Response): number | null {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3_600) * 1_000 : null
}

/**
 * The code of what the network did: of the system if there is one, else the name of the error.
 * Never its words.
 */
export function codeOfFailure(error: unknown): string {
  const cause: unknown = error instanceof Error ? error.cause : undefined
  if (cause instanceof Error && 'code' in cause) return String(cause.code)
  return error instanceof Error ? error.name : 'Unknown'
}
