import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Command } from 'commander'
import { callableCommands } from '../../../../src/cli/help/tree.ts'
import { wholeProgram } from '../../../../src/cli/program.ts'
import { command, type OnTerminal } from '../../../fakes/cli.ts'
import { ledgerWithFrozenRuns } from '../../../fakes/frozen-runs.ts'
import { leaver } from '../../../suites/conformance/ledger/world.ts'

interface ListCommand {
  readonly argv: readonly string[]
  /** Rows have a time to choose them by. */
  readonly since: boolean
  /** How many rows the ledger below has, at least. */
  readonly rows: number
}

/**
 * Every command that lists rows. A channel has no time of its own, and a run is shown as a whole.
 */
const LISTS: Readonly<Record<string, ListCommand>> = {
  events: { argv: ['events'], since: true, rows: 4 },
  audit: { argv: ['audit'], since: true, rows: 2 },
  alerts: { argv: ['alerts'], since: true, rows: 0 },
  instances: { argv: ['instances'], since: true, rows: 0 },
  'notifications list': { argv: ['notifications', 'list'], since: false, rows: 0 },
  'dead-letters list': { argv: ['dead-letters', 'list', '--store', 'ledger'], since: true, rows: 2 },
  'dead-letters groups': { argv: ['dead-letters', 'groups', '--store', 'ledger'], since: true, rows: 1 },
  'replays list': { argv: ['replays', 'list'], since: true, rows: 2 },
  'replays show': { argv: ['replays', 'show', '1'], since: false, rows: 1 },
  'findings list': { argv: ['findings', 'list'], since: true, rows: 0 },
  'leavers list': { argv: ['leavers', 'list'], since: true, rows: 1 },
  'blocks list': { argv: ['blocks', 'list'], since: true, rows: 0 },
  'emergency calls': { argv: ['emergency', 'calls'], since: true, rows: 0 },
}

const ESCAPE = '\u001b'
const COLOUR = new RegExp(`${ESCAPE}\\[[\\d;]*m`, 'u')

let folder = ''
const run = (
  argv: readonly string[],
  more: Readonly<Record<string, string>> = {},
  terminal: OnTerminal = {},
) => command(argv, { LEDGER: join(folder, 'ledger.db'), ...more }, terminal)

/** Two dead letters with a frozen run of each, and one leaver. */
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-lists-'))
  await ledgerWithFrozenRuns(join(folder, 'ledger.db'), (world) => world.record(leaver('p1 leaves', 'p1', 2)))
})
after(() => rm(folder, { recursive: true, force: true }))

const rowsIn = (ndjson: string): readonly unknown[] =>
  ndjson
    .split('\n')
    .filter(Boolean)
    .map((line): unknown => JSON.parse(line))

const tree = (await wholeProgram()) as Command

void describe('a command that lists', () => {
  const optionsOf = new Map(
    callableCommands(tree).map(({ name, command: { options } }) => [
      name,
      new Set(options.map(({ long }) => long)),
    ]),
  )

  void test('is in this table', () => {
    const lists = [...optionsOf].filter(([name, options]) => options.has('--sort') || name.endsWith(' list'))
    assert.deepEqual(lists.map(([name]) => name).sort(), Object.keys(LISTS).sort())
  })

  for (const [name, { argv, since, rows }] of Object.entries(LISTS)) {
    void test(`${name}: has --limit, --page, --sort, --output${since ? ' and --since' : ''}`, () => {
      const options = optionsOf.get(name)
      const wanted = ['--limit', '--page', '--sort', '--output', ...(since ? ['--since'] : [])]
      assert.deepEqual(
        wanted.filter((option) => !options?.has(option)),
        [],
      )
    })

    void test(`${name}: prints a line of JSON for each row, as many as --limit says`, async () => {
      const all = await run([...argv, '--output', 'ndjson'])
      const found = rowsIn(all.stdout)
      assert.ok(found.length >= rows, all.stderr)
      const first = await run([...argv, '--output', 'ndjson', '--limit', '1'])
      assert.equal(rowsIn(first.stdout).length, Math.min(1, found.length))
      const { stdout } = await run([...argv, '--output', 'json'])
      if (name !== 'replays show') assert.equal((JSON.parse(stdout) as unknown[]).length, found.length)
      assert.equal((await run([...argv, '--limit', '0'])).code, 2)
      assert.equal((await run([...argv, '--sort', 'nonsense'])).code, 2)
      if (!since) return
      assert.deepEqual(
        rowsIn((await run([...argv, '--output', 'ndjson', '--since', '2999-01-01'])).stdout),
        [],
      )
      assert.equal((await run([...argv, '--since', 'yesterday'])).code, 2)
    })

    void test(`${name}: has no escape codes in a file or pipe, and no colour on a terminal`, async () => {
      for (const environment of [{ NO_COLOR: '1' }, { FORCE_COLOR: '1' }]) {
        const piped = await run(argv, environment)
        assert.ok(!(piped.stdout + piped.stderr).includes(ESCAPE))
        const shown = await run(argv, environment, { width: 80 })
        assert.doesNotMatch(shown.stdout + shown.stderr, COLOUR)
      }
    })
  }

  for (const argv of [
    ['status'],
    ['explain', 'p1'],
    ['trace', 'p1'],
    ['brake', 'status'],
    ['plan'],
    ['--help'],
    ['nonsense'],
  ])
    void test(`${argv.join(' ')}: has no escape codes in a file or pipe either`, async () => {
      const { stdout, stderr } = await run(argv, { FORCE_COLOR: '1', CLICOLOR_FORCE: '1' })
      assert.ok((stdout + stderr).length > 0)
      assert.ok(!(stdout + stderr).includes(ESCAPE))
    })

  for (const argv of [['events'], ['leavers', 'list'], ['explain', 'p1'], ['trace', 'p1']])
    void test(`${argv.join(' ')}: shows an instant in UTC, in the zone of --tz and as an age`, async () => {
      const { stdout } = await run([...argv, '--tz', 'Asia/Kathmandu'])
      assert.match(stdout, /T08:00:\d\dZ \(13:45 \+05:45, [\d.]+ d ago\)/)
    })
})
