import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { systemRuntime } from '../../../src/adapters/system.ts'
import { openTelemetry } from '../../../src/adapters/telemetry/open-telemetry.ts'
import { metricProducer } from '../../../src/adapters/telemetry/producer.ts'
import { compose } from '../../../src/compose/connector.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { FAST_ENVIRONMENT } from '../../../src/config/environment.ts'
import { silentLogger } from '../../../src/core/runtime.ts'
import { type SpanName, SPANS } from '../../../src/core/telemetry/spans.ts'
import { startEntra } from '../../../src/local/entra/server.ts'
import { FAST_SETTINGS } from '../../../src/local/entra/settings.ts'
import { startCollector } from '../../fakes/collector.ts'
import { brokerFor, configOf } from '../../local/service-bus/support.ts'
import { receive } from '../../fakes/receiving.ts'

interface SpanData {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly name: SpanName
  readonly attributes: readonly { readonly key: string }[]
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
}
interface Traces {
  readonly resourceSpans: readonly {
    readonly scopeSpans: readonly { readonly spans: readonly SpanData[] }[]
  }[]
}

/** What HR's own span of each event is. */
const ORIGINS = ['a', 'b', 'c'].map((digit) => ({ traceId: digit.repeat(32), spanId: digit.repeat(16) }))
const PERSONAL = ['Ljungström', 'anna@contoso.com', 'emp-4711', 'emp-4712']

/**
 * Runs three events of two employees through a connector; what a collector got, and the trace
 * context of each outcome.
 */
async function traced(t: TestContext): Promise<{ bodies: readonly string[]; outcomes: Map<string, string> }> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-traces-'))
  const [entra, collector] = [await startEntra({ settings: FAST_SETTINGS }), await startCollector()]
  const { broker, connect } = await brokerFor(t, configOf({ 'hr-events': {}, 'hr-outcomes': {} }))
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = collector.url
  process.env['OTEL_EXPORTER_OTLP_PROTOCOL'] = 'http/json'
  const { telemetry, stop } = await openTelemetry(metricProducer(async () => [], Date.now))
  const config = readConfig({
    ...FAST_ENVIRONMENT,
    LEDGER: join(folder, 'ledger.db'),
    SERVICEBUS_CONNECTION_STRING: broker.connectionString,
    CONTROL_QUEUE: 'none',
    PROVISIONING_ENDPOINT: entra.endpoint,
    PROVISIONING_ALLOW_HTTP: 'true',
    AUTH_MODE: 'local',
  })
  const client = connect()
  await client.createSender('hr-events').sendMessages(
    ORIGINS.map(({ traceId, spanId }, index) => ({
      body: {
        specversion: '1.0',
        id: `e-${index}`,
        source: '/hr/acme',
        type: index === 1 ? 'worker.updated' : 'worker.hired',
        subject: index === 2 ? 'emp-4712' : 'emp-4711',
        time: new Date().toISOString(),
        traceparent: `00-${traceId}-${spanId}-01`,
        data: {
          worker:
            index === 1
              ? { title: 'Head' }
              : { userName: `${index}anna@contoso.com`, name: { familyName: 'Ljungström' } },
        },
      },
    })),
  )
  const composed = await compose(config, systemRuntime(silentLogger, telemetry))
  const running = composed.service.run()
  try {
    const receiver = client.createReceiver('hr-outcomes', { receiveMode: 'receiveAndDelete' })
    const events = (await receive(receiver, ORIGINS.length, 20_000)).map(
      ({ body }) => body as { readonly causationid: string; readonly traceparent: string },
    )
    const outcomes = new Map(events.map((event) => [event.causationid, event.traceparent]))
    await composed.service.stop()
    await running
    await stop()
    const bodies = collector.sent.filter(({ path }) => path === '/v1/traces').map(({ body }) => body)
    return { bodies, outcomes }
  } finally {
    await composed.service.stop()
    await composed.close()
    await entra.stop()
    collector.close()
    await rm(folder, { recursive: true })
  }
}

void test('the trace of an event leads from HR through every stage to its outcome, with links to the batches it was in', async (t) => {
  const { bodies, outcomes } = await traced(t)
  const spans = bodies
    .flatMap((body) => (JSON.parse(body) as Traces).resourceSpans)
    .flatMap(({ scopeSpans }) => scopeSpans)
    .flatMap((scope) => scope.spans)
  const stages = (Object.keys(SPANS) as SpanName[]).filter((name) => name !== 'rollcall.hydrate')
  const batchOf = ({ name, links = [] }: SpanData): SpanData | undefined =>
    spans.find((span) => span.name === name && links.some(({ spanId }) => spanId === span.spanId))

  for (const [index, { traceId, spanId }] of ORIGINS.entries()) {
    const own = spans.filter((span) => span.traceId === traceId)
    assert.deepEqual(new Set(own.map(({ name }) => name)), new Set(stages), `event ${index}`)
    for (const span of own) {
      assert.equal(span.parentSpanId, spanId, span.name)
      const batch = batchOf(span)
      assert.ok(batch && batch.traceId !== traceId, `${span.name} links to its batch`)
      assert.ok(
        batch.links?.some((link) => link.spanId === spanId),
        `the batch of ${span.name} links to the event`,
      )
    }
    const published = own.find(({ name }) => name === 'rollcall.publish')
    assert.equal(outcomes.get(`e-${index}`), `00-${traceId}-${published?.spanId}-01`)
  }
  const calls = ORIGINS.map(({ traceId }) =>
    batchOf(
      spans.find((span) => span.traceId === traceId && span.name === 'rollcall.submit') ?? assert.fail(),
    ),
  )
  assert.equal(new Set(calls).size, 1, 'one call for all of them')

  for (const word of PERSONAL) assert.ok(!bodies.some((body) => body.includes(word)), `${word} is in no span`)
})
