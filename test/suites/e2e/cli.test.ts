import { EXIT_CODES } from '../../../src/core/errors.ts'
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, it, type TestContext } from 'node:test'
import type { Trace } from '../../../src/core/ledger/port/views/trace.ts'
import type { DirectoryEntry } from '../../../src/local/entra/directory/directory.ts'
import type { DemoReport } from '../../../src/cli/doubles/demo-report.ts'
import { until } from '../../adapters/support/until.ts'
import { differences } from '../../fakes/directory.ts'
import { makeHistory } from '../../fakes/history.ts'
import { command } from '../../fakes/cli.ts'
import { start } from '../../fakes/rollcall.ts'

/** What a command printed. Instants are text in it; nothing here looks at them. */
const printed = <T>(stdout: string): T => JSON.parse(stdout) as T

interface Status {
  readonly events: Readonly<Record<string, number>>
  readonly open: number
  readonly duplicates: number
  readonly rejected: number
  readonly balanced: boolean
  readonly nextAt: string | null
}

const history = makeHistory({ employees: 40, seed: 3 })
const future = {
  specversion: '1.0',
  id: 'in-the-future',
  source: '/hr/made-up',
  type: 'worker.job.changed',
  subject: '10001',
  time: '2026-11-01T00:00:00Z',
  data: { effectiveDate: '2999-01-01', version: 99, worker: { title: 'Retired' } },
}

/** One demo for all that is asked of it afterwards. */
const folder = await mkdtemp(join(tmpdir(), 'rollcall-e2e-'))
after(() => rm(folder, { recursive: true, force: true }))
const [events, directory, ledger] = ['events.jsonl', 'directory.json', 'ledger.db'].map((name) =>
  join(folder, name),
) as [string, string, string]
await writeFile(events, [...history.lines, 'this is not an event', JSON.stringify(future)].join('\n'))
const demo = await command(
  [
    'demo',
    '--fast',
    '--exit',
    '--events',
    events,
    '--directory',
    directory,
    '--ledger',
    ledger,
    '--output',
    'json',
  ],
  { LOG_LEVEL: 'silent' },
)

void describe('help and wrong usage', () => {
  const commands = [[], ['demo'], ['run'], ['status'], ['trace'], ['local'], ['local', 'feed']]
  for (const words of commands)
    void it(`--help of rollcall ${words.join(' ')} says how to use it and exits 0`, async () => {
      const { code, stdout } = await command([...words, '--help'])
      assert.equal(code, 0)
      assert.match(stdout, /^Usage: rollcall/)
    })

  const wrong = [
    [],
    ['no-such-command'],
    ['demo', '--no-such-option'],
    ['trace'],
    ['status', '--output', 'xml'],
    ['local', '--bus-port', 'x'],
    ['local', '--bus-port', '70000'],
    ['local', 'feed'],
    ['run', 'extra'],
  ]
  for (const args of wrong)
    void it(`rollcall ${args.join(' ')} is called wrongly and exits 2, with nothing on stdout`, async () => {
      const { code, stdout, stderr } = await command(args)
      assert.equal(code, 2, stderr)
      assert.equal(stdout, '')
      assert.notEqual(stderr, '')
    })

  void it('a configuration that is missing or wrong names its variable, not its value, and exits 2', async () => {
    const missing = await command(['run'], { LEDGER: join(folder, 'unused.db') })
    assert.equal(missing.code, 2)
    assert.match(missing.stderr, /PROVISIONING_ENDPOINT/)
    const invalid = await command(['status'], { IN_FLIGHT: 'secret-value' })
    assert.equal(invalid.code, 2)
    assert.match(invalid.stderr, /IN_FLIGHT/)
    assert.doesNotMatch(invalid.stderr, /secret-value/)
  })

  void it('a missing file or unreachable bus is reported in one line', async () => {
    const nowhere = {
      SERVICEBUS_CONNECTION_STRING:
        'Endpoint=sb://localhost:1;SharedAccessKeyName=a;SharedAccessKey=s3cret;UseDevelopmentEmulator=true',
    }
    const file = await command(['local', 'feed', join(folder, 'nowhere.jsonl')], nowhere)
    assert.deepEqual([file.code, file.stderr.trim().split('\n').length], [2, 1])
    assert.match(file.stderr, /nowhere\.jsonl.*FileUnreadable/)
    const bus = await command(['local', 'feed', events], nowhere)
    assert.deepEqual([bus.code, bus.stderr.trim().split('\n').length], [1, 1])
    assert.match(bus.stderr, /rollcall check.*BusUnavailable/)
    assert.doesNotMatch(bus.stderr, /s3cret/)
  })

  void it('a missing ledger is reported and not created', async () => {
    const path = join(folder, 'nowhere.db')
    const { code, stderr } = await command(['status'], { LEDGER: path })
    assert.equal(code, 1)
    assert.match(stderr, /LedgerMissing/)
    assert.equal(existsSync(path), false)
  })
})

