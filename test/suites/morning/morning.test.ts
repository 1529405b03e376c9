import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { until } from '../../adapters/support/until.ts'
import { names, night } from './night.ts'
import { type Site, site } from './site.ts'

/** Failures of each of the four causes; MORNING_EACH=1000 makes 4,000 dead letters. */
const EACH = Number(process.env['MORNING_EACH'] ?? 25)
const [EMPLOYEES, LEAVERS] = [300, 120]
/**
 * What is sent before and in the night takes a good third of them, and the alert is set to that.
 */
const CALLS = Math.ceil(2.2 * ((EMPLOYEES + 2 * EACH) / 50 + 1))
const WITHIN_MS = 60_000

const COST_CENTER = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter'
const rulesWith = (jsonata: string): object => ({
  mapping: { base: 'default', attributes: { [COST_CENTER]: { jsonata } } },
})
const WRONG = rulesWith('$uppercase(costCenter)')
const RIGHT = rulesWith('$uppercase($string(costCenter))')
const BY = ['--actor', 'ada', '--justification', 'ticket 4711', '--yes'] as const

/** How an alert is called, and the sign of it at `/metrics`. */
interface Trouble {
  readonly alert: string
  readonly cause: string
  readonly metric: RegExp
}
const alertOn = (code: string): RegExp => RegExp(`^rollcall_alert\\{code="${code}"\\} 1$`, 'm')
const lettersOf = (store: string, code: string): RegExp =>
  RegExp(`^rollcall_ledger_dead_letters\\{store="${store}",code="${code}"\\} [1-9]`, 'm')
const failed = (code: string): Trouble => ({
  alert: 'deadletter.new',
  cause: code,
  metric: lettersOf('ledger', code),
})

const STOPPED: Trouble = { alert: 'loop.missing', cause: 'intake', metric: alertOn('loop.missing') }
const UNREADABLE: Trouble = {
  alert: 'deadletter.new',
  cause: 'FieldMissing',
  metric: lettersOf('bus', 'FieldMissing'),
}
const AFTER_THE_NIGHT: readonly Trouble[] = [
  failed('EntryConflict'),
  failed('InvalidDomain'),
  failed('MappingFailed'),
  { alert: 'brake.tripped', cause: '', metric: alertOn('brake.tripped') },
  { alert: 'quota.low', cause: '', metric: alertOn('quota.low') },
]

void test('an operator learns within a minute of a stopped connector, dead letters of four causes, a mass of leavers and a low quota, and needs two commands to understand each and one to fix it', async (t) => {
  const here = await site(t, EACH, { BRAKE_FLOOR: '50', CALLS_PER_DAY: String(CALLS) })
  const { before, failing, leaving } = night({ each: EACH, employees: EMPLOYEES, leavers: LEAVERS })
  await here.startConnector(WRONG)
  await here.send(before)
  await until('everyone is in the directory', () => enabled(here, EMPLOYEES), WITHIN_MS, 100)

  // The connector stops, and HR goes on.
  await here.stopConnector()
  await noticed(t, here, [STOPPED], Date.now())
  const stopped = await here.type('status')
  assert.equal(stopped.code, 10)
  assert.match(stopped.stdout, /run nowhere +intake, provision, correlate/)
  await here.send([...failing, ...leaving])

  // It is started again, and takes what waited.
  const startedAt = Date.now()
  await here.startConnector(WRONG)
  await noticed(t, here, AFTER_THE_NIGHT, startedAt)
  const { stdout: alerts } = await here.type('alerts')
  for (const { alert, cause } of AFTER_THE_NIGHT) assert.match(alerts, RegExp(`${alert} .*${cause}`))
  const { stdout: groups } = await here.type('dead-letters', 'groups')
  for (const [reason, code, attribute] of [
    ['failed', 'EntryConflict', 'userName'],
    ['failed', 'InvalidDomain', ''],
    ['unmapped', 'MappingFailed', COST_CENTER],
    ['unreadable', 'FieldMissing', 'type'],
  ] as const)
    assert.match(groups, RegExp(`^${EACH} +${reason} +${code} +${attribute}`, 'm'))
  // Which of the leavers got through before the brake tripped depends on how their messages
  // arrived.
  assert.match((await here.type('brake', 'status')).stdout, /^10[01]\d\d /m)

  // A mapping, and an allowance of calls, are corrected in the file and take effect with a restart.
  await here.startConnector(RIGHT, { CALLS_PER_DAY: '6000' })
  // What is on the bus is counted every half minute, and at a start.
  await noticed(t, here, [UNREADABLE], startedAt)
  await putRight(here)
  await until('every dead letter is gone', () => noneLeft(here), WITHIN_MS, 2_000)
  await until(
    'everyone who works is enabled',
    () => enabled(here, EMPLOYEES - LEAVERS + 4 * EACH),
    WITHIN_MS,
    200,
  )
  const { stdout: audit } = await here.type('audit')
  for (const action of ['replay', 'brake.release'])
    assert.match(audit, RegExp(`ada \\(\\S+\\) +${action}.*ticket 4711`))
})

/** One order for each cause. */
async function putRight(here: Site): Promise<void> {
  const [domain, table] = [join(here.folder, 'domain.jsonata'), join(here.folder, 'names.csv')]
  await writeFile(
    domain,
    '$ ~> |data.worker|{ "userName": $replace(userName, /@old\\.example$/, "@contoso.com") }|',
  )
  await writeFile(table, names(EACH))
  for (const [code, ...patch] of [
    ['MappingFailed'],
    ['InvalidDomain', '--patch', domain],
    ['EntryConflict', '--patch', table],
    ['FieldMissing', '--patch', '{"type":"worker.hired"}'],
  ] as const) {
    const { code: exit, stdout, stderr } = await here.type('replay', '--code', code, ...patch, ...BY)
    assert.equal(exit, 0, `${code}: ${stdout}${stderr}`)
  }
  const released = await here.type('brake', 'release', ...BY)
  assert.equal(released.code, 0, released.stderr)
}

/** Waits until all three ways have told each of them, and says how long the slowest took. */
async function noticed(
  t: TestContext,
  here: Site,
  troubles: readonly Trouble[],
  since: number,
): Promise<void> {
  for (const { alert, cause, metric } of troubles) {
    const told = (by: 'log' | 'notification'): boolean =>
      here.notices.some((one) => one.by === by && one.alert === alert && one.cause.includes(cause))
    await until(`${alert} ${cause} in the log`, () => told('log'), WITHIN_MS, 100)
    await until(`${alert} ${cause} as a notification`, () => told('notification'), WITHIN_MS, 100)
    await until(`${alert} ${cause} in metrics`, async () => metric.test(await here.metrics()), WITHIN_MS, 100)
    const seconds = (Date.now() - since) / 1_000
    assert.ok(seconds <= 60, `${alert} ${cause} took ${seconds} s`)
    t.diagnostic(`${alert} ${cause}: noticed in every way within ${seconds} s`)
  }
}

async function noneLeft(here: Site): Promise<boolean> {
  const { stdout } = await here.type('dead-letters', 'groups', '--output', 'json')
  return /"groups": *\[\]|^\[\]/.test(stdout)
}

async function enabled(here: Site, count: number): Promise<boolean> {
  const accounts = Object.entries(await here.directory())
  return accounts.filter(([id, { active }]) => active && /^[1-5]\d{4}$/.test(id)).length === count
}
