import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openFileLedger } from '../../adapters/support/file-ledger.ts'
import type { AlertState } from '../../../src/core/alerts/alert.ts'
import { ALERT_CODES, type AlertCode } from '../../../src/core/alerts/codes.ts'
import { QUARANTINE_LIMITS } from '../../../src/core/provision/quarantine.ts'
import { describeAlert } from '../../../src/core/alerts/describe.ts'
import { FINDINGS } from '../../../src/core/findings/codes.ts'
import { LEAVER_CAUSES } from '../../../src/core/leavers/causes.ts'
import { opened } from '../../fakes/alerts.ts'
import { command } from '../../fakes/cli.ts'
import type { Command } from 'commander'
import { callableCommands } from '../../../src/cli/help/tree.ts'
import { wholeProgram } from '../../../src/cli/program.ts'
import { commandOf, wordsOf } from '../../fakes/command-line.ts'

let LEDGER = ''
before(async () => void (LEDGER = join(await mkdtemp(join(tmpdir(), 'rollcall-alerts-')), 'ledger.db')))
after(() => rm(join(LEDGER, '..'), { recursive: true }))

const alerts = (...args: readonly string[]) => command(['alerts', ...args], { LEDGER })
async function store(now: number, ...changed: readonly AlertState[]): Promise<void> {
  await storeIn(LEDGER, now, changed)
}
async function storeIn(path: string, now: number, changed: readonly AlertState[]): Promise<void> {
  const ledger = await openFileLedger(path)
  const { revision } = await ledger.readAlerts()
  await ledger.saveAlerts({ revision, now, changed, forgotten: [], notifications: [] })
  await ledger.close()
}

void describe('rollcall alerts', () => {
  void it('lists what is open, the worst first, with what helps, and ends with 9 when an alert is urgent', async () => {
    const now = Date.now()
    await store(now - 600_000)
    assert.match((await alerts()).stderr, /no connector has looked for alerts since/)
    await store(
      now,
      opened(now, { count: 4_000 }),
      opened(now, { code: 'quota.low', cause: 'nearly used up', resolvedAt: now }),
    )
    const calm = await alerts()
    assert.equal(calm.code, 0)
    assert.match(calm.stdout, /^normal +deadletter\.new +InvalidValue +4000 .*rollcall dead-letters/m)
    assert.doesNotMatch(calm.stdout, /quota/)
    assert.equal(calm.stderr, '')
    assert.match((await alerts('--all')).stdout, /^- +quota\.low/m)

    await store(now, opened(now, { code: 'leaver.open', cause: 'failed', urgency: 'urgent', count: 2 }))
    const urgent = await alerts('--output', 'json')
    assert.equal(urgent.code, 9)
    const [first, second] = JSON.parse(urgent.stdout) as readonly Record<string, unknown>[]
    assert.deepEqual(
      [first?.['code'], first?.['count'], second?.['code']],
      ['leaver.open', 2, 'deadletter.new'],
    )
    assert.match(String(first?.['meaning']), /did not accept the deactivation/)
  })

  void it('status shows what is open, as of when, and names the command', async () => {
    const { stdout } = await command(['status'], { LEDGER })
    assert.match(
      stdout,
      /2 open, 1 urgent, as of \d{4}-\S+Z.*: leaver\.open, deadletter\.new — rollcall alerts/,
    )
  })

  void it('status does not report that nothing is wrong when no connector has looked', async () => {
    const fresh = { LEDGER: join(LEDGER, '..', 'fresh.db') }
    await (await openFileLedger(fresh.LEDGER)).close()
    assert.match((await command(['status'], fresh)).stdout, /^alerts +not looked for yet/m)
    const { stdout } = await command(['status', '--output', 'json'], fresh)
    assert.equal((JSON.parse(stdout) as { readonly alertsAt: unknown }).alertsAt, null)
    await storeIn(fresh.LEDGER, Date.UTC(2026, 10, 2, 8), [])
    assert.match((await command(['status'], fresh)).stdout, /^alerts +none as of 2026-11-02T08:00:00\.000Z/m)
  })
})

void describe('what helps against an alert', () => {
  const KNOWN: Readonly<Record<string, readonly string[]>> = {
    'leaver.open': Object.keys(LEAVER_CAUSES),
    'finding.new': FINDINGS.map(({ code }) => code),
    'deadletter.new': ['EntryConflict', 'bus: BodyNotJson', 'a reason; of others'],
    'channel.down': ['mail'],
    'submission.held': ['full'],
    'job.failing': [...QUARANTINE_LIMITS],
  }
  const described = ALERT_CODES.flatMap((code) =>
    ['', ...(KNOWN[code] ?? [])].map((cause) => ({ code, cause, ...describeAlert({ code, cause }) })),
  )

  void it('begins with a command that the program takes, with its options, for every code and cause', async () => {
    for (const { code, cause, command: line } of described) {
      assert.match(line, /^rollcall /, code)
      await assert.doesNotReject(commandOf(wordsOf(line).slice(1)), `${code} ${cause}: ${line}`)
    }
    assert.deepEqual(
      described.filter(({ cause }) => /Entry|bus|others|mail/.test(cause)).map((one) => one.command),
      [
        'rollcall dead-letters groups --code EntryConflict',
        'rollcall dead-letters groups --store bus',
        'rollcall dead-letters groups',
        'rollcall notifications test mail',
      ],
    )
  })

  void it('says what a limit of quarantine is, and what empties a job that has no room', () => {
    const meaningOf = (code: AlertCode, cause: string) => describeAlert({ code, cause }).meaning ?? ''
    for (const limit of QUARANTINE_LIMITS) assert.match(meaningOf('job.failing', limit), /[456]0[, ]/)
    const full = describeAlert({ code: 'submission.held', cause: 'full' })
    assert.match(full.meaning ?? '', /What fails stays in the queue of the job/)
    assert.match(full.next ?? '', /restart the job, .* 40 minutes/)
    assert.equal(meaningOf('submission.held', 'circuit'), '')
  })

  void it('names no other command than those of the program', async () => {
    const program = (await wholeProgram()) as Command
    const commands = new Set(callableCommands(program).map(({ name }) => name))
    const named = described.flatMap(({ cure }) =>
      [...cure.matchAll(/rollcall ([a-z-]+(?: [a-z-]+)?)/g)].map(([, words = '']) => words),
    )
    // Behind the name of a command that has one word, the sentence may go on.
    for (const words of new Set(named))
      assert.ok(commands.has(words) || commands.has(words.split(' ')[0] ?? ''), `rollcall ${words}`)
    assert.ok(new Set(named).size > 8)
  })
})