void describe('a demo', () => {
  void it('ends with exit 0 and balanced books, and stdout holds nothing but the report', async () => {
    assert.equal(demo.code, 0, demo.stderr)
    const report = printed<DemoReport>(demo.stdout)
    assert.deepEqual(report.wrong, [])
    assert.equal(report.balanced, true)
    assert.equal(report.messages, history.lines.length + 2)
    assert.equal(report.rejected, 1)
    assert.equal(report.duplicates, history.lines.length - history.events)
    assert.equal(report.events['held'], 1)
    assert.equal(report.events['received'], 0)
    assert.equal(
      Object.values(report.events).reduce((sum, count) => sum + count, 0),
      history.events + 1,
    )
    assert.equal(report.employees, 40)
    assert.ok(report.calls >= 1 && report.operations >= 40)
  })

  void it('leaves the directory as the oracle expects', async () => {
    const held = JSON.parse(await readFile(directory, 'utf8')) as Readonly<Record<string, DirectoryEntry>>
    assert.deepEqual(differences(held, history.oracle), [])
  })
})

void describe('status', () => {
  void it('prints the books as JSON, and exits 10 because the connector has ended', async () => {
    const { code, stdout } = await command(['status', '--output', 'json'], { LEDGER: ledger })
    assert.equal(code, 10)
    const status = printed<Status>(stdout)
    assert.deepEqual(
      {
        open: status.open,
        duplicates: status.duplicates,
        rejected: status.rejected,
        balanced: status.balanced,
      },
      { open: 1, duplicates: history.lines.length - history.events, rejected: 1, balanced: true },
    )
    assert.equal(status.events['held'], 1)
    assert.equal(status.nextAt, '2999-01-01T00:00:00.000Z')
  })

  void it('prints a table', async () => {
    const { code, stdout } = await command(['status', '--allow-stopped'], { LEDGER: ledger })
    assert.equal(code, 0)
    assert.match(stdout, /balanced/)
  })

  void it('works while a run is going, and SIGTERM ends the run with exit 0', async (t) => {
    const path = join(folder, 'running.db')
    const local = await doublesAsProcess(t)
    const running = start(['run'], { ...local, LEDGER: path, LOG_LEVEL: 'silent' })
    t.after(() => running.kill('SIGKILL'))
    await until('the ledger file is there', () => existsSync(path), 60_000, 1)
    // At once, in whatever state the file is.
    const first = await command(['status', '--allow-stopped', '--output', 'json'], { LEDGER: path })
    assert.equal(first.code, 0, first.stderr)
    const fed = await command(['local', 'feed', events], local)
    assert.equal(fed.code, 0, fed.stderr)
    assert.equal(printed<{ readonly sent: number }>(fed.stdout).sent, history.lines.length + 2)
    await until(
      'all but the future event is answered',
      async () => {
        const { code, stdout, stderr } = await command(['status', '--output', 'json'], { LEDGER: path })
        // Until its first heartbeat, no connector runs on the ledger.
        assert.ok(code === 0 || code === EXIT_CODES.notRunning, stderr)
        const { open, events: counted, balanced } = printed<Status>(stdout)
        assert.equal(balanced, true)
        return code === 0 && open === 1 && counted['held'] === 1
      },
      60_000,
      500,
    )
    const ended = once(running, 'exit')
    running.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
  })
})

