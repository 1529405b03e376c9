import assert from 'node:assert/strict'
import { copyFile, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openFileLedger } from '../../../adapters/support/file-ledger.ts'
import { readConfig } from '../../../../src/compose/config.ts'
import { identityOf } from '../../../../src/compose/instance/identity.ts'
import type { Instance } from '../../../../src/core/ledger/port/instances.ts'
import { LOOPS, type Loop } from '../../../../src/core/loops.ts'
import { command } from '../../../fakes/cli.ts'
import { failAll } from '../../../suites/conformance/ledger/dead-letters.ts'
import { hrEvent, joiner, World } from '../../../suites/conformance/ledger/world.ts'

type Environment = Readonly<Record<string, string>>

const STARTED = Date.now() - 3_600_000
let folder = ''
let ledgers = 0
let oldRules = ''
let newRules = ''

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-in-force-'))
  oldRules = await rules('old', 'job.title')
  newRules = await rules('new', 'job.name')
  const ledger = await openFileLedger(join(folder, 'base.db'))
  const world = new World(ledger)
  await world.record(joiner('hire', 'p1'))
  await world.confirmAll()
  await world.record(hrEvent('bad', 'p1', { title: 'x' }))
  await failAll(world)
  await ledger.close()
})
after(() => rm(folder, { recursive: true }))

async function rules(name: string, title: string): Promise<string> {
  const file = join(folder, `${name}.yaml`)
  await writeFile(file, `mapping: { attributes: { title: ${title} } }\n`)
  await utimes(file, STARTED / 1_000 - 60, STARTED / 1_000 - 60)
  return file
}

interface Runs {
  readonly id: string
  readonly environment?: Environment
  readonly loops?: readonly Loop[]
  readonly more?: Partial<Instance>
}

/** A ledger on which these instances run, with one dead letter of employee p1. */
async function ledgerWith(...instances: readonly Runs[]): Promise<string> {
  const path = join(folder, `${++ledgers}.db`)
  await copyFile(join(folder, 'base.db'), path)
  if (instances.length === 0) return path
  const ledger = await openFileLedger(path)
  for (const { id, environment = {}, loops = LOOPS, more = {} } of instances) {
    await ledger.announceInstance({
      // Several on one file, which a real ledger would not have: what counts are their rows.
      ...identityOf(readConfig({ INSTANCE: id, ...environment }), id, new Set(loops)),
      shared: true,
      startedAt: STARTED,
      seenAt: Date.now(),
      endedAt: null,
      ...more,
    })
    if (more.endedAt) await ledger.endInstance(id, more.endedAt)
  }
  await ledger.close()
  return path
}

const json = <T>(text: string): T => JSON.parse(text) as T

void describe('status', () => {
  interface Status {
    readonly connector: { readonly missingLoops: readonly string[]; readonly instances: readonly unknown[] }
    readonly submission: { readonly callsPerDay: number }
  }

  void it('exits 10 and says so when no connector runs; --allow-stopped leaves that out of the exit code', async () => {
    const LEDGER = await ledgerWith()
    const { code, stdout, stderr } = await command(['status', '--output', 'json'], { LEDGER })
    assert.equal(code, 10)
    assert.match(stderr, /^no connector runs on this ledger, .*: start rollcall run\n$/)
    assert.deepEqual(json<Status>(stdout).connector, { missingLoops: LOOPS, instances: [] })
    assert.equal((await command(['status', '--allow-stopped'], { LEDGER })).code, 0)
  })

  void it('exits 10 when the connector was lost, or ended in order', async () => {
    const lost = await ledgerWith({ id: 'hr-1', more: { seenAt: Date.now() - 60_000 } })
    const status = await command(['status'], { LEDGER: lost })
    assert.equal(status.code, 10)
    assert.match(status.stdout, /lost hr-1/)
    const ended = await ledgerWith({ id: 'hr-1', more: { seenAt: Date.now(), endedAt: Date.now() } })
    assert.equal((await command(['status'], { LEDGER: ended })).code, 10)
  })

  void it('exits 10 when a loop runs nowhere, and names it', async () => {
    const LEDGER = await ledgerWith({ id: 'hr-1', loops: ['intake', 'provision'] })
    const { code, stderr } = await command(['status'], { LEDGER })
    assert.equal(code, 10)
    assert.match(stderr, /no instance runs correlate, publish: start rollcall run --loops correlate,publish/)
  })

  void it('uses and names the limits of the running connector; --own-config those of the command', async () => {
    const LEDGER = await ledgerWith({ id: 'hr-1', environment: { CALLS_PER_DAY: '6000' } })
    const running = await command(['status', '--output', 'json'], { LEDGER })
    assert.equal(running.code, 0, running.stderr)
    assert.equal(json<Status>(running.stdout).submission.callsPerDay, 6_000)
    assert.match(
      running.stderr,
      /^with the limits of connector hr-1 \(\S+\), running since \S+Z \(.*\), seen (?:under )?\S+ s ago; they differ from those here: CALLS_PER_DAY 6000, here 2000\n$/,
    )
    const own = await command(['status', '--own-config', '--output', 'json'], { LEDGER })
    assert.equal(json<Status>(own.stdout).submission.callsPerDay, 2_000)
    assert.match(own.stderr, /^with the limits and rules of this command, not of connector hr-1 /)
  })

  void it('mentions rules that differ, and instances that do not agree', async () => {
    const LEDGER = await ledgerWith(
      { id: 'hr-1', environment: { ROLLCALL_CONFIG: oldRules } },
      {
        id: 'hr-2',
        environment: { ROLLCALL_CONFIG: newRules },
        more: { version: '0.0.1', startedAt: STARTED + 1 },
      },
    )
    const { stderr } = await command(['status'], { LEDGER, ROLLCALL_CONFIG: oldRules })
    assert.match(
      stderr,
      /instances run with different settings, rules or releases: hr-1 since \S+Z \(.*\) \(release, mapping\) differ from hr-2/,
    )
    assert.match(stderr, /the rules of this command are others than those of the connector \(mapping\)/)
  })
})

