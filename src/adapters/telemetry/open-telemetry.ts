import {
  type Attributes,
  context,
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
import type { MetricProducer } from '@opentelemetry/sdk-metrics'
import type { SpanOptions, Telemetry, TraceParent } from '../../core/runtime.ts'
import { type SpanName, SPANS } from '../../core/telemetry/spans.ts'
import { instrumentsOn } from './instruments.ts'
import { otlpReader } from './otlp-reader.ts'
import { ScrapeReader } from './scrape.ts'

/** Many origins a batch, and collectors cut long lists anyway. */
const MOST_LINKS = 128
const KINDS = {
  internal: SpanKind.INTERNAL,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const

/**
 * Spans, counters and the measurements of `producer` through OpenTelemetry. The standard `OTEL_*`
 * variables say where they go. Detectors that would export the command line, paths and the host's
 * owner are left out. `scrape` returns the same metrics as Prometheus text.
 */
export async function openTelemetry(
  producer: MetricProducer,
): Promise<{ readonly telemetry: Telemetry; scrape(): Promise<string>; stop(): Promise<void> }> {
  process.env['OTEL_NODE_RESOURCE_DETECTORS'] ??= 'env,serviceinstance'
  process.env['OTEL_LOGS_EXPORTER'] ??= 'none'
  const scraped = new ScrapeReader(producer)
  const sent = await otlpReader(producer, process.env)
  const sdk = new NodeSDK({
    serviceName: process.env['OTEL_SERVICE_NAME'] ?? 'rollcall',
    metricReaders: sent ? [scraped, sent] : [scraped],
  })
  sdk.start()
  const tracer = trace.getTracer('rollcall')
  const telemetry: Telemetry = {
    ...instrumentsOn(metrics.getMeter('rollcall')),
    span: (name, options, work) =>
      tracer.startActiveSpan(name, spanOptions(name, options), (span) => runIn(span, work)),
  }
  return { telemetry, scrape: () => scraped.text(), stop: () => sdk.shutdown() }
}

function spanOptions(
  name: SpanName,
  { links = [], attributes = {} }: SpanOptions,
): { kind: SpanKind; links: Link[]; attributes: Attributes } {
  return {
    kind: KINDS[SPANS[name].kind],
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
