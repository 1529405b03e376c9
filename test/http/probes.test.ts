import assert from 'node:assert/strict'
import { connect } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { receiverHealth } from '../../src/adapters/service-bus/receive/health.ts'
import { metricProducer } from '../../src/adapters/telemetry/producer.ts'
import { scrapedTelemetry } from '../../src/adapters/telemetry/scrape.ts'
import { parseHttpAddress, reachable } from '../../src/config/http-address.ts'
import { readConfig } from '../../src/compose/config.ts'
import { observed } from '../../src/compose/observe/figures.ts'
import { type Readiness, readiness } from '../../src/compose/observe/readiness.ts'
import type { Ledger } from '../../src/core/ledger/ledger.ts'
import type { Figures } from '../../src/core/ledger/port/figures.ts'
import { TOTALS, type Totals } from '../../src/core/ledger/port/inspect.ts'
import type { SourceQueue, SourceMessage } from '../../src/core/ports.ts'
import { silentLogger } from '../../src/core/runtime.ts'
import { health } from '../../src/cli/commands/health.ts'
import { startProbes } from '../../src/http/probes.ts'
import { serveHttp } from '../../src/http/serve.ts'
import { virtualRuntime } from '../fakes/virtual-runtime.ts'
import { until } from '../adapters/support/until.ts'

type Asked = Pick<Ledger, 'ping' | 'readFigures' | 'readAlerts' | 'listInstances' | 'readBrakeStatus'>
interface World {
  ledgerAnswers: boolean
  receiving: boolean
  asked: number
}

const totals = Object.fromEntries(TOTALS.map((name, index) => [name, index])) as Totals

function figuresAt(now: number): Figures {
  const none = { count: 0, oldestAt: null }
  return {
    totals,
    stages: {
      received: none,
      due: { count: 3, oldestAt: now },
      waiting: { count: 7, oldestAt: now - 90_000 },
      accepted: none,
      answered: none,
      unpublished: none,
    },
    unanswered: none,
    incomplete: none,
    name: 'default',
    others: [],
    waiting: { count: 0, oldestAt: null },
    pending: none,
    accepted: none,
    job: { running: false, seenAt: 0 },
    jobReport: null,
    escrowed: none,
    holds: [{ name: 'access', since: 2_000, until: now + 1, status: 403, detail: null }],
    quota: { used: 2, oldestAt: now - 5, lastAt: now - 3 },
    brake: { window: 1, held: 0, heldSince: null },
    emergencyWaits: [],
    leavers: {
      count: 3,
      oldestAt: 5_000,
      causes: [
        { cause: 'brake', count: 1, oldestAt: 6_000 },
        { cause: 'failed', count: 2, oldestAt: 5_000 },
      ],
    },
    findings: [{ code: 'DisabledElsewhere', count: 4, oldestAt: 1_000 }],
    deadLetters: [{ code: 'InvalidValue', count: 6, oldestAt: 1_000 }],
    busDeadLetters: {
      countedAt: now - 60_000,
      capped: false,
      codes: [{ code: 'Unreadable', count: 5, oldestAt: 1_000 }],
    },
    blocks: 6,
    notAccepted: 0,
    watermark: now - 30_000,
  }
}

function fakeLedger(world: World): Ledger {
  const asked: Asked = {
    ping: async () => {
      world.asked += 1
      if (!world.ledgerAnswers) throw new Error('a password in a message')
      return null
    },
    readFigures: async ({ now }) => figuresAt(now),
    readAlerts: async () => ({ revision: 0, lookedAt: null, alerts: [], heartbeats: {}, waiting: [] }),
    listInstances: async () => [],
    readBrakeStatus: async () => ({
      employees: 0,
      active: 1_000,
      held: 0,
      heldSince: null,
      refused: 0,
      allowance: null,
    }),
  }
  return asked as Ledger
}

async function serving(t: TestContext): Promise<{ world: World; port: number; url: string }> {
  const world: World = { ledgerAnswers: true, receiving: true, asked: 0 }
  let ticks = 0
  // Every reading of the clock is later than any answer is kept.
  const now = (): number => 1_800_000_000_000 + (ticks += 60_000)
  const composed = { ledger: fakeLedger(world), receiving: () => world.receiving }
  const config = readConfig({ HTTP_ADDRESS: '0', CONSOLE: 'off' })
  // The first readings are the only ones.
  const sleep = (_ms: number, signal?: AbortSignal): Promise<void> =>
    new Promise((resolve) => signal?.addEventListener('abort', () => resolve()))
  const observations = observed(config, () => composed, { now, sleep })
  t.after(() => observations.close())
  const { telemetry, scrape } = scrapedTelemetry(metricProducer(observations.observe, now))
  telemetry.count('rollcall.events', 2, { outcome: 'received' })
  telemetry.count('rollcall.events', 3, { outcome: 'received' })
  telemetry.count('rollcall.events', 1, { outcome: 'say "so"' })
  telemetry.count('rollcall.messages', 0, { outcome: 'rejected' })
  const probes = await serveHttp(config, { observed: observations, scrape, ledger: () => null }, silentLogger)
  assert.ok(probes)
  t.after(() => probes.close())
  return { world, port: probes.port, url: `http://127.0.0.1:${probes.port}` }
}

