import { RollcallError } from '../../core/errors.ts'
import { isObject } from '../../core/json.ts'
import type { JsonObject } from '../../core/model.ts'
import type { UploadAnswer } from '../../core/ports.ts'
import { dateOf, fieldsIn, networkCode, textIn } from './answer.ts'

/** How much of an error body is read. */
const MOST_ERROR_TEXT = 16_384

/** Without a token no call is made, and a person must act, as after a refused token. */
const NO_TOKEN = {
  kind: 'response',
  status: 401,
  retryAfter: null,
  requestId: null,
  serverAt: null,
  message: null,
} as const

/**
 * Makes a request that changes something, and returns its result. Throws only for a fault of the
 * configuration.
 */
export async function attempt(request: () => Promise<Response>): Promise<UploadAnswer> {
  const { reply } = await attemptReading(request, async ({ body }) => body?.cancel())
  return reply
}

/**
 * The same, with what `read` makes of the body of a success; `null` without one. A body that cannot
 * be read is a failure of the network.
 */
export async function attemptReading<T>(
  request: () => Promise<Response>,
  read: (response: Response) => Promise<T>,
): Promise<{ readonly reply: UploadAnswer; readonly body: T | null }> {
  try {
    const response = await request()
    const error = response.ok ? null : errorOf((await response.text()).slice(0, MOST_ERROR_TEXT))
    const body = response.ok ? await read(response) : null
    const reply = {
      kind: 'response',
      status: response.status,
      retryAfter: response.headers.get('Retry-After'),
      requestId: response.headers.get('request-id'),
      serverAt: dateOf(response),
      code: error?.code ?? null,
      message: error?.message ?? null,
    } as const
    return { reply, body }
  } catch (error) {
    if (error instanceof RollcallError && error.code === 'NoToken')
      return { reply: { ...NO_TOKEN, code: error.code }, body: null }
    if (error instanceof RollcallError) throw error
    return { reply: { kind: 'network', code: networkCode(error) }, body: null }
  }
}

interface ServiceError {
  readonly code: string | null
  readonly message: string | null
}

/** The error of Graph (`error.code`, `error.message`), or that of SCIM (`scimType`, `detail`). */
function errorOf(text: string): ServiceError {
  const body = parsed(text)
  const error = body['error']
  const { code, message } = isObject(error) ? error : { code: body['scimType'], message: body['detail'] }
  return { code: textIn(code), message: textIn(message) }
}

function parsed(text: string): JsonObject {
  try {
    return fieldsIn(text)
  } catch {
    return {}
  }
}
