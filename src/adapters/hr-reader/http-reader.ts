import pRetry, { AbortError } from 'p-retry'
import { RollcallError } from '../../core/errors.ts'
import { compileExpression, type Expression } from '../../core/expression/compile.ts'
import type { Evaluator } from '../../core/expression/evaluator.ts'
import type { HrReader, ReadAnswer } from '../../core/intake/hydrate/loop.ts'
import { instant } from '../../core/intake/dates.ts'
import type { Notice } from '../../core/ledger/port/intake.ts'
import { isObject, isShallow, MAX_DEPTH } from '../../core/json.ts'
import type { Json } from '../../core/model.ts'
import { own } from '../../core/own.ts'
import type { HrSystemSettings } from '../../core/intake/hydrate/settings.ts'

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

/**
 * Reads people from an HR system over HTTP. Throws `ConfigInvalid` at once for an address or expression that cannot be used. Redirects
 * are not followed: a header with a secret goes to the configured address alone.
 */
export function httpReader(settings: HrSystemSettings, evaluator: Evaluator): HrReader {
  const headers = { accept: 'application/json', ...settings.headers }
  checkAddress(settings)
  const worker = expression(settings.worker, 'worker')
  const at = settings.at === undefined ? null : expression(settings.at, 'at')

  const once = async (notice: Notice, signal: AbortSignal): Promise<ReadAnswer> => {
    const address = addressOf(settings.url, { ...notice, employee: notice.employeeId })
    if (address === null) return { kind: 'unusable', code: 'NameNotInAddress' }
    const response = await fetch(address, {
      headers,
      redirect: 'error',
      signal: AbortSignal.any([signal, AbortSignal.timeout(settings.timeoutMs)]),
    })
    const text = await textWithin(response, settings.maxBytes)
    if (response.status === 404 || response.status === 410) return { kind: 'gone' }
    if (response.status !== 200)
      return { kind: 'later', code: `Http${response.status}`, afterMs: retryAfterMs(response) }
    return text === null ? { kind: 'unusable', code: 'AnswerTooLong' } : understand(text)
  }

  const understand = async (text: string): Promise<ReadAnswer> => {
    const input = parse(text)
    if (input === undefined) return { kind: 'unusable', code: 'AnswerNotJson' }
    if (!isShallow(input, MAX_DEPTH)) return { kind: 'unusable', code: 'AnswerTooDeep' }
    const expressions = [worker, ...(at === null ? [] : [at])].map(({ text }) => text)
    const [made, when] = await evaluator.evaluate({ expressions, input, bindings: {} })
    if (made?.kind !== 'value' || when?.kind === 'failed')
      return { kind: 'unusable', code: 'ExpressionFailed' }
    const { value: attributes } = made
    const active = isObject(attributes) ? own(attributes, 'active') : null
    if (!isObject(attributes) || (active !== undefined && typeof active !== 'boolean'))
      return { kind: 'unusable', code: 'AnswerInvalid' }
    if (!isShallow(attributes, MAX_DEPTH)) return { kind: 'unusable', code: 'AnswerTooDeep' }
    const moment = when?.value
    return {
      kind: 'record',
      worker: attributes,
      at: typeof moment === 'string' ? instant(moment, 'utc') : typeof moment === 'number' ? moment : null,
    }
  }

  return {
    read: async (notice, signal) => {
      try {
        return await pRetry(
          async () => {
            const answer = await attempt(() => once(notice, signal))
            if (
              answer.kind === 'later' &&
              !signal.aborted &&
              (answer.afterMs ?? 0) <= settings.retryMs * 2 ** settings.tries
            )
              throw new Unfinished(answer)
            return answer
          },
          { retries: settings.tries - 1, minTimeout: settings.retryMs, factor: 2, randomize: true, signal },
        )
      } catch (error) {
        if (error instanceof Unfinished) return error.answer
        if (error instanceof AbortError || signal.aborted)
          return { kind: 'later', code: 'Stopped', afterMs: null }
        throw error
      }
    },
  }
}

/** Carries an answer that asks for another attempt through p-retry. */
class Unfinished extends Error {
  readonly answer: ReadAnswer
  constructor(answer: ReadAnswer) {
    super('the HR system did not answer')
    this.answer = answer
  }
}

/** What the network does is an answer too. */
async function attempt(work: () => Promise<ReadAnswer>): Promise<ReadAnswer> {
  try {
    return await work()
  } catch (error) {
    const cause: unknown = error instanceof Error ? error.cause : undefined
    const code =
      cause instanceof Error && 'code' in cause
        ? String(cause.code)
        : error instanceof Error
          ? error.name
          : 'Unknown'
    return { kind: 'later', code, afterMs: null }
  }
}

/**
 * The address of one employee. `null` for a name that cannot stand in it: an empty one, half of a surrogate pair,
 * and one that makes a segment of the path `.` or `..`, which every URL parser resolves, also where it is encoded:
 * the request, and its secret, would go to another resource.
 */
function addressOf(template: string, values: Readonly<Record<Placeholder, string>>): string | null {
  const names = Array.from(template.matchAll(PLACEHOLDER), ([, name]) => values[name as Placeholder])
  if (names.some((name) => name === '' || !name.isWellFormed())) return null
  const address = template.replaceAll(PLACEHOLDER, (_whole, name: Placeholder) =>
    encodeURIComponent(values[name]),
  )
  const steps = (text: string): number => pathOf(text).filter((segment) => STEP.test(segment)).length
  return steps(address) > steps(template) ? null : address
}

type Placeholder = 'employee' | 'id' | 'type' | 'source'
const PLACEHOLDER = /\{(employee|id|type|source)\}/g
const STEP = /^(?:\.|%2e){1,2}$/i
const pathOf = (address: string): readonly string[] => (address.split(/[?#]/, 1)[0] ?? '').split(/[/\\]/)

function checkAddress({ url, allowHttp }: HrSystemSettings): void {
  const example = addressOf(url, { employee: '1', id: '1', type: 't', source: 's' })
  const parsed = example !== null && URL.canParse(example) ? new URL(example) : null
  const secure =
    parsed?.protocol === 'https:' ||
    (allowHttp && parsed?.protocol === 'http:' && LOOPBACK.has(parsed.hostname))
  if (!secure)
    throw new RollcallError(
      'ConfigInvalid',
      'the address of the HR system is no https address; plain http is for loopback, with allowHttp',
    )
  // A name in the host would choose who is sent the headers.
  if (/^[^/]*\/\/[^/?#\\]*\{/.test(url))
    throw new RollcallError(
      'ConfigInvalid',
      'the address of the HR system names its host by a placeholder; write the host out',
    )
  if (!url.includes('{employee}'))
    throw new RollcallError('ConfigInvalid', 'the address of the HR system does not name {employee}')
}

function expression(text: string, name: string): Expression {
  try {
    return compileExpression(text)
  } catch (error) {
    if (error instanceof RollcallError)
      throw new RollcallError('ConfigInvalid', `the expression ${name} of the HR system ${error.message}`)
    throw error
  }
}

/** `null` when it is longer. */
async function textWithin(response: Response, maxBytes: number): Promise<string | null> {
  const decoder = new TextDecoder()
  let text = ''
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.byteLength
    if (bytes > maxBytes) return null
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

function retryAfterMs(response: Response): number | null {
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds, 3_600) * 1_000 : null
}

function parse(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}
