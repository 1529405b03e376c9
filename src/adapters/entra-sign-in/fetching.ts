/** An answer of the sign-in service is small. */
const LARGEST_ANSWER = 200_000
const TIMEOUT_MS = 5_000
/** After a failure, no request is made for this long. */
const PAUSE_MS = 5_000

export type Fetch = (address: string, init?: RequestInit) => Promise<Response>

/** The service did not answer, or answered that it failed. */
export class NotReached extends Error {
  override readonly name = 'NotReached'
}

/**
 * `fetch` with limits on time and size, which follows no redirect. After a failure it rejects at
 * once for a while, so that requests of strangers are not passed on to a service that is down.
 */
export function limitedFetch(send: Fetch, clock: () => number): Fetch {
  let pausedUntil = Number.NEGATIVE_INFINITY
  return async (address, init) => {
    if (clock() < pausedUntil) throw new NotReached('the sign-in service failed a moment ago')
    try {
      const signal = AbortSignal.timeout(TIMEOUT_MS)
      const response = await send(address, { ...init, redirect: 'manual', signal })
      const body = await textOf(response)
      if (response.status >= 500 || response.status === 429)
        throw new NotReached(`the sign-in service answered HTTP ${response.status}`)
      return new Response(body, { status: response.status, headers: response.headers })
    } catch (error) {
      pausedUntil = clock() + PAUSE_MS
      throw error instanceof NotReached ? error : new NotReached('the sign-in service', { cause: error })
    }
  }
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  if (body === null) return text
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > LARGEST_ANSWER) throw new NotReached('the sign-in service answered too much')
  }
  return text + decoder.decode()
}
