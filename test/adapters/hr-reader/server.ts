import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TestContext } from 'node:test'
import { httpReader } from '../../../src/adapters/hr-reader/http-reader.ts'
import { evaluateHere } from '../../../src/core/expression/evaluate.ts'
import type { HrReader, ReadAnswer } from '../../../src/core/intake/hydrate/loop.ts'
import { HrSystemSettings } from '../../../src/core/intake/hydrate/settings.ts'
import type { Notice } from '../../../src/core/ledger/port/intake.ts'

export const NOTICE: Notice = {
  seq: 1,
  source: '/hr/acme',
  id: 'n 1',
  type: 'worker.updated',
  employeeId: '601',
  recordedAt: 0,
  effectiveAt: 0,
  attempts: 0,
}

export type Answering = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>

/** A server on loopback that ends with the test. */
export async function serve(t: TestContext, answer: Answering, tls?: ServerOptions): Promise<string> {
  const listener = (request: IncomingMessage, response: ServerResponse): void =>
    void answer(request, response)
  const server: Server = tls ? createSecureServer(tls, listener) : createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`
}

export function json(response: ServerResponse, body: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

export async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

type Given = Readonly<Record<string, unknown>>

export function readerOf(given: Given, now?: () => number): HrReader {
  const settings = HrSystemSettings.parse({ allowHttp: true, retryMs: 1, tries: 1, ...given })
  return httpReader(settings, { evaluator: evaluateHere(), source: {}, uses: () => true }, now)
}

export function readOnce(reader: HrReader, more: Partial<Notice> = {}): Promise<ReadAnswer> {
  return reader.read({ ...NOTICE, ...more }, new AbortController().signal)
}

/** `record`, `gone`, or the code and what was wrong. */
export function told(answer: ReadAnswer): string {
  if (answer.kind === 'record' || answer.kind === 'gone') return answer.kind
  return answer.why === undefined ? answer.code : `${answer.code}: ${answer.why}`
}
