import type { Channel, Sent } from '../../core/alerts/channel.ts'
import {
  type AlertPart,
  factsOf,
  headingOf,
  type NotificationMessage,
  plainText,
  stepsOf,
} from '../../core/alerts/message.ts'
import type { MailSettings } from '../../core/alerts/settings.ts'
import { RollcallError } from '../../core/errors.ts'
import { fileOf } from '../hr-reader/tls.ts'
import { type ProxySettings, proxyFor } from '../proxy.ts'
import tls from 'node:tls'

/** Throws `ConfigInvalid` for settings that cannot be used. */
export function checkMail(settings: MailSettings): void {
  const { tls: how, user, password, from, to, host } = settings
  const refuse = (why: string): never => {
    throw new RollcallError('ConfigInvalid', why)
  }
  if ((user === undefined) !== (password === undefined)) refuse('user and password go together')
  if (how === 'none' && user !== undefined)
    refuse('tls: none would send the password in the clear; use starttls or implicit')
  if (!/^[\w.:[\]-]+$/.test(host)) refuse('host is not the name of a host')
  for (const address of [from, ...[to].flat()])
    if (!/@[^\s@]+$/.test(address.trim().replace(/>$/, '')) || /[\r\n]/.test(address))
      refuse('from and to take mail addresses')
  authorities(settings)
}

/**
 * Sends notifications by SMTP, as plain text and simple HTML. The id of the message is made of that
 * of the notification, so that a repetition can be told.
 */
export function mailChannel(settings: MailSettings, proxy: ProxySettings): Channel {
  checkMail(settings)
  return {
    send: async (message, cut) => {
      const connection = await connect(settings, proxy)
      try {
        return await within(settings.timeoutMs, cut, () => connection.sendMail(mailOf(message, settings)))
      } finally {
        connection.close()
      }
    },
    probe: async () => {
      const connection = await connect(settings, proxy)
      try {
        await connection.verify()
        return settings.user === undefined ? 'the server answers' : 'the server answers and takes the user'
      } catch (error) {
        throw new RollcallError('Unexpected', `the mail server cannot be used (${codeOf(error)})`)
      } finally {
        connection.close()
      }
    },
  }
}

async function connect(settings: MailSettings, proxy: ProxySettings) {
  // Loaded with the first mail, because most installations send none.
  const { createTransport } = await import('nodemailer')
  const { host, port, tls: how, user, password, timeoutMs } = settings
  const via = proxyFor(host, port, proxy)
  return createTransport({
    host,
    port,
    secure: how === 'implicit',
    requireTLS: how === 'starttls',
    ignoreTLS: how === 'none',
    tls: authorities(settings),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // A message consists of our own texts: nodemailer must not read a file or a URL for it.
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(user === undefined || password === undefined ? {} : { auth: { user, pass: password } }),
    ...(via === null ? {} : { proxy: via }),
  })
}

function authorities({ caFile }: MailSettings): { readonly ca?: string[] } {
  if (caFile === undefined) return {}
  const known =
    typeof tls.getCACertificates === 'function' ? tls.getCACertificates('default') : tls.rootCertificates
  return { ca: [...known, fileOf('caFile', caFile).toString()] }
}

/** Resolves at the latest when the time is over, or when `cut` aborts. */
async function within(ms: number, cut: AbortSignal, work: () => Promise<unknown>): Promise<Sent> {
  const signal = AbortSignal.any([cut, AbortSignal.timeout(ms)])
  const over = new Promise<Sent>((resolve) => {
    const end = (): void => resolve({ kind: 'again', code: 'TimeoutError', afterMs: null })
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
  const sending = work().then(
    (): Sent => ({ kind: 'sent' }),
    (error: unknown) => failureOf(error),
  )
  return Promise.race([sending, over])
}

/**
 * A permanent answer (5yz) to the message or its recipients is a refusal. One to the sign-in is put
 * right in the configuration, and then the message is accepted.
 */
function failureOf(error: unknown): Sent {
  const code = codeOf(error)
  const status = error instanceof Error && 'responseCode' in error ? error.responseCode : null
  const isRefusal =
    typeof status === 'number' && status >= 500 && (code === 'EENVELOPE' || code === 'EMESSAGE')
  if (isRefusal) return { kind: 'refused', code: `${code} ${status}` }
  return { kind: 'again', code: typeof status === 'number' ? `${code} ${status}` : code, afterMs: null }
}

/** Never the words of the server: they can quote an address. */
function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Unknown'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}

function mailOf(message: NotificationMessage, { from, to }: MailSettings) {
  const domain = /@([^\s@>]+)>?$/.exec(from)?.[1] ?? 'rollcall'
  return {
    from,
    to: [to].flat(),
    subject: message.urgency === 'urgent' ? `[urgent] ${message.title}` : message.title,
    messageId: `<${message.id}@${domain}>`,
    date: new Date(message.at),
    // Out-of-office replies are not to come back (RFC 3834).
    headers: { 'Auto-Submitted': 'auto-generated' },
    ...(message.urgency === 'urgent' ? { priority: 'high' as const } : {}),
    text: plainText(message),
    html: htmlOf(message),
  }
}

function htmlOf(message: NotificationMessage): string {
  const { title, alerts, link } = message
  const parts = alerts.map((alert) => htmlAlert(alert, headingOf(message, alert)))
  const address = link === null ? '' : `<p><a href="${escaped(link)}">${escaped(link)}</a></p>`
  return `<!doctype html><meta charset="utf-8"><h2>${escaped(title)}</h2>${parts.join('')}${address}`
}

function htmlAlert(alert: AlertPart, heading: string | null): string {
  const rows = [...factsOf(alert), ...stepsOf(alert)].map(
    ([label, value]) =>
      `<tr><th align="left" valign="top">${escaped(label)}</th><td>${escaped(value)}</td></tr>`,
  )
  return [
    ...(heading === null ? [] : [`<h3>${escaped(heading)}</h3>`]),
    `<p>${escaped(alert.what)}${alert.meaning === null ? '' : ` ${escaped(alert.meaning)}`}</p>`,
    `<table cellpadding="4">${rows.join('')}</table>`,
  ].join('')
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
