import assert from 'node:assert/strict'
import type { Door } from '../office.ts'

type Fields = Readonly<Record<string, string | readonly string[]>>

/** What a form led to: a page, or the page that it was redirected to. */
export interface Came {
  readonly status: number
  readonly text: string
  readonly to: string
}

/** What a browser sends of the form with this action: its hidden fields, and what is filled in. */
export function formIn(text: string, path: string, filled: Fields = {}): URLSearchParams {
  const [form] = text.split(`action="${path}"`).slice(1)
  assert.ok(form, `no form leads to ${path}`)
  const [inside = ''] = form.split('</form>', 1)
  const fields = new URLSearchParams()
  for (const [, name = '', value = ''] of inside.matchAll(
    /<input type="hidden" name="([^"]*)" value="([^"]*)">/g,
  ))
    fields.append(name, unescaped(value))
  for (const [name, value] of Object.entries(filled)) {
    fields.delete(name)
    for (const one of [value].flat()) fields.append(name, one)
  }
  return fields
}

const unescaped = (text: string): string =>
  text
    .replaceAll(/&#x([\da-f]+);/g, (_, code: string) => String.fromCodePoint(parseInt(code, 16)))
    .replaceAll('&quot;', '"')
    .replaceAll('&#39;', "'")
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&amp;', '&')

/** Sends a form as a browser does, and follows where it leads to. */
export async function send({ get }: Door, path: string, fields: URLSearchParams): Promise<Came> {
  const headers = { 'sec-fetch-site': 'same-origin' }
  const response = await get(path, { method: 'POST', body: fields, headers })
  const to = response.headers.get('location') ?? ''
  const shown = to === '' ? response : await get(to)
  return { status: response.status, text: await shown.text(), to }
}

/** The message of a page: what was done, or what was wrong. */
export function messageOf({ text }: Pick<Came, 'text'>): string {
  const [, done, problem] = /role="status"[^>]*>([^<]*)<|role="alert"[^>]*>([^<]*)</.exec(text) ?? []
  return done ?? problem ?? ''
}