void describe('brake status', () => {
  void it('counts against the limits of the running connector', async () => {
    const LEDGER = await ledgerWith({ id: 'hr-1', environment: { BRAKE_ABSOLUTE: '7' } })
    const limitOf = async (...more: readonly string[]): Promise<number> => {
      const { stdout } = await command(['brake', 'status', ...more, '--output', 'json'], { LEDGER })
      return json<{ readonly limits: { readonly absolute: number } }>(stdout).limits.absolute
    }
    assert.equal(await limitOf(), 7)
    assert.equal(await limitOf('--own-config'), 500)
  })
})

void describe('a command whose answer depends on the rules', () => {
  let LEDGER = ''
  before(async () => {
    LEDGER = await ledgerWith({ id: 'hr-1', environment: { ROLLCALL_CONFIG: oldRules } })
  })
  const withNew = (...argv: readonly string[]) => command(argv, { LEDGER, ROLLCALL_CONFIG: newRules })
  const refused =
    /^rollcall: the running connector hr-1, started at \S+Z \(.*\), has other rules than the configuration here: mapping\. /

  void it('plan refuses when its rules are others, and says how to try them', async () => {
    const { code, stdout, stderr } = await withNew('plan')
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, refused)
    assert.match(stderr, /add --own-config, or --mapping FILE .*\[RulesDiffer\]/)
    assert.match((await withNew('plan', '--own-config')).stderr, /^with the limits and rules of this command/)
    const tried = await command(['plan', '--mapping', newRules], { LEDGER, ROLLCALL_CONFIG: oldRules })
    assert.match(tried.stdout, /nothing was sent/)
    assert.match(tried.stderr, /the rules are those that this command was given/)
  })

  void it('plan names another release, and settings that are neither limits nor rules', async () => {
    const other = { environment: { OUTCOMES_QUEUE: 'elsewhere' }, more: { version: '0.0.1' } }
    const { code, stderr } = await command(['plan'], { LEDGER: await ledgerWith({ id: 'hr-1', ...other }) })
    assert.equal(code, 0)
    assert.match(
      stderr,
      /^with the limits of connector hr-1 \(0\.0\.1\), .* s ago; the release here is \S+; other settings here differ too\n$/,
    )
  })

  void it('plan follows the last started of two instances; replay refuses until both have its rules', async () => {
    const LEDGER = await ledgerWith(
      { id: 'hr-1', environment: { ROLLCALL_CONFIG: oldRules } },
      { id: 'hr-2', environment: { ROLLCALL_CONFIG: newRules }, more: { startedAt: STARTED + 1 } },
    )
    const environment = { LEDGER, ROLLCALL_CONFIG: newRules }
    const planned = await command(['plan'], environment)
    assert.equal(planned.code, 0)
    assert.match(
      planned.stderr,
      /hr-1 since \S+Z \(.*\) \(mapping\) differ from hr-2[^]*with the limits of connector hr-2/,
    )
    const { code, stderr } = await command(['replay', '--store', 'ledger', '--dry-run'], environment)
    assert.equal(code, 2)
    assert.match(stderr, /the running connector hr-1, .* has other rules .*: mapping\./)
  })

  void it('plan says when the connector was last seen, if it was lost, and plans by the rules here', async () => {
    const lost = { environment: { ROLLCALL_CONFIG: oldRules }, more: { seenAt: Date.now() - 60_000 } }
    const LEDGER = await ledgerWith({ id: 'hr-1', ...lost })
    const { code, stderr } = await command(['plan'], { LEDGER, ROLLCALL_CONFIG: newRules })
    assert.equal(code, 0)
    assert.match(
      stderr,
      /^no connector runs on this ledger \(hr-1 was last seen (?:under )?\S+ s ago\): the limits and rules are those of this command\n/,
    )
  })

  void it('explain refuses, and explains by the rules here on request', async () => {
    const { code, stdout, stderr } = await withNew('explain', 'p1')
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(stderr, refused)
    assert.equal((await withNew('explain', 'p1', '--own-config')).code, 0)
  })

  void it('all of them answer when the rules are the same, or no connector runs', async () => {
    const same = { LEDGER, ROLLCALL_CONFIG: oldRules }
    const stopped = { LEDGER: await ledgerWith(), ROLLCALL_CONFIG: newRules }
    for (const environment of [same, stopped])
      for (const argv of [
        ['explain', 'p1'],
        ['replay', '--store', 'ledger', '--dry-run'],
      ])
        assert.equal((await command(argv, environment)).code, 0)
  })

  void it('replay refuses when the cause was fixed in the file only, and says when the file was changed', async () => {
    const file = await rules('fixed', 'job.label')
    const changedAt = STARTED / 1_000 + 60
    await utimes(file, changedAt, changedAt)
    const replay = ['replay', '--store', 'ledger', '--actor', 'ann', '--justification', 'fixed', '--yes']
    const { code, stdout, stderr } = await command(replay, { LEDGER, ROLLCALL_CONFIG: file })
    assert.deepEqual([code, stdout], [2, ''])
    assert.match(
      stderr,
      /the running connector hr-1, started at \S+Z \(.*\), has other rules than the configuration here, which was changed at \S+Z \(.*\): mapping\. .* Restart the connector first/,
    )
    const forced = await command([...replay, '--own-config'], { LEDGER, ROLLCALL_CONFIG: file })
    assert.equal(forced.code, 0, forced.stderr)
  })
})

