import { metrics, trace } from '@opentelemetry/api'
import { NodeSDK } from '@opentelemetry/sdk-node'
import type { MetricProducer } from '@opentelemetry/sdk-metrics'
import type { Telemetry } from '../../core/runtime.ts'
import { conventionsOf } from './conventions.ts'
import { observeHttpCalls } from './http-calls.ts'
import { instrumentsOn } from './instruments.ts'
import { otlpReader } from './otlp-reader.ts'
import { ScrapeReader } from './scrape.ts'
import { spansOn } from './spans.ts'

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
  const conventions = conventionsOf(process.env['OTEL_SEMCONV_STABILITY_OPT_IN'])
  const [tracer, meter] = [trace.getTracer('rollcall'), metrics.getMeter('rollcall')]
  const forgetHttp = conventions.http ? observeHttpCalls(tracer, meter) : () => {}
  const stop = (): Promise<void> => {
    forgetHttp()
    return sdk.shutdown()
  }
  const telemetry: Telemetry = {
    ...instrumentsOn(meter),
    ...spansOn(tracer, conventions, Date.now),
  }
  return { telemetry, scrape: () => scraped.text(), stop }
}
