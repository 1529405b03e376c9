import {
  type Attributes,
  context,
  type Counter,
  type Link,
  metrics,
  propagation,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import type { SpanOptions, Telemetry, TraceParent } from '../../core/runtime.ts'

/** Many origins a batch, and collectors cut long lists anyway. */
const MOST_LINKS = 128
const KINDS = {
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const

/**
 * Spans and counters through OpenTelemetry. Where they go is said by the standard `OTEL_*` variables; without an OTLP endpoint nothing is
 * started. Detectors that would export the command line, paths and the host's owner are left out.
 */
export function openTelemetry(): { readonly telemetry: Telemetry; stop(): Promise<void> } {
  process.env['OTEL_NODE_RESOURCE_DETECTORS'] ??= 'env,serviceinstance'
  process.env['OTEL_METRICS_EXPORTER'] ??= 'otlp'
  process.env['OTEL_LOGS_EXPORTER'] ??= 'none'
  const sdk = new NodeSDK({ serviceName: process.env['OTEL_SERVICE_NAME'] ?? 'rollcall' })
  sdk.start()
  return { telemetry: telemetryOver(), stop: () => sdk.shutdown() }
}

function telemetryOver(): Telemetry {
  const tracer = trace.getTracer('rollcall')
  const meter = metrics.getMeter('rollcall')
  const counters = new Map<string, Counter>()
  const counter = (name: string): Counter => {
    let there = counters.get(name)
    if (!there) counters.set(name, (there = meter.createCounter(name)))
    return there
  }
  return {
    count: (name, value, attributes = {}) => {
      if (value > 0) counter(name).add(value, attributes)
    },
    span: (name, options, work) =>
      tracer.startActiveSpan(name, spanOptions(options), (span) => runIn(span, work)),
  }
}

function spanOptions({ kind = 'internal', links = [], attributes = {} }: SpanOptions): {
  kind: SpanKind
  links: Link[]
  attributes: Attributes
} {
  return {
    kind: KINDS[kind],
    links: links.slice(0, MOST_LINKS).flatMap((one) => linkTo(one) ?? []),
    attributes: { ...attributes },
  }
}

function linkTo(traceparent: TraceParent): Link | null {
  const span = trace.getSpanContext(propagation.extract(ROOT_CONTEXT, { traceparent }))
  return span ? { context: span } : null
}

async function runIn<T>(span: Span, work: (traceparent: TraceParent | null) => Promise<T>): Promise<T> {
  try {
    const carrier: { traceparent?: string } = {}
    propagation.inject(trace.setSpan(context.active(), span), carrier)
    return await work(carrier.traceparent ?? null)
  } catch (error) {
    const type =
      error instanceof Error && 'code' in error && typeof error.code === 'string'
        ? error.code
        : error instanceof Error
          ? error.name
          : 'unknown'
    span.setAttribute('error.type', type)
    span.setStatus({ code: SpanStatusCode.ERROR })
    throw error
  } finally {
    span.end()
  }
}
