import { createHmac } from 'node:crypto'
import type { Channel, Sent } from '../../core/alerts/channel.ts'
import { cloudEventOf, type NotificationMessage } from '../../core/alerts/message.ts'
import type { WebhookSettings } from '../../core/alerts/settings.ts'
import { RollcallError, unreachable } from '../../core/errors.ts'
import { isSecure } from '../hr-reader/address.ts'
import { codeOfFailure, retryAfterMs } from '../hr-reader/exchange.ts'
import { tlsFetch } from '../hr-reader/tls.ts'
import { slackBody } from './slack.ts'
import { teamsBody } from './teams.ts'

/** Answers that say that this very message is wrong; another one may be accepted. */
const REFUSES_THE_MESSAGE = new Set([400, 413, 415, 422])

/** Throws `ConfigInvalid` for an address, a key or a certificate that cannot be used. */
export function checkWebhook({ url, allowHttp, secret, tls }: WebhookSettings): void {
  const refuse = (why: string): never => {
    throw new RollcallError('ConfigInvalid', why)
  }
  const parsed = URL.parse(url)
  if (parsed === null || !isSecure(url, allowHttp))
    refuse('url is not an https address; plain http is for loopback, with allowHttp')
  if (parsed?.username || parsed?.password) refuse('url holds a user or a password; use bearer or headers')
  if (secret !== undefined && keyOf(secret).length < 16)
    refuse('secret is too short: 24 to 64 random bytes in base64, after whsec_ if you like')
  tlsFetch(tls, Date.now)
}

/**
 * Posts notifications to an address. Redirects are not followed, because the request carries
 * secrets; of an answer only its status counts. https goes through the proxy of the process.
 */
export function webhookChannel(settings: WebhookSettings, now: () => number): Channel {
  checkWebhook(settings)
  const http = tlsFetch(settings.tls, now)
  return {
    send: async (message, cut) => {
      const body = bodyOf(message, settings.format)
      try {
        const response = await http(settings.url, {
          method: 'POST',
          headers: headersOf(message, body, settings, now),
          body,
          redirect: 'manual',
          signal: AbortSignal.any([cut, AbortSignal.timeout(settings.timeoutMs)]),
        })
        await response.body?.cancel()
        return sentOf(response)
      } catch (error) {
        return { kind: 'again', code: codeOfFailure(error), afterMs: null }
      }
    },
    // The address of Teams or Slack would post whatever it is sent, so only the host is tried.
    probe: async (cut) => {
      const response = await http(new URL('/', settings.url).href, {
        method: 'HEAD',
        headers: {},
        redirect: 'manual',
        signal: AbortSignal.any([cut, AbortSignal.timeout(settings.timeoutMs)]),
      })
      await response.body?.cancel()
      return 'the host answers; rollcall notifications test sends a message'
    },
  }
}

function sentOf(response: Response): Sent {
  const { status } = response
  if (status >= 200 && status < 300) return { kind: 'sent' }
  const code = String(status)
  if (REFUSES_THE_MESSAGE.has(status)) return { kind: 'refused', code }
  return { kind: 'again', code, afterMs: retryAfterMs(response) }
}

function bodyOf(message: NotificationMessage, format: WebhookSettings['format']): string {
  switch (format) {
    case 'cloudevents':
      return JSON.stringify(cloudEventOf(message))
    case 'teams':
      return JSON.stringify(teamsBody(message))
    case 'slack':
      return JSON.stringify(slackBody(message))
    default:
      return unreachable(format)
  }
}

function headersOf(
  { id }: NotificationMessage,
  body: string,
  { format, headers, bearer, secret }: WebhookSettings,
  now: () => number,
): Readonly<Record<string, string>> {
  return {
    ...headers,
    'content-type': format === 'cloudevents' ? 'application/cloudevents+json' : 'application/json',
    ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
    ...(secret === undefined ? {} : signatureOf({ id, body, secret, at: now() })),
  }
}

interface Signed {
  readonly id: string
  readonly body: string
  readonly secret: string
  readonly at: number
}

/**
 * Headers of Standard Webhooks 1.0
 * (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
 * HMAC-SHA256 of id, seconds and body, joined by dots.
 */
export function signatureOf({ id, body, secret, at }: Signed): Readonly<Record<string, string>> {
  const seconds = String(Math.floor(at / 1_000))
  const signature = createHmac('sha256', keyOf(secret)).update(`${id}.${seconds}.${body}`).digest('base64')
  return { 'webhook-id': id, 'webhook-timestamp': seconds, 'webhook-signature': `v1,${signature}` }
}

const keyOf = (secret: string): Buffer => Buffer.from(secret.replace(/^whsec_/, ''), 'base64')
