import { type AnswerRules, type HrAnswer, readExpression } from '../../core/intake/hydrate/answer.ts'
import type { Expression } from '../../core/expression/compile.ts'
import type { NoRecord } from '../../core/intake/hydrate/loop.ts'
import { readText } from '../../core/intake/body/text.ts'
import type { HrSystemSettings } from '../../core/intake/hydrate/settings.ts'
import type { Notice } from '../../core/ledger/port/intake.ts'
import type { Json } from '../../core/model.ts'
import { addressFor, nextAddress } from './address.ts'
import { type ByteBudget, retryAfterMs, textWithin } from './exchange.ts'
import type { SignedFetch } from './sign-in.ts'

type Read<T> = { readonly kind: 'read'; readonly read: T } | NoRecord

/** One attempt to read an employee. */
interface Attempt {
  readonly notice: Notice
  readonly signal: AbortSignal
  /** Shared by all pages and calls. */
  readonly budget: ByteBudget
}
interface Place {
  readonly url: string
  readonly next: Expression | null
}
interface Reader {
  readonly settings: HrSystemSettings
  readonly rules: AnswerRules
  readonly http: SignedFetch
}

/**
 * Reads everything that `read` names for one employee: all pages of `url`, then those of each call.
 * It is all or nothing, because half an answer would clear what the other half holds. Throws
 * `ConfigInvalid` at once for an expression that cannot be used.
 */
export function pageReader(reader: Reader): (notice: Notice, signal: AbortSignal) => Promise<Read<HrAnswer>> {
  const { settings } = reader
  const place = ({ url, next }: Pick<HrSystemSettings, 'url' | 'next'>): Place => ({
    url,
    next: next === undefined ? null : readExpression(next, 'next'),
  })
  const main = place(settings)
  const calls = settings.calls.map(({ name, optional, ...call }) => ({ name, optional, ...place(call) }))

  return async (notice, signal) => {
    const attempt = { notice, signal, budget: { left: settings.maxBytes } }
    const answer = await pagesAt(main, attempt, reader)
    if (answer.kind !== 'read') return answer
    const named: [name: string, pages: readonly Json[]][] = []
    for (const call of calls) {
      const more = await pagesAt(call, attempt, reader)
      if (more.kind === 'read') named.push([call.name, more.read])
      else if (more.kind !== 'gone' || !call.optional) return ofCall(call.name, more)
    }
    return { kind: 'read', read: { pages: answer.read, calls: Object.fromEntries(named) } }
  }
}

/** That a call finds nothing does not mean that the employee is gone. */
function ofCall(name: string, answer: NoRecord): NoRecord {
  if (answer.kind === 'gone') return { kind: 'later', code: 'NotFound', why: `call ${name}`, afterMs: null }
  return { ...answer, why: answer.why === undefined ? `call ${name}` : `call ${name}: ${answer.why}` }
}

async function pagesAt(
  { url, next }: Place,
  attempt: Attempt,
  { settings, rules, http }: Reader,
): Promise<Read<readonly Json[]>> {
  const pages: Json[] = []
  const seen = new Set<string>()
  let address = addressFor(url, attempt.notice)
  if (address === null) return { kind: 'unusable', code: 'NameNotInAddress' }
  while (true) {
    seen.add(new URL(address).href)
    const answer = await pageAt(address, attempt, http)
    if (answer.kind === 'gone' && pages.length > 0)
      return { kind: 'later', code: 'NotFound', why: `page ${pages.length + 1}`, afterMs: null }
    if (answer.kind !== 'read') return answer
    pages.push(answer.read)
    if (next === null) return { kind: 'read', read: pages }
    const following = await rules.nextPage(next, answer.read, attempt.notice)
    if (following.kind === 'last') return { kind: 'read', read: pages }
    if (following.kind === 'unusable') return following.answer
    address = nextAddress(following.address, address)
    if (address === null) return notFollowed('it leads to another origin')
    if (seen.has(address)) return notFollowed('it leads to a page that was read before')
    if (pages.length >= settings.maxPages)
      return notFollowed(
        `there are more than ${settings.maxPages} pages; raise maxPages or narrow the address`,
      )
  }
}

function notFollowed(why: string): NoRecord {
  return { kind: 'unusable', code: 'PageNotRead', why: `next: ${why}` }
}

/** The codes of bodies, for answers. */
const CODES: Readonly<Record<string, string>> = {
  BodyTooDeep: 'AnswerTooDeep',
  DuplicateKey: 'AnswerInvalid',
}

async function pageAt(address: string, { signal, budget }: Attempt, http: SignedFetch): Promise<Read<Json>> {
  const response = await http.get(address, signal)
  const answer = await textWithin(response, budget)
  if (response.status === 404 || response.status === 410) return { kind: 'gone' }
  if (response.status !== 200)
    return { kind: 'later', code: `Http${response.status}`, afterMs: retryAfterMs(response) }
  if (answer.kind === 'too long') return { kind: 'unusable', code: 'AnswerTooLong' }
  if (answer.kind === 'unreadable') return { kind: 'unusable', code: 'AnswerNotText', why: answer.why }
  const read = readText(answer.text, response.headers.get('content-type'))
  return read.kind === 'body'
    ? { kind: 'read', read: read.body }
    : { kind: 'unusable', code: CODES[read.code] ?? 'AnswerNotJson', why: read.description }
}
