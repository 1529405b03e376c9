import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, describe, test, type TestContext } from 'node:test'
import { closeWithin, connect } from '../../../src/adapters/service-bus/client.ts'
import { type Doubles, startDoubles } from '../../../src/cli/doubles/doubles.ts'
import { feed } from '../../../src/compose/feed.ts'
import { actorNamed } from '../../../src/cli/support/options/options.ts'
import { until } from '../../adapters/support/until.ts'
import { command } from '../../fakes/cli.ts'
import { start } from '../../fakes/rollcall.ts'

let doubles: Doubles
before(async () => {
  doubles = await startDoubles({ fast: true })
})
after(() => doubles.stop())

async function folderFor(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-commands-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** Asks until the answer is the one that is waited for. */
async function untilAnswer<T>(ask: () => Promise<T>, isGood: (answer: T) => boolean): Promise<T> {
  let answer = await ask()
  await until('the answer', async () => isGood(answer) || isGood((answer = await ask())), 60_000, 50)
  return answer
}

interface Brake {
  readonly held: number
  readonly employees: number
  readonly heldEmployees: readonly { readonly employee: string }[]
}

void describe('beside a running connector', () => {
  void test('rollcall brake status shows who is held, and rollcall brake release lets them go', async (t) => {
    const folder = await folderFor(t)
    const environment = {
      ...doubles.environment,
      LEDGER: join(folder, 'ledger.db'),
      BRAKE_ABSOLUTE: '1',
      LOG_LEVEL: 'silent',
    }
    const send = async (name: string, employees: readonly string[], active: boolean): Promise<void> => {
      const lines = employees.map((employeeId) => ({
        specversion: '1.0',
        id: `${name} ${employeeId}`,
        source: '/hr/acme',
        type: active ? 'worker.hired' : 'worker.terminated',
        subject: employeeId,
        time: active ? '2026-01-01T08:00:00Z' : '2026-02-01T08:00:00Z',
        data: {
          effectiveDate: active ? '2026-01-01' : '2026-02-01',
          worker: active ? { userName: employeeId, active } : { active },
        },
      }))
      const file = join(folder, `${name}.jsonl`)
      await writeFile(file, lines.map((line) => JSON.stringify(line)).join('\n'))
      const client = connect({ kind: 'connection-string', connectionString: doubles.bus.connectionString })
      await feed(client, { queue: 'hr-events' }, file)
      await closeWithin(5_000, client.close())
    }
    const run = start(['run'], environment)
    const ended = once(run, 'exit')
    t.after(() => run.kill('SIGKILL'))
    const employees = ['a1', 'a2', 'a3', 'a4']
    await send('hire', employees, true)
    interface Status {
      readonly open: number
      readonly events: { readonly confirmed: number }
    }
    const status = async (): Promise<Status | null> => {
      const { stdout } = await command(['status', '--output', 'json'], environment)
      return stdout === '' ? null : (JSON.parse(stdout) as Status)
    }
    await untilAnswer(status, (now) => now?.events.confirmed === 4)

    await send('leave', employees, false)
    const brake = async (): Promise<readonly [number | null, Brake]> => {
      const { code, stdout } = await command(['brake', 'status', '--output', 'json'], environment)
      return [code, JSON.parse(stdout) as Brake]
    }
    const [code, held] = await untilAnswer(brake, ([, { held }]) => held === 3)
    assert.deepEqual([code, held.employees], [5, 1])
    const names = held.heldEmployees.map(({ employee }) => employee)
    assert.deepEqual(names, ['a2', 'a3', 'a4'])

    const released = await command(
      [
        'brake',
        'release',
        '--actor',
        'ann',
        '--justification',
        'checked with HR',
        '--yes',
        '--output',
        'json',
      ],
      environment,
    )
    assert.deepEqual(
      [released.code, JSON.parse(released.stdout)],
      [
        0,
        {
          released: 3,
          notBraked: [],
          stillHeld: 0,
          judged: true,
          allowance: null,
          dryRun: false,
          actor: actorNamed('ann'),
          justification: 'checked with HR',
        },
      ],
    )
    await untilAnswer(status, (now) => now?.events.confirmed === 8)
    assert.deepEqual((await brake())[0], 0)
    const directory = await doubles.entra.directory()
    assert.deepEqual(
      employees.map((employeeId) => directory[employeeId]?.active),
      [false, false, false, false],
    )
    run.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
  })
})

interface Finding {
  readonly what: string
  readonly outcome: 'ok' | 'failed' | 'not known'
  readonly say: string
}

/** The first word of what is checked; the schema of the job is not the job. */
const nameOf = ({ what }: Finding): string =>
  what.startsWith('job schema') ? 'job schema' : (what.split(' ')[0] ?? '')

void describe('rollcall check', () => {
  const check = async (
    environment: Readonly<Record<string, string>>,
  ): Promise<readonly [number | null, ReadonlyMap<string, Finding>]> => {
    const { code, stdout, stderr } = await command(['check', '--output', 'json'], {
      HTTP_TIMEOUT_MS: '3000',
      ...environment,
    })
    assert.equal(stderr, '')
    const { findings } = JSON.parse(stdout) as { findings: readonly Finding[] }
    return [code, new Map(findings.map((finding) => [nameOf(finding), finding]))]
  }

  void test('finds nothing wrong with the doubles, and changes nothing', async (t) => {
    const LEDGER = join(await folderFor(t), 'ledger.db')
    const [code, findings] = await check({ ...doubles.environment, LEDGER })
    assert.equal(code, 0, JSON.stringify([...findings.values()]))
    assert.deepEqual(
      [...findings].map(([what, { outcome }]) => [what, outcome]),
      [
        ['mapping', 'ok'],
        ['ledger', 'ok'],
        ['queue', 'ok'],
        ['control', 'ok'],
        ['outcomes', 'ok'],
        ['copies', 'ok'],
        ['provisioning', 'ok'],
        ['job', 'ok'],
        ['job schema', 'not known'],
        ['users', 'ok'],
        ['upload', 'not known'],
      ],
    )
  })

  /**
   * What is wrong, and by what it shows and is helped; several at once where they do not hide each
   * other.
   */
  type Wrong = readonly [
    string,
    (folder: string) => Readonly<Record<string, string>>,
    Readonly<Record<string, RegExp>>,
  ]
  const wrong: readonly Wrong[] = [
    [
      'a ledger that cannot be written, queues that are not there, and no endpoint',
      (folder) => ({
        LEDGER: join(folder, 'no', 'ledger.db'),
        SERVICEBUS_QUEUE: 'no',
        OUTCOMES_QUEUE: 'no',
        DEAD_LETTER_QUEUE: 'no',
        PROVISIONING_ENDPOINT: '',
      }),
      {
        ledger: /in a folder that does not exist; make /,
        queue: /check the name/,
        outcomes: /no does not exist .*OUTCOMES_QUEUE/,
        copies: /goes without/,
        endpoint: /bulkUpload URL that the portal shows/,
      },
    ],
    [
      'a file of another program',
      (folder) => {
        const LEDGER = join(folder, 'customers.db')
        const database = new DatabaseSync(LEDGER)
        database.exec('CREATE TABLE customers (id INT)')
        database.close()
        return { LEDGER }
      },
      { ledger: /of another program/ },
    ],
    [
      'no bus at all, and an endpoint of another shape',
      () => ({
        SERVICEBUS_CONNECTION_STRING: '',
        PROVISIONING_ENDPOINT: 'https://graph.microsoft.com/v1.0/me',
      }),
      { service: /set SERVICEBUS_CONNECTION_STRING/, endpoint: /copy the/ },
    ],
    [
      'an endpoint that gets no token',
      () => ({ PROVISIONING_ENDPOINT: ELSEWHERE }),
      { endpoint: /host that gets no token/ },
    ],
    [
      'an identity that lacks a part',
      () => ({ AUTH_MODE: 'client-secret' }),
      { identity: /needs AZURE_TENANT_ID/ },
    ],
    [
      'a job that is not there',
      () => ({ PROVISIONING_ENDPOINT: doubles.entra.endpoint.replace(/jobs\/[^/]+/, 'jobs/another') }),
      { job: /copy the endpoint/ },
    ],
    [
      'a service that is not there',
      () => ({ PROVISIONING_ENDPOINT: doubles.entra.endpoint.replace(/:\d+/, ':9') }),
      { provisioning: /check that the host can be reached/ },
    ],
  ]
  for (const [name, more, advice] of wrong)
    void test(`says what to do about ${name}`, async (t) => {
      const folder = await folderFor(t)
      const [code, findings] = await check({
        ...doubles.environment,
        LEDGER: join(folder, 'ledger.db'),
        ...more(folder),
      })
      assert.equal(code, 1)
      for (const [what, words] of Object.entries(advice)) {
        assert.equal(findings.get(what)?.outcome, 'failed', JSON.stringify([...findings.values()]))
        assert.match(findings.get(what)?.say ?? '', words)
      }
    })

  void test('takes a missing permission to look at the job for what it is: allowed', async (t) => {
    const LEDGER = join(await folderFor(t), 'ledger.db')
    const rule = { kind: 'status', on: 'job', status: 403, times: 1 }
    await fetch(`http://127.0.0.1:${doubles.entra.port}/faults`, {
      method: 'POST',
      body: JSON.stringify(rule),
    })
    const [code, findings] = await check({ ...doubles.environment, LEDGER })
    assert.deepEqual([code, findings.get('job')?.outcome], [0, 'not known'])
    assert.match(findings.get('job')?.say ?? '', /Synchronization.Read.All/)
  })
})
const ELSEWHERE = 'https://graph.example.com/v1.0/servicePrincipals/a/synchronization/jobs/b/bulkUpload'
