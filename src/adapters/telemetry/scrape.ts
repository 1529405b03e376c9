import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import { MeterProvider, type MetricProducer, MetricReader } from '@opentelemetry/sdk-metrics'
import { silentTelemetry, type Telemetry } from '../../core/runtime.ts'
import { instrumentsOn } from './instruments.ts'

/**
 * The metrics of this process as Prometheus text, format 0.0.4
 * (https://prometheus.io/docs/instrumenting/exposition_formats/). The exporter of OpenTelemetry
 * would serve them from an HTTP server of its own; only its serializer is used.
 */
export class ScrapeReader extends MetricReader {
  /** Without prefix, timestamps, and labels of the resource and the scope. */
  readonly #serializer = new PrometheusSerializer('', false, undefined, true, true)

  constructor(producer: MetricProducer) {
    super({ metricProducers: [producer] })
  }

  async text(): Promise<string> {
    const { resourceMetrics } = await this.collect()
    return this.#serializer.serialize(resourceMetrics)
  }

  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** Telemetry of a process that is scraped and sends nothing. */
export function scrapedTelemetry(producer: MetricProducer): {
  readonly telemetry: Telemetry
  scrape(): Promise<string>
} {
  const reader = new ScrapeReader(producer)
  const meter = new MeterProvider({ readers: [reader] }).getMeter('rollcall')
  return { telemetry: { ...silentTelemetry, ...instrumentsOn(meter) }, scrape: () => reader.text() }
}
