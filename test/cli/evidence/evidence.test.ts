import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'
import type { HrEvent } from '../../../src/core/model.ts'
import { DAY_MS } from '../../../src/core/runtime.ts'
import { command } from '../../fakes/cli.ts'
import { anInstance } from '../../fakes/instances.ts'
import { call, DISABLED, REFUSED } from '../../suites/conformance/ledger/emergency.ts'
import { confirmAt, inNorth, plan, toSouth } from '../../suites/conformance/ledger/two-destinations.ts'
import { joiner, leaver, World } from '../../suites/conformance/ledger/world.ts'

const HOUR_MS = DAY_MS / 24
const START = Date.UTC(2025, 5, 2, 8)
const PERIOD = ['--from', '2025-06-02', '--to', '2025-06-04'] as const
const ANN = { actor: 'ann', justification: 'ticket 7' }

const folder = mkdtempSync(join(tmpdir(), 'rollcall-evidence-'))
const LEDGER = join(folder, 'ledger.db')
after(() => rmSync(folder, { recursive: true }))
const inFolder = (name: string): string => join(folder, name)

/** Opens the ledger at a moment, and closes it after `work`. */
async function at(now: number, work: (world: World) => Promise<void>): Promise<void> {
  const ledger = await openFileLedger(LEDGER)
  const world = new World(ledger)
  world.now = now
  await work(world)
  await ledger.close()
}

const dated = (event: HrEvent, recordedAt: number): HrEvent => ({
  ...event,
  recordedAt,
  effectiveAt: recordedAt - HOUR_MS,
})
const out = (world: World, employeeId: string, recordedBefore: number): Promise<unknown> =>
  world.record(dated(leaver(`out-${employeeId}`, employeeId), world.now - recordedBefore))

/** A termination that is received now, and proven so many hours later. */
async function leaves(
  world: World,
  employeeId: string,
  recordedBefore: number,
  hours: number,
): Promise<void> {
  await out(world, employeeId, recordedBefore)
  const sent = await world.send()
  world.now += hours * HOUR_MS
  await world.answer(sent)
  await world.finalize()
  await world.tend()
}

/** Disabled by the emergency lane at its second call, and by the job an hour later. */
async function disabledByLane(world: World, employeeId: string): Promise<void> {
  await out(world, employeeId, 0)
  await world.plan()
  await call(world, employeeId, REFUSED)
  await call(world, employeeId, DISABLED)
  world.now += HOUR_MS
  await world.answer(await world.send())
  await world.finalize()
  await world.tend()
}

async function decide(world: World): Promise<void> {
  const { ledger, now } = world
  await ledger.blockEmployees([{ employeeId: 'p6', until: null, ...ANN }], now)
  await ledger.unblockEmployee({ employeeId: 'p6', ...ANN }, now)
  await ledger.recordDiscardedMessages('hr-events', ['3', '4'], 'bob', 'duplicates', now)
  const part = { store: 'bus', entity: 'hr-events', stale: false } as const
  const targets = [
    { ...part, sequence: '7', body: '{}', employees: ['p1'] },
    { ...part, sequence: '8' },
  ]
  await ledger.freezeReplay({ name: 'r-1', selection: '{}', targets, ...ANN }, now)
  await ledger.recordDisclosure({ employees: ['p1', 'p2'], ...ANN }, now)
}

