import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import {
  type Attributes,
  type Histogram,
  type Meter,
  type Span,
  SpanKind,
  SpanStatusCode,
  type Tracer,
} from '@opentelemetry/api'

/** The boundaries that the convention advises, in seconds. */
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10]
const METHODS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH'])

/**
 * What undici reports about a request (https://undici.nodejs.org/#/docs/api/DiagnosticsChannel).
 */
interface Request {
  readonly origin?: string | URL
  readonly method: string
}
interface Message {
  readonly request: Request
  readonly response?: { readonly statusCode: number }
  readonly error?: unknown
}
interface Call {
  readonly span: Span
  readonly startedAt: number
  readonly attributes: Attributes
}

/**
 * A span and a duration for each HTTP request of this process, as
 * https://opentelemetry.io/docs/specs/semconv/http/ names them; returns what ends it. Path and
 * query are left out, because they can name an employee.
 */
export function observeHttpCalls(tracer: Tracer, meter: Meter): () => void {
  const durations = meter.createHistogram('http.client.request.duration', {
    unit: 's',
    description: 'Duration of HTTP client requests.',
    advice: { explicitBucketBoundaries: BUCKETS },
  })
  const calls = new WeakMap<Request, Call>()
  const listeners = new Map<string, (message: unknown) => void>()
  const on = (name: string, listen: (message: Message) => void): void => {
    const listener = (message: unknown): void => listen(message as Message)
    listeners.set(`undici:request:${name}`, listener)
    subscribe(`undici:request:${name}`, listener)
  }
  const ended = (request: Request, more: Attributes): void => {
    const call = calls.get(request)
    calls.delete(request)
    if (call) endCall(call, more, durations)
  }
  on('create', ({ request }) => {
    const attributes = attributesOf(request)
    const name = String(attributes['http.request.method']).replace('_OTHER', 'HTTP')
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes })
    calls.set(request, { span, startedAt: performance.now(), attributes })
  })
  on('headers', ({ request, response }) => {
    const status = response?.statusCode ?? 0
    ended(request, {
      'http.response.status_code': status,
      ...(status >= 400 ? { 'error.type': String(status) } : {}),
    })
  })
  on('error', ({ request, error }) => ended(request, { 'error.type': errorType(error) }))
  return () => {
    for (const [name, listener] of listeners) unsubscribe(name, listener)
  }
}

function attributesOf({ origin, method }: Request): Attributes {
  const url = URL.parse(String(origin))
  const port = url?.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url?.port)
  return {
    'http.request.method': METHODS.has(method) ? method : '_OTHER',
    ...(url
      ? { 'server.address': url.hostname, 'server.port': port, 'url.scheme': url.protocol.slice(0, -1) }
      : {}),
  }
}

function endCall({ span, startedAt, attributes }: Call, more: Attributes, durations: Histogram): void {
  durations.record((performance.now() - startedAt) / 1_000, { ...attributes, ...more })
  span.setAttributes(more)
  if (more['error.type'] !== undefined) span.setStatus({ code: SpanStatusCode.ERROR })
  span.end()
}

/** Never the message of an error, which may quote the address. */
function errorType(error: unknown): string {
  if (!(error instanceof Error)) return '_OTHER'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name
}
