import type { UploadAnswer } from '../../src/core/ports.ts'

type Response = Extract<UploadAnswer, { kind: 'response' }>

/** A response of the service with this status, and nothing else that is not named. */
export function response(status: number, more: Partial<Response> = {}): Response {
  const none = { retryAfter: null, requestId: null, serverAt: null, code: null, message: null }
  return { kind: 'response', status, ...none, ...more }
}