before(async () => {
  await at(START - 2 * DAY_MS, async (world) => {
    const hired = ['p1', 'p2', 'p3', 'p4', 'p5', 'p6', 'p7']
    await world.record(...hired.map((id) => dated(joiner(`hire-${id}`, id), world.now - HOUR_MS)))
    await world.answerEach(await world.send())
    await world.finalize()
    await leaves(world, 'p5', 0, 1)
    await world.ledger.blockEmployees([{ employeeId: 'p6', until: null, ...ANN }], world.now)
    const first = anInstance('i-1', { startedAt: world.now, seenAt: world.now })
    await world.ledger.announceInstance(first)
    world.now = START
    await world.ledger.unblockEmployee({ employeeId: 'p6', ...ANN }, world.now)
    await leaves(world, 'p1', HOUR_MS, 1)
    await leaves(world, 'p2', HOUR_MS / 2, 3)
    await disabledByLane(world, 'p7')
    await out(world, 'p3', 0)
    const query = { dueBy: null, employeeId: 'p3', next: null, limit: 1 }
    const ids = (await world.ledger.listOpenLeavers(query)).leavers.map(({ leaverCase: { id } }) => id)
    await world.ledger.acknowledgeLeavers({ ids, actor: 'ann', justification: 'disabled by hand' }, world.now)
    await decide(world)
    const again = anInstance('i-2', { startedAt: world.now, seenAt: world.now })
    const { brake } = again.limits
    await world.ledger.announceInstance({
      ...again,
      configHash: 'other',
      limits: { ...again.limits, brake: { ...brake, absolute: brake.absolute + 5 } },
    })
    await world.ledger.announceInstance({ ...again, seenAt: world.now + 5_000 })
    await out(world, 'p4', 0)
    world.now = START + 3 * DAY_MS
    await world.confirmAll()
    await world.tend()
  })
})

const evidence = (...args: readonly string[]) => command(['evidence', ...args], { LEDGER })
interface Report {
  readonly [section: string]: unknown
  readonly leavers: readonly Readonly<Record<string, unknown>>[]
}
async function report(): Promise<Report> {
  const { code, stdout, stderr } = await evidence(...PERIOD)
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as Report
}

/** By hand, from the history above. */
const TOTALS = {
  leavers: {
    cases: 5,
    ended: { acknowledged: 1, open: 1, proven: 3 },
    provenBy: { 'emergency lane': 1, job: 2 },
    proof: {
      fromReceipt: { p50Ms: HOUR_MS, p95Ms: 3 * HOUR_MS, worstMs: 3 * HOUR_MS },
      fromRecorded: { p50Ms: 2 * HOUR_MS, p95Ms: 3.5 * HOUR_MS, worstMs: 3.5 * HOUR_MS },
    },
  },
  emergency: { calls: 2, results: { disabled: 1, refused: 1 }, job: { confirmed: 1 }, usd: 0.002 },
  decisions: { block: 1, 'dead-letter.discard': 2, 'leavers.acknowledge': 1, 'replay.edit': 1, unblock: 2 },
  replays: { replay: 1 },
  deadLettersReplayed: 2,
  configuration: 1,
  disclosures: 2,
}