/** `rollcall local` and the variables it hands on. */
async function doublesAsProcess(t: TestContext): Promise<Readonly<Record<string, string>>> {
  const child = start(['local', '--fast'])
  t.after(async () => {
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    assert.deepEqual(await ended, [0, null])
  })
  const lines = createInterface({ input: child.stdout ?? process.stdin })
  const [line] = (await once(lines, 'line')) as [string]
  const told = printed<{ readonly ready: boolean; readonly env: Readonly<Record<string, string>> }>(line)
  assert.equal(told.ready, true)
  return told.env
}

void describe('trace', () => {
  const trace = async (reference: string): Promise<Trace> => {
    const { code, stdout, stderr } = await command(['trace', reference, '--output', 'json'], {
      LEDGER: ledger,
    })
    assert.equal(code, 0, stderr)
    return printed<Trace>(stdout)
  }

  void it('of an event shows event, operation, batch, request, log record and object', async () => {
    const held = JSON.parse(await readFile(directory, 'utf8')) as Readonly<Record<string, DirectoryEntry>>
    const { employee, events, operations } = await trace('10001-1')
    assert.deepEqual([events[0]?.id, events[0]?.state], ['10001-1', 'confirmed'])
    const [operation] = operations
    assert.match(operation?.id ?? '', /^op-\d+$/)
    assert.equal(events[0]?.operation, operation?.id)
    assert.match(operation?.batch?.id ?? '', /^batch-\d+$/)
    assert.match(operation?.batch?.requestId ?? '', /^[0-9a-f-]{36}$/)
    assert.equal(operation?.batch?.status, 202)
    assert.equal(operation?.records[0]?.objectId, held['10001']?.objectId)
    assert.equal(employee.objectId, held['10001']?.objectId)
  })

  void it('of every other name in the chain leads to the same operation', async () => {
    const { operations, employee } = await trace('10001-1')
    const [operation] = operations
    for (const reference of [
      '10001',
      operation?.id,
      operation?.batch?.id,
      operation?.batch?.requestId,
      employee.objectId,
    ]) {
      assert.ok(reference)
      assert.ok((await trace(reference)).operations.length > 0, reference)
    }
  })

  void it('without --output is drawn as text', async () => {
    const { code, stdout } = await command(['trace', '10001-1'], { LEDGER: ledger })
    assert.equal(code, 0)
    assert.match(stdout, /event 10001-1 .*confirmed/)
  })

  void it('of a request shows every employee in it', async () => {
    const { operations } = await trace('10001-1')
    const { others } = await trace(operations[0]?.batch?.requestId ?? '')
    assert.ok(others.length > 0)
  })

  void it('of nothing exits 4, with nothing on stdout', async () => {
    const { code, stdout, stderr } = await command(['trace', 'nobody', '--output', 'json'], {
      LEDGER: ledger,
    })
    assert.deepEqual([code, stdout], [4, ''])
    assert.match(stderr, /nothing in the ledger is called that/)
  })
})

void describe('events', () => {
  void it('lists every event, one a line, and only those of a state when asked', async () => {
    const list = async (
      ...more: readonly string[]
    ): Promise<readonly { readonly id: string; readonly state: string }[]> => {
      const { code, stdout, stderr } = await command(['events', '--output', 'ndjson', ...more], {
        LEDGER: ledger,
      })
      assert.equal(code, 0, stderr)
      return stdout
        .split('\n')
        .flatMap((line) => (line === '' ? [] : [printed<{ id: string; state: string }>(line)]))
    }
    const all = await list()
    assert.ok(all.length > 40)
    const confirmed = await list('--state', 'confirmed')
    assert.deepEqual(
      confirmed.map(({ id }) => id),
      all.flatMap(({ id, state }) => (state === 'confirmed' ? [id] : [])),
    )
    assert.deepEqual(await list('--since', '2999-01-01'), [])
  })

  void it('are a table, or one JSON list', async () => {
    const table = await command(['events'], { LEDGER: ledger })
    assert.match(table.stdout, /^received +event +employee/)
    assert.ok(
      printed<unknown[]>((await command(['events', '--output', 'json'], { LEDGER: ledger })).stdout).length >
        40,
    )
  })

  void it('take no state and no moment that there is not, and say which there are', async () => {
    const { code, stderr } = await command(['events', '--state', 'done'], { LEDGER: ledger })
    assert.equal(code, 2)
    assert.match(stderr, /dead-lettered/)
    assert.equal((await command(['events', '--since', 'yesterday'], { LEDGER: ledger })).code, 2)
  })
})
