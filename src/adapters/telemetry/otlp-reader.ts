import {
  type MetricProducer,
  type MetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics'

const INTERVAL_MS = 60_000
const TIMEOUT_MS = 30_000

/**
 * Sends metrics as the standard variables say
 * (https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/); `null` with
 * `OTEL_METRICS_EXPORTER=none`. The readers that the SDK makes from these variables take no
 * producer.
 */
export async function otlpReader(
  producer: MetricProducer,
  environment: NodeJS.ProcessEnv,
): Promise<MetricReader | null> {
  if (environment['OTEL_METRICS_EXPORTER']?.trim() === 'none') return null
  const exportIntervalMillis = milliseconds(environment['OTEL_METRIC_EXPORT_INTERVAL'], INTERVAL_MS)
  const exportTimeoutMillis = milliseconds(environment['OTEL_METRIC_EXPORT_TIMEOUT'], TIMEOUT_MS)
  return new PeriodicExportingMetricReader({
    exporter: await exporterOf(environment),
    exportIntervalMillis,
    exportTimeoutMillis: Math.min(exportTimeoutMillis, exportIntervalMillis),
    metricProducers: [producer],
  })
}

async function exporterOf(environment: NodeJS.ProcessEnv): Promise<PushMetricExporter> {
  const protocol =
    environment['OTEL_EXPORTER_OTLP_METRICS_PROTOCOL'] ?? environment['OTEL_EXPORTER_OTLP_PROTOCOL']
  const { OTLPMetricExporter } =
    protocol?.trim() === 'grpc'
      ? await import('@opentelemetry/exporter-metrics-otlp-grpc')
      : protocol?.trim() === 'http/json'
        ? await import('@opentelemetry/exporter-metrics-otlp-http')
        : await import('@opentelemetry/exporter-metrics-otlp-proto')
  return new OTLPMetricExporter()
}

function milliseconds(text: string | undefined, otherwise: number): number {
  const value = Number(text)
  return Number.isInteger(value) && value > 0 ? value : otherwise
}