void describe('rollcall evidence', () => {
  void test('the totals of a known history are those computed by hand, and what lies outside of the period is left out', async () => {
    const { totals, leavers, decisions, replays, configuration } = await report()
    assert.deepEqual(totals, TOTALS)
    assert.deepEqual(
      leavers.map(({ employeeId, ended, provenBy, proofMs, decidedBy }) => [
        employeeId,
        ended,
        provenBy,
        proofMs,
        decidedBy,
      ]),
      [
        ['p1', 'proven', 'job', HOUR_MS, null],
        ['p2', 'proven', 'job', 3 * HOUR_MS, null],
        ['p7', 'proven', 'emergency lane', 200, null],
        ['p3', 'acknowledged', null, null, 'ann'],
        ['p4', 'open', null, null, null],
      ],
    )
    const edit = (decisions as readonly Readonly<Record<string, unknown>>[]).find(
      ({ action }) => action === 'replay.edit',
    )
    assert.deepEqual(
      [edit?.['about'], edit?.['actor'], edit?.['justification']],
      ['hr-events#7', 'ann', 'ticket 7'],
    )
    assert.deepEqual(
      (replays as readonly Readonly<Record<string, unknown>>[]).map(({ about, count }) => [about, count]),
      [['replay 1', 2]],
    )
    assert.match(JSON.stringify(configuration), /"justification":"BRAKE_ABSOLUTE from \d+ to \d+"/)
  })

  void test('a leaver whom the emergency lane disabled is there with each call, its answer, what the job did then, and the money', async () => {
    const { emergency } = await report()
    const rows = emergency as readonly Readonly<Record<string, unknown>>[]
    assert.deepEqual(
      rows.map(({ id, employeeId, reason, result, status, usd, job }) => [
        id,
        employeeId,
        reason,
        result,
        status,
        usd,
        job,
      ]),
      [
        ['call-1', 'p7', 'full', 'refused', 403, 0, 'confirmed'],
        ['call-2', 'p7', 'full', 'disabled', 204, 0.002, 'confirmed'],
      ],
    )
    const instants = ['begunAt', 'endedAt', 'jobEndedAt'].map((name) => Date.parse(String(rows[1]?.[name])))
    const [begunAt = 0, endedAt = 0, jobEndedAt = 0] = instants
    assert.deepEqual([endedAt - begunAt, jobEndedAt - endedAt], [100, HOUR_MS + 1_000])
    const csv = (await evidence(...PERIOD, '--format', 'csv')).stdout
    assert.match(csv, /^"emergency","call-2","","p7",.*"full",.*"disabled","204",.*"0\.002","confirmed",/m)
    assert.match(csv, /^"totals",.*"emergency\.usd","0\.002",""\r$/m)
    const page = (await evidence(...PERIOD, '--format', 'html')).stdout
    assert.match(
      page,
      /<td>disabled \(204\)<\/td><td>[^<]+<\/td><td>confirmed<\/td><td>[^<]+<\/td><td>0\.002<\/td>/,
    )
    assert.match(page, /<td>emergency\.usd<\/td><td>0\.002<\/td>/)
  })

  void test('the table and the page hold the same rows and totals, and no user name', async () => {
    const { stdout: csv } = await evidence(...PERIOD, '--format', 'csv')
    const { stdout: page } = await evidence(...PERIOD, '--format', 'html')
    const sections = csv.split('\r\n').map((line) => line.split(',')[0])
    const counted = Object.groupBy(sections, (section) => section ?? '')
    assert.deepEqual(
      ['"leavers"', '"decisions"', '"replays"', '"disclosures"'].map((name) => counted[name]?.length),
      [5, 7, 1, 2],
    )
    assert.match(csv, /^"totals",.*"leavers\.proof\.fromReceipt\.worstMs","10800000",""\r$/m)
    assert.equal([...page.matchAll(/<tr><td>leaver-/g)].length, 5)
    assert.match(page, /<td>leavers\.proof\.fromReceipt\.worstMs<\/td><td>3\.0 h \(10800000 ms\)<\/td>/)
    assert.doesNotMatch(csv + page + JSON.stringify(await report()), /example\.com/)
  })

  void test('a text from outside stays text in the page and in the table', async () => {
    await at(START + DAY_MS, async (world) => {
      const order = { employeeId: 'p6', until: null, actor: '=1+1', justification: '<script>x</script>' }
      await world.ledger.blockEmployees([order], Date.UTC(2025, 6, 1))
    })
    const july = ['--from', '2025-07-01', '--to', '2025-07-02'] as const
    assert.match((await evidence(...july, '--format', 'html')).stdout, /&lt;script&gt;x&lt;\/script&gt;/)
    assert.match((await evidence(...july, '--format', 'csv')).stdout, /"'=1\+1"/)
  })

  void test('a period that is empty or not over is refused', async () => {
    assert.match(
      (await evidence('--from', '2025-06-04', '--to', '2025-06-02')).stderr,
      /--from must be before --to/,
    )
    assert.match(
      (await evidence('--from', '2025-06-04', '--to', '9999-01-01')).stderr,
      /--to is in the future/,
    )
  })
})

