import { randomUUID } from 'node:crypto'
import { decode } from './routes.ts'
import { errorXml } from './xml.ts'

export interface AtomRequest {
  readonly method: string
  /** `https://host:port/path?query`, as the client knows it. */
  readonly url: URL
  /** Whether an existing entity is meant (`If-Match: *`). */
  readonly updates: boolean
  readonly body: string
}

export interface AtomAnswer {
  readonly status: number
  /** Empty, or XML. */
  readonly body: string
}

/**
 * The answer to a request that cannot be done; the official clients show its detail to their users.
 */
export function problem(status: number, detail: string, url: URL, now: number): AtomAnswer {
  const at = `SystemTracker:${url.host}:${decode(url.pathname).slice(1)}, Timestamp:${new Date(now).toISOString()}`
  const more = 'To know more visit https://aka.ms/sbResourceMgrExceptions.'
  return { status, body: errorXml(status, `${detail} ${more} TrackingId:${randomUUID()}, ${at}`) }
}
