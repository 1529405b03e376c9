import pRetry, { AbortError } from 'p-retry'
import { type AnswerTools, answerRules } from '../../core/intake/hydrate/answer.ts'
import type { HrReader, ReadAnswer } from '../../core/intake/hydrate/loop.ts'
import { type HrSystemSettings, LONGEST_READ_MS } from '../../core/intake/hydrate/settings.ts'
import { checkAddress } from './address.ts'
import { codeOfFailure } from './exchange.ts'
import { pageReader } from './pages.ts'
import { signedFetch } from './sign-in.ts'
import { tlsFetch } from './tls.ts'
import { NoAccessToken } from './tokens.ts'

/**
 * Reads employees from an HR system over HTTP. Throws `ConfigInvalid` at once for an address, an
 * expression or a sign-in that cannot be used. Redirects are not followed, and pages only on the
 * same origin: a secret goes to the configured addresses alone.
 */
export function httpReader(
  settings: HrSystemSettings,
  tools: AnswerTools,
  now: () => number = Date.now,
): HrReader {
  const { allowHttp, tries, retryMs } = settings
  checkAddress(settings.url, { what: 'the HR system', allowHttp })
  for (const { name, url } of settings.calls) checkAddress(url, { what: `call ${name}`, allowHttp })
  const rules = answerRules(settings, tools)
  const http = signedFetch(settings, tlsFetch(settings.tls, now), now)
  const readPages = pageReader({ settings, rules, http })

  const { signIn } = http
  return {
    ...(signIn === null ? {} : { trySignIn: (signal) => whyNoToken(signIn(signal)) }),
    read: async (notice, stopped) => {
      const signal = AbortSignal.any([stopped, AbortSignal.timeout(LONGEST_READ_MS)])
      const once = async (): Promise<ReadAnswer> => {
        const answer = await readPages(notice, signal)
        return answer.kind === 'read' ? rules.understand(answer.read, notice) : answer
      }
      const attempts = async (): Promise<ReadAnswer> => {
        const answer = await withNetwork(once)
        if (answer.kind === 'later' && !signal.aborted && (answer.afterMs ?? 0) <= retryMs * 2 ** tries)
          throw new Unfinished(answer)
        return answer
      }
      try {
        return await pRetry(attempts, {
          retries: tries - 1,
          minTimeout: retryMs,
          factor: 2,
          randomize: true,
          signal,
        })
      } catch (error) {
        if (error instanceof Unfinished) return error.answer
        if (error instanceof AbortError || signal.aborted)
          return { kind: 'later', code: stopped.aborted ? 'Stopped' : 'ReadTooLong', afterMs: null }
        throw error
      }
    },
  }
}

async function whyNoToken(token: Promise<unknown>): Promise<string | null> {
  try {
    await token
    return null
  } catch (error) {
    if (error instanceof NoAccessToken) return error.answer.why ?? error.answer.code
    return codeOfFailure(error)
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

/** What the network does is an answer too, and so is a token that was not given. */
async function withNetwork(work: () => Promise<ReadAnswer>): Promise<ReadAnswer> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof NoAccessToken) return error.answer
    return { kind: 'later', code: codeOfFailure(error), afterMs: null }
  }
}
