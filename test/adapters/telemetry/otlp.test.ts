import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openTelemetry } from '../../../src/adapters/telemetry/open-telemetry.ts'
import { otlpReader } from '../../../src/adapters/telemetry/otlp-reader.ts'
import { metricProducer } from '../../../src/adapters/telemetry/producer.ts'
import type { Measurement } from '../../../src/core/telemetry.ts'
import { startCollector } from '../../fakes/collector.ts'

interface Point {
  readonly asDouble: number
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[]
}
interface Metric {
  readonly name: string
  readonly unit: string
  readonly gauge?: { readonly dataPoints: readonly Point[] }
  readonly sum?: { readonly dataPoints: readonly Point[]; readonly isMonotonic: boolean }
}
interface Metrics {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly { readonly metrics: readonly Metric[] }[]
  }[]
}

interface SpanData {
  readonly name: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly attributes: readonly { readonly key: string }[]
}
interface Traces {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly SpanData[] }[]
  }[]
}

const keysOf = (span: SpanData | undefined): readonly string[] =>
  (span?.attributes ?? []).map(({ key }) => key)

const measurements: readonly Measurement[] = [
  { name: 'rollcall.ledger.findings_open', value: 3, attributes: { code: 'DisabledElsewhere' } },
  { name: 'rollcall.ledger.events', value: 40 },
]
const producer = metricProducer(
  async () => measurements,
  () => Date.UTC(2026, 10, 2),
)

void test('a collector gets counters and what is read from one table, a scrape shows the same, and spans follow the conventions that were opted into', async (t) => {
  const { url, sent, close } = await startCollector()
  t.after(close)
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = url
  process.env['OTEL_EXPORTER_OTLP_PROTOCOL'] = 'http/json'
  process.env['OTEL_SEMCONV_STABILITY_OPT_IN'] = 'http,messaging'
  const { telemetry, scrape, stop } = await openTelemetry(producer)
  telemetry.count('rollcall.events', 2, { outcome: 'received' })
  const origins = ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'nonsense']
  const passedOn = await telemetry.span('rollcall.plan', { origins }, async (stage) =>
    origins.map((origin) => stage.passedOn(origin)),
  )
  assert.match(passedOn[0] ?? '', /^00-0af7651916cd43dd8448eb211c80319c-[\da-f]{16}-01$/)
  assert.deepEqual([passedOn[0] === origins[0], passedOn[1]], [false, 'nonsense'])
  assert.match(await scrape(), /^rollcall_events_total\{outcome="received"\} 2$/m)
  const called = { messages: { count: 2, queue: 'outcomes' }, origins }
  await telemetry.span('rollcall.publish', called, () => fetch(`${url}/employees/worker-7q?name=Miller`))
  const away = await startCollector()
  away.close()
  await assert.rejects(fetch(`${away.url}/employees/worker-7q`))
  await stop()

  const bodies = sent
    .filter(({ path }) => path === '/v1/metrics')
    .map(({ body }) => JSON.parse(body) as Metrics)
  const metrics = new Map(
    bodies
      .flatMap(({ resourceMetrics }) => resourceMetrics)
      .flatMap(({ scopeMetrics }) => scopeMetrics)
      .flatMap((scope) => scope.metrics)
      .map((metric) => [metric.name, metric]),
  )
  const events = metrics.get('rollcall.events')
  assert.equal(events?.unit, '{event}')
  assert.equal(events.sum?.dataPoints[0]?.asDouble, 2)
  const [finding] = metrics.get('rollcall.ledger.findings_open')?.gauge?.dataPoints ?? []
  assert.equal(finding?.asDouble, 3)
  assert.deepEqual(finding.attributes, [{ key: 'code', value: { stringValue: 'DisabledElsewhere' } }])
  const ledgerEvents = metrics.get('rollcall.ledger.events')?.sum
  assert.equal(ledgerEvents?.isMonotonic, true)
  assert.equal(ledgerEvents.dataPoints[0]?.asDouble, 40)
  const traces = sent.filter(({ path }) => path === '/v1/traces').map(({ body }) => body)
  const spans = traces
    .flatMap((body) => (JSON.parse(body) as Traces).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap((scope) => scope.spans)
  assert.deepEqual(spans.map(({ name }) => name).toSorted(), [
    'GET',
    'GET',
    'rollcall.plan',
    'rollcall.plan',
    'send outcomes',
    'send outcomes',
  ])
  const [answered, failed] = spans.filter(({ name }) => name === 'GET')
  assert.ok(spans.some(({ name, spanId }) => name === 'send outcomes' && spanId === answered?.parentSpanId))
  assert.deepEqual(keysOf(answered), [
    'http.request.method',
    'server.address',
    'server.port',
    'url.scheme',
    'http.response.status_code',
  ])
  assert.deepEqual(keysOf(failed).at(-1), 'error.type')
  assert.ok(!traces.some((body) => /worker-7q|Miller/.test(body)), 'an address can name an employee')
  assert.equal(metrics.get('http.client.request.duration')?.unit, 's')
})

void test('OTEL_METRICS_EXPORTER=none sends no metrics', async () => {
  assert.equal(await otlpReader(producer, { OTEL_METRICS_EXPORTER: 'none' }), null)
})
