import { copyFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Doubles, startDoubles } from '../../../src/cli/doubles/doubles.ts'
import { feedFile } from '../../../src/compose/bus.ts'
import { readConfig } from '../../../src/compose/config.ts'
import { compose } from '../../../src/compose/connector.ts'
import { processRuntime } from '../../../src/compose/process.ts'
import { until } from '../../adapters/support/until.ts'
import { command } from '../../fakes/cli.ts'

const SOURCE = '/hr/sample'

/**
 * What the guides assume: a ledger and queues in which everything is there that their commands
 * name.
 */
export interface GuideWorld extends AsyncDisposable {
  readonly environment: Readonly<Record<string, string>>
  /** Puts the ledger back to how it was made. */
  reset(): void
  /** Lets a connector run on that ledger until it is disposed of. */
  run(): Promise<AsyncDisposable>
}

interface Worker {
  readonly [name: string]: unknown
}

const event = (id: string, type: string, subject: string, worker: Worker, effectiveDate = '2026-01-15') => ({
  specversion: '1.0',
  id,
  source: SOURCE,
  type: `worker.${type}`,
  subject,
  time: '2026-01-02T08:00:00Z',
  datacontenttype: 'application/json',
  data: { effectiveDate, worker },
})

const hired = (subject: string, more: Worker = {}, type = 'hired') =>
  event(`guide-hired-${subject}`, type, subject, {
    active: true,
    userName: `u${subject}@contoso.com`,
    displayName: `Employee ${subject}`,
    name: { givenName: 'Employee', familyName: subject },
    ...more,
  })

const CONFLICTS = ['20030', '20031', '20032', '20033', '20034']

/** Attributes that no rule maps: each raises a finding, so that there are 13. */
const UNMAPPED = Object.fromEntries(Array.from({ length: 13 }, (_, n) => [`unmapped${n}`, n]))

/** Arrival decides the numbers: the event at place 17 becomes `dl-17`. */
function hires(): readonly object[] {
  return [
    ...Array.from({ length: 16 }, (_, n) => hired(String(20_001 + n))),
    hired('20017', { userName: 'emil@old.example' }),
    hired('20018', { userName: 'bob@contoso.com', ...UNMAPPED }),
    hired('20019', { userName: 'ada@contoso.com' }),
    hired('20023', {}, 'promoted-to-something'),
    event('guide-later', 'job.changed', '20001', { title: 'Head of Research' }, '2099-01-01'),
    event('guide-incomplete', 'job.changed', '20098', { title: 'Engineer' }),
  ]
}

/**
 * Five user names that are taken by then, more leavers than the brake lets go, and one of an
 * employee who never had an account.
 */
function conflictsAndLeavings(): readonly object[] {
  return [
    ...CONFLICTS.map((employee) => hired(employee, { userName: 'bob@contoso.com' })),
    ...[20_099, 20_003, 20_005, 20_006, 20_007, 20_008, 20_011, 20_012].map((subject) =>
      event(`guide-left-${subject}`, 'terminated', String(subject), {}, `2026-09-${10 + (subject % 20)}`),
    ),
  ]
}

const ACTOR = ['--own-config', '--actor', 'ada', '--justification', 'a first try', '--yes']

/** Starts the doubles, lets a connector take in what the guides speak of, and stops it. */
export async function guideWorld(folder: string): Promise<GuideWorld> {
  await using stack = new AsyncDisposableStack()
  const entraSettings = join(folder, 'entra.json')
  writeFileSync(entraSettings, JSON.stringify({ verifiedDomains: ['contoso.com'] }))
  const doubles = stack.adopt(await startDoubles({ fast: true, entraSettings }), (it) => it.stop())
  const made = join(folder, 'made.db')
  await takeIn(doubles, made, folder)
  for (const employee of CONFLICTS.slice(0, 3)) {
    const argv = ['replay', '--store', 'ledger', '--employee', employee, ...ACTOR]
    const { code, stderr } = await command(argv, { ...doubles.environment, LEDGER: made })
    if (code !== 0) throw new Error(`replay for ${employee}: ${stderr}`)
  }
  using ledger = new DatabaseSync(made)
  // Runs that were interrupted: the commands can go on with them.
  ledger.exec('UPDATE replay_runs SET ended_at = NULL; PRAGMA wal_checkpoint(TRUNCATE)')
  const here = join(folder, 'rollcall.db')
  const held = stack.move()
  return {
    environment: { ...doubles.environment, LEDGER: here },
    reset: () => {
      for (const suffix of ['-wal', '-shm']) rmSync(`${here}${suffix}`, { force: true })
      copyFileSync(made, here)
    },
    run: () => startConnector({ ...doubles.environment, LEDGER: here }),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  }
}

async function takeIn(doubles: Doubles, made: string, folder: string): Promise<void> {
  const environment = { ...doubles.environment, LEDGER: made, BRAKE_ABSOLUTE: '3', INCOMPLETE_MS: '3600000' }
  await using connector = await startConnector(environment)
  let sent = 0
  // The accounts must be there before they can be disabled.
  for (const events of [hires(), conflictsAndLeavings()]) {
    const file = join(folder, 'guide-events.jsonl')
    writeFileSync(file, events.map((one) => `${JSON.stringify(one)}\n`).join(''))
    sent += await feedFile(connector.config, file)
    const answered = async (): Promise<boolean> => {
      const { totals, stateCounts } = await connector.ledger.readCounts()
      const { received, planned } = stateCounts.events
      return totals.messages === sent && received + planned === 0
    }
    await until('every event has its outcome or waits', answered, 60_000, 100)
  }
}

async function startConnector(environment: Readonly<Record<string, string>>) {
  await using stack = new AsyncDisposableStack()
  const config = readConfig({ ...environment, LOG_LEVEL: 'silent' })
  const { runtime, close } = await processRuntime(config)
  stack.defer(close)
  const { ledger, service, close: end } = await compose(config, runtime)
  stack.defer(end)
  const running = service.run()
  stack.defer(async () => {
    await service.stop()
    await running
  })
  const held = stack.move()
  return { config, ledger, [Symbol.asyncDispose]: () => held.disposeAsync() }
}