void describe('instances', () => {
  void it('lists running, lost, replaced and ended ones, what each runs, and what differs from here', async () => {
    const now = Date.now()
    const LEDGER = await ledgerWith(
      { id: 'hr-1', loops: ['intake'], environment: { CALLS_PER_5S: 'unlimited' } },
      { id: 'hr-2', loops: ['provision'], more: { seenAt: now - 60_000 } },
      { id: 'hr-3', loops: ['intake'], more: { startedAt: now - 9_000_000, seenAt: now - 8_000_000 } },
    )
    const { code, stdout, stderr } = await command(['instances'], { LEDGER })
    assert.equal(code, 0)
    const lines = stdout.trimEnd().split('\n').slice(1)
    assert.match(lines[0] ?? '', /^alive +hr-1 .* intake +CALLS_PER_5S$/)
    assert.match(lines[1] ?? '', /^lost +hr-2 .* \d+\.\d s ago +provision +-$/)
    assert.match(lines[2] ?? '', /^replaced +hr-3 /)
    assert.match(stderr, /no instance runs provision, correlate, publish/)
    const rows = json<readonly { readonly limits: { readonly callsPer5s: unknown } }[]>(
      (await command(['instances', '--output', 'json'], { LEDGER })).stdout,
    )
    assert.equal(rows[0]?.limits.callsPer5s, 'unlimited')
  })

  void it('leaves out what ended more than a day ago, unless asked for all', async () => {
    const old = Date.now() - 2 * 86_400_000
    const LEDGER = await ledgerWith(
      { id: 'now' },
      { id: 'old', more: { startedAt: old - 1_000, seenAt: old } },
    )
    const short = await command(['instances'], { LEDGER })
    assert.doesNotMatch(short.stdout, /old/)
    assert.match(short.stderr, /1 more ended or were replaced earlier: --all lists them/)
    assert.match((await command(['instances', '--all'], { LEDGER })).stdout, /replaced +old/)
  })
})