void describe('rollcall evidence verify', () => {
  const pem = { type: 'spki', format: 'pem' } as const
  const keys = [generateKeyPairSync('ed25519'), generateKeyPairSync('ed25519')]
  const file = inFolder('report.json')
  const verify = async (...args: readonly string[]) => {
    const { code, stdout, stderr } = await evidence('verify', file, ...args, '--output', 'json')
    return { code, stderr, verdict: stdout === '' ? null : JSON.parse(stdout) }
  }
  before(async () => {
    for (const [index, { privateKey, publicKey }] of keys.entries()) {
      writeFileSync(inFolder(`${index}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }))
      writeFileSync(inFolder(`${index}.pub`), publicKey.export(pem))
    }
    const { code, stderr } = await evidence(...PERIOD, '--out', file, '--key', inFolder('0.pem'))
    assert.equal(code, 0, stderr)
  })
  /** The verdict on a report that was changed, while its checksum was not. */
  const changed = async (change: (text: string) => string) => {
    const other = inFolder('changed.json')
    writeFileSync(other, change(readFileSync(file, 'utf8')))
    const { code, stdout, stderr } = await evidence('verify', other, '--output', 'json')
    assert.notEqual(stdout, '', stderr)
    return { code, verdict: JSON.parse(stdout) }
  }
  const WHOLE = { settledLater: 0, gone: 0, missing: 0, different: 0 }

  void test('agrees with a report that was not changed: signature, totals and every row', async () => {
    const { code, verdict } = await verify('--public-key', inFolder('0.pub'))
    assert.equal(code, 0)
    assert.deepEqual([verdict.origin, verdict.totals], ['signed', true])
    assert.deepEqual(verdict.sections.leavers, { same: 5, ...WHOLE })
    assert.deepEqual(verdict.sections.emergency, { same: 2, ...WHOLE })
    assert.deepEqual(verdict.sections.decisions, { same: 7, ...WHOLE })
  })

  void test('refuses another key, a changed file, and a missing signature', async () => {
    assert.match((await verify('--public-key', inFolder('1.pub'))).stderr, /is not a signature/)
    assert.match((await verify('--public-key', file)).stderr, /is not an Ed25519 public key/)
    const text = readFileSync(file, 'utf8')
    writeFileSync(file, text.replace('ticket 7', 'ticket 8'))
    assert.match((await verify()).stderr, /one of them was changed/)
    writeFileSync(file, text)
    const unsigned = inFolder('unsigned.json')
    await evidence(...PERIOD, '--out', unsigned)
    const { code, stderr } = await evidence('verify', unsigned, '--public-key', inFolder('0.pub'))
    assert.equal(code, 1)
    assert.match(stderr, /the report is not signed/)
  })

  void test('finds totals that do not follow from the rows, and rows that the ledger does not have so', async () => {
    const totals = await changed((text) => text.replace('"cases":5', '"cases":6'))
    assert.deepEqual([totals.code, totals.verdict.totals], [3, false])
    const money = await changed((text) => text.replace('"usd":0.002,"job"', '"usd":0.001,"job"'))
    assert.deepEqual(
      [money.code, money.verdict.totals, money.verdict.sections.emergency],
      [3, false, { ...WHOLE, same: 1, different: 1 }],
    )
    const different = await changed((text) => text.replace('disabled by hand', 'never mind'))
    assert.equal(different.code, 3)
    assert.deepEqual(different.verdict.sections.leavers, { ...WHOLE, same: 4, different: 1 })
    const missing = await changed((text) =>
      text.replace(/,?\n {4}\{"id":"leaver-\d+","employeeId":"p4".*\}/, ''),
    )
    assert.equal(missing.code, 3)
    assert.deepEqual(missing.verdict.sections.leavers, { ...WHOLE, same: 4, missing: 1 })
  })

  void test('says what an erasure has removed from the ledger since, which is not an error', async () => {
    await at(START + 4 * DAY_MS, async (world) => {
      await world.ledger.eraseEmployee({ employeeId: 'p1', ...ANN }, world.now)
    })
    const { code, verdict } = await verify('--public-key', inFolder('0.pub'))
    assert.equal(code, 7)
    assert.deepEqual(verdict.sections.leavers, { ...WHOLE, same: 4, gone: 1 })
    assert.deepEqual(verdict.sections.disclosures, { ...WHOLE, same: 2 })
  })
})

void describe('rollcall evidence with several destinations', () => {
  const moved = { LEDGER: inFolder('moved.db') }
  const told = (...args: readonly string[]) => command(['evidence', ...args], moved)
  before(async () => {
    const ledger = await openFileLedger(moved.LEDGER)
    const world = new World(ledger)
    world.now = START
    await world.record(dated(inNorth('e1'), START - HOUR_MS))
    await plan(world)
    await confirmAt(world, 'north')
    await world.record(dated(toSouth('e2'), world.now - HOUR_MS / 2))
    await plan(world)
    world.now += HOUR_MS
    await confirmAt(world, 'north')
    world.now += HOUR_MS
    await confirmAt(world, 'south')
    await world.record(dated(leaver('e3', 'p1'), world.now))
    await plan(world)
    await confirmAt(world, 'south')
    await world.tend()
    await ledger.close()
  })

  void test('a move is there with both accounts and times, a leaver with the destination, and both can be verified', async () => {
    const file = inFolder('moved.json')
    assert.equal((await told(...PERIOD, '--out', file)).code, 0)
    const { moves, leavers, totals } = JSON.parse(readFileSync(file, 'utf8'))
    const { receivedAt, plannedAt, disabledAt, enabledAt, ...move } = moves[0]
    assert.deepEqual(move, {
      id: 'move-2',
      employeeId: 'p1',
      source: '/hr/test',
      event: 'e2',
      from: 'north',
      to: 'south',
      outcome: 'completed',
      disabledBy: 'op-2',
      disabledMs: HOUR_MS,
      enabledBy: 'op-3',
      enabledMs: 2 * HOUR_MS + 1_000,
    })
    assert.deepEqual(
      [plannedAt, disabledAt, enabledAt].map((at) => Date.parse(at) - Date.parse(receivedAt)),
      [0, HOUR_MS, 2 * HOUR_MS + 1_000],
    )
    assert.deepEqual([moves.length, leavers[0].destination], [1, 'south'])
    const once = (ms: number) => ({ p50Ms: ms, p95Ms: ms, worstMs: ms })
    assert.deepEqual(totals.moves, {
      departures: 1,
      outcomes: { completed: 1 },
      disabled: once(HOUR_MS),
      enabled: once(2 * HOUR_MS + 1_000),
    })
    const verified = await told('verify', file, '--output', 'json')
    const { totals: added, sections } = JSON.parse(verified.stdout)
    assert.deepEqual([verified.code, added, sections.moves.same, sections.leavers.same], [0, true, 1, 1])
    writeFileSync(file, readFileSync(file, 'utf8').replace('"outcome":"completed"', '"outcome":"failed"'))
    rmSync(`${file}.sha256`)
    const other = await told('verify', file, '--output', 'json')
    assert.deepEqual(
      [other.code, JSON.parse(other.stdout).totals, JSON.parse(other.stdout).sections.moves.different],
      [3, false, 1],
    )
  })

  void test('the table and the page have the move and its times, and without a move neither has the section', async () => {
    const csv = (await told(...PERIOD, '--format', 'csv')).stdout
    assert.match(csv, /^"leavers","leaver-1","","p1","south",/m)
    assert.match(csv, /^"moves","move-2","","p1","","\/hr\/test","e2",.*"north","south",.*"completed",/m)
    assert.match(csv, /^"totals",.*"moves\.outcomes\.completed","1",""\r$/m)
    const page = (await told(...PERIOD, '--format', 'html')).stdout
    assert.match(page, /<td>p1 at south<\/td>/)
    assert.match(page, /<td>north<\/td><td>south<\/td><td>completed<\/td><td>[^<]+<\/td><td>op-2<\/td>/)
    assert.match(page, /<td>moves\.disabled\.worstMs<\/td><td>60\.0 min \(3600000 ms\)<\/td>/)
    const { moves, totals, leavers } = await report()
    assert.deepEqual([moves, (totals as { readonly moves?: unknown }).moves], [undefined, undefined])
    assert.ok(leavers.every((row) => !('destination' in row)))
    assert.doesNotMatch((await evidence(...PERIOD, '--format', 'html')).stdout, /Moves between/)
  })
})