/**
 * Metrics over a virtual clock; `observe` answers their names, and figures that `hang` never come.
 */
function collecting(t: TestContext) {
  const world: World = { ledgerAnswers: true, receiving: true, asked: 0 }
  const [runtime, figures] = [virtualRuntime(), { hang: false }]
  let read = 0
  const ledger = {
    ...fakeLedger(world),
    readFigures: async ({ now }: { readonly now: number }) => {
      read += 1
      return figures.hang ? new Promise<never>(() => {}) : figuresAt(now)
    },
  }
  const observations = observed(readConfig({}), () => ({ ledger, receiving: null }), runtime)
  t.after(() => observations.close())
  const observe = async () => (await observations.observe()).map(({ name }) => name)
  return { runtime, figures, observe, read: () => read }
}

void describe('the probes of a running connector', () => {
  void test('alive is who answers, whatever the ledger does', async (t) => {
    const { world, url } = await serving(t)
    world.ledgerAnswers = false
    const response = await fetch(`${url}/livez`)
    assert.equal(response.status, 200)
    assert.deepEqual(await response.json(), { alive: true })
    assert.equal(world.asked, 0)
  })

  void test('ready is whose ledger answers and whose receivers are open; the answer says which is not, and no more', async (t) => {
    const { world, url } = await serving(t)
    const look = async (): Promise<[number, unknown]> => {
      const response = await fetch(`${url}/readyz`)
      return [response.status, await response.json()]
    }
    assert.deepEqual(await look(), [200, { ready: true, checks: { ledger: 'ok', receivers: 'ok' } }])
    world.receiving = false
    assert.deepEqual(await look(), [503, { ready: false, checks: { ledger: 'ok', receivers: 'failed' } }])
    world.receiving = true
    world.ledgerAnswers = false
    assert.deepEqual(await look(), [503, { ready: false, checks: { ledger: 'failed', receivers: 'ok' } }])
  })

  void test('metrics are Prometheus text: counters of the process, totals of the ledger, no sample twice', async (t) => {
    const { url } = await serving(t)
    const response = await fetch(`${url}/metrics`)
    assert.equal(response.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8')
    const text = await response.text()
    const samples = new Map<string, number>()
    for (const line of text.trimEnd().split('\n')) {
      if (line.startsWith('# ')) continue
      const [, name, value] =
        /^([a-z_]\w*(?:\{(?:\w+="(?:[^"\\]|\\.)*",?)*\})?) (\S+)$/.exec(line) ?? assert.fail(line)
      assert.ok(name !== undefined && !samples.has(name), line)
      samples.set(name, Number(value))
    }
    assert.equal(samples.get('rollcall_events_total{outcome="received"}'), 5)
    assert.equal(samples.get('rollcall_events_total{outcome="say \\"so\\""}'), 1)
    for (const name of TOTALS) assert.equal(samples.get(`rollcall_ledger_${name}_total`), totals[name])
    assert.equal(samples.get('rollcall_stage_depth{stage="waiting"}'), 7)
    assert.equal(samples.get('rollcall_stage_depth{stage="accepted"}'), 0)
    assert.equal(samples.get('rollcall_stage_oldest_age_seconds{stage="waiting"}'), 90)
    assert.equal(samples.has('rollcall_stage_oldest_age_seconds{stage="accepted"}'), false)
    assert.equal(samples.get('rollcall_quota_used'), 2)
    assert.equal(samples.get('rollcall_quota_next_call_seconds'), 0)
    assert.equal(samples.get('rollcall_log_lag_seconds'), 30)
    assert.equal(samples.get('rollcall_job_running'), 0)
    assert.equal(samples.get('rollcall_instances{state="lost"}'), 0)
    assert.equal(samples.get('rollcall_ledger_dead_letters{store="bus",code="Unreadable"}'), 5)
    assert.equal(samples.has('rollcall_alert{code="leaver.open"}'), false, 'nothing has looked for alerts')
    assert.equal(samples.get('rollcall_ledger_hold_since_seconds{hold="access"}'), 2)
    assert.equal(samples.get('rollcall_ready'), 1)
    assert.equal(samples.get('rollcall_ledger_findings_open{code="DisabledElsewhere"}'), 4)
    assert.equal(samples.get('rollcall_ledger_findings_open{code="LedgerOlderThanDirectory"}'), 0)
    assert.equal(samples.get('rollcall_ledger_leavers_open{cause="failed"}'), 2)
    assert.equal(samples.get('rollcall_ledger_leavers_open{cause="held"}'), 0)
    assert.equal(samples.get('rollcall_ledger_blocks'), 6)
    assert.equal(samples.get('rollcall_ledger_leavers_oldest_seconds'), 5)
    assert.equal(samples.get('rollcall_ledger_dead_letters{store="ledger",code="InvalidValue"}'), 6)
    assert.equal(samples.has('rollcall_messages_total{outcome="rejected"}'), false)
    const declared = [...text.matchAll(/^# TYPE (\w+) (?:counter|gauge)$/gm)].map(([, name]) => name)
    assert.equal(new Set(declared).size, declared.length, 'a family is declared once')
  })

  void test('a ledger that is away leaves the metrics of the process', async (t) => {
    const { world, url } = await serving(t)
    world.ledgerAnswers = false
    const text = await (await fetch(`${url}/metrics`)).text()
    assert.match(text, /^rollcall_check\{check="ledger"\} 0$/m)
    assert.match(text, /^process_resident_memory_bytes \d+$/m)
    assert.doesNotMatch(text, /rollcall_ledger_/)
  })

  void test('beyond loopback the probes are open and the metrics take a token', async (t) => {
    const ready = async (): Promise<Readiness> => ({ ready: true, checks: {} })
    const address = { host: '127.0.0.1', port: 0, loopback: false }
    const beyond = async (token: string | null): Promise<string> => {
      const probes = await startProbes({ address, token }, ready, async () => 'up 1\n')
      t.after(() => probes.close())
      return `http://127.0.0.1:${probes.port}`
    }
    const closed = await beyond(null)
    assert.equal((await fetch(`${closed}/livez`)).status, 200)
    assert.equal((await fetch(`${closed}/readyz`)).status, 200)
    assert.equal((await fetch(`${closed}/metrics`)).status, 403)
    const open = await beyond('of-the-scraper')
    const asking = async (headers: Record<string, string>): Promise<number> =>
      (await fetch(`${open}/metrics`, { headers })).status
    assert.equal(await asking({}), 401)
    assert.equal(await asking({ authorization: 'Bearer of-another' }), 401)
    assert.equal(await asking({ authorization: 'Bearer of-the-scraper' }), 200)
  })

  void test('what is not there is 404, and nothing can be changed', async (t) => {
    const { url } = await serving(t)
    for (const path of ['/', '/readyz/', '/__proto__', '/constructor'])
      assert.equal((await fetch(url + path)).status, 404, path)
    assert.equal((await fetch(`${url}/readyz`, { method: 'POST' })).status, 405)
    assert.equal((await fetch(`${url}/metrics?of=what`, { method: 'HEAD' })).status, 200)
  })

  void test('rollcall health is 0 while it is ready and 1 otherwise', async (t) => {
    const { world, port } = await serving(t)
    const written = t.mock.method(process.stdout, 'write', () => true)
    const said = t.mock.method(process.stderr, 'write', () => true)
    const environment = { HTTP_ADDRESS: `0.0.0.0:${port}` }
    const codes = [await health(environment, 'readyz')]
    world.ledgerAnswers = false
    codes.push(await health(environment, 'readyz'), await health(environment, 'livez'))
    codes.push(await health({ HTTP_ADDRESS: '127.0.0.1:1' }, 'readyz'))
    written.mock.restore()
    said.mock.restore()
    assert.deepEqual(codes, [0, 1, 0, 1])
    await assert.rejects(health({}, 'readyz'), { code: 'ConfigInvalid' })
  })

  for (const [what, sent] of [
    ['say nothing', ''],
    ['begin a request and do not end it', 'GET /readyz HTTP/1.1\r\nHost: x\r\nX-Slow: '],
  ] as const)
    void test(`two hundred connections that ${what} keep no probe from its answer, and are gone after a while`, async (t) => {
      const { port, url } = await serving(t)
      const sockets = Array.from({ length: 200 }, () => connect(port, '127.0.0.1'))
      t.after(() => sockets.forEach((socket) => socket.destroy()))
      let open = sockets.length
      for (const socket of sockets) {
        socket.on('error', () => {})
        socket.on('close', () => (open -= 1))
        socket.resume()
        socket.write(sent)
      }
      await until('all are there', () => sockets.every((socket) => !socket.connecting))
      const asked = await Promise.all(
        ['/livez', '/readyz', '/metrics'].map(
          async (path) =>
            (
              await fetch(url + path, {
                signal: AbortSignal.timeout(5_000),
                headers: { connection: 'close' },
              })
            ).status,
        ),
      )
      assert.deepEqual(asked, [200, 200, 200])
      await until('what was left is closed', () => open === 0, 30_000)
    })

  void test('the ledger is asked once a second, however many requests there are', async () => {
    const world: World = { ledgerAnswers: true, receiving: true, asked: 0 }
    let now = 0
    const ready = readiness(fakeLedger(world), null, () => now)
    await Promise.all(Array.from({ length: 50 }, ready))
    now = 999
    assert.deepEqual(await ready(), { ready: true, checks: { ledger: 'ok' } })
    assert.equal(world.asked, 1)
    now = 1_001
    await ready()
    assert.equal(world.asked, 2)
  })

  void test('the ledger is read every five seconds while metrics are collected, and a collection waits for the first reading only', async (t) => {
    const { runtime, observe, figures, read } = collecting(t)
    await Promise.all(Array.from({ length: 20 }, observe))
    await runtime.advance(4_999)
    assert.equal(read(), 1)
    figures.hang = true
    await runtime.advance(1)
    assert.equal(read(), 2)
    assert.ok((await observe()).includes('rollcall.stage.depth'), 'of the reading before')
    await runtime.advance(2_000)
    assert.ok(!(await observe()).includes('rollcall.stage.depth'), 'a ledger that hangs is left out')
    assert.ok((await observe()).includes('process.cpu_seconds'))
    await runtime.advance(60_000)
    assert.equal(read(), 2, 'nothing more is asked of it')
  })

  void test('when nothing collects metrics for ten minutes, the ledger is read no more until something does', async (t) => {
    const { runtime, observe, read } = collecting(t)
    assert.equal(read(), 0)
    await observe()
    await runtime.advance(3_600_000)
    const before = read()
    assert.ok(before <= 121, String(before))
    await runtime.advance(3_600_000)
    assert.equal(read(), before)
    await observe()
    assert.equal(read(), before + 1)
  })

  void test('without an address nothing listens', async () => {
    const observations = observed(readConfig({}), () => null)
    const served = { observed: observations, scrape: async () => '', ledger: () => null }
    assert.equal(await serveHttp(readConfig({}), served, silentLogger), null)
  })
})

void test('an address is a port of loopback, or says its own', () => {
  assert.deepEqual(parseHttpAddress('9464'), { host: '127.0.0.1', port: 9464, loopback: true })
  assert.deepEqual(parseHttpAddress('0.0.0.0:8080'), { host: '0.0.0.0', port: 8080, loopback: false })
  assert.deepEqual(parseHttpAddress('[::1]:8080'), { host: '::1', port: 8080, loopback: true })
  for (const wrong of [
    '',
    'localhost',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '[localhost]:1',
    '::1:80',
    ':80',
    '127.0.0.1:80/x',
  ])
    assert.equal(parseHttpAddress(wrong), null, wrong)
  assert.equal(reachable({ host: '::', port: 1, loopback: false }), 'http://[::1]:1')
  assert.throws(() => readConfig({ HTTP_ADDRESS: 'nonsense' }), {
    code: 'ConfigInvalid',
    message: /HTTP_ADDRESS must be a port/,
  })
})

void test('receiving is an open receiver without trouble since its last message', async () => {
  let now = 0
  let hand: (message: SourceMessage) => void = () => {}
  const inbox: SourceQueue = {
    open: async (onMessage) => {
      hand = onMessage
      return {
        settle: async () => {},
        stopReceiving: async () => {},
        handBack: async () => {},
        close: async () => {},
      }
    },
  }
  const message: SourceMessage = {
    entity: 'q',
    sequence: '1',
    enqueuedAt: 0,
    messageId: null,
    sessionId: null,
    contentType: null,
    text: null,
    properties: {},
  }
  const watched = receiverHealth(() => now)
  assert.equal(watched.receiving(), false)
  const receiver = await watched.watch(inbox).open(() => {})
  assert.equal(watched.receiving(), true)
  watched.trouble()
  assert.equal(watched.receiving(), false)
  hand(message)
  assert.equal(watched.receiving(), true, 'a message says that the bus is there again')
  watched.trouble()
  now = 60_001
  assert.equal(watched.receiving(), true, 'and so does a minute without trouble')
  now = 10_800_000
  watched.trouble()
  now = 0
  assert.equal(watched.receiving(), true, 'and so does a clock that was ahead and came back')
  await receiver.close()
  await receiver.close()
  assert.equal(watched.receiving(), false)
})
