import assert from 'node:assert/strict'
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { MIGRATIONS } from '../../src/adapters/ledger-sql/schema.ts'
import { sqliteDialect } from '../../src/adapters/ledger-sql/driver/sqlite/driver.ts'
import { EVENT_TYPES } from '../../src/core/intake/event/event-types.ts'
import {
  BATCH_ARROWS,
  BATCH_STATES,
  EVENT_ARROWS,
  EVENT_STATES,
  FINAL_EVENT_STATES,
  OPEN_EVENT_STATES,
  OPERATION_ARROWS,
  OPERATION_STATES,
} from '../../src/core/ledger/lifecycle.ts'
import { DEFAULT_RULES } from '../../src/core/plan/mapping/mapping.ts'
import { type InstrumentName, INSTRUMENTS, prometheusName } from '../../src/core/telemetry.ts'
import { SPANS } from '../../src/core/telemetry/spans.ts'
import { GENERATED_PAGES } from '../../scripts/docs/pages.ts'

const root = new URL('../../', import.meta.url)
const read = (path: string): string => readFileSync(new URL(path, root), 'utf8')

/** Rows of the table whose first column has this heading: state → states it goes to. */
function table(page: string, heading: string): Record<string, readonly string[]> {
  const start = page.indexOf(`| ${heading} | meaning | goes to |`)
  assert.notEqual(start, -1, `docs/reference/lifecycle.md has a table of ${heading} states`)
  const rows: Record<string, readonly string[]> = {}
  for (const line of page.slice(start).split('\n').slice(2)) {
    const cells = line.split('|').map((cell) => cell.trim())
    if (cells.length < 4) break
    rows[(cells[1] ?? '').replaceAll('`', '')] = [...(cells[3] ?? '').matchAll(/`([^`]+)`/g)].map(
      ([, state]) => state ?? '',
    )
  }
  return rows
}

/** The states a CHECK constraint of the schema allows. */
function allowed(tableName: string): readonly string[] {
  const statement =
    MIGRATIONS.flatMap((migration) => migration.statements(sqliteDialect)).find((text) =>
      text.startsWith(`CREATE TABLE ${tableName} `),
    ) ?? ''
  return [...(/CHECK \(state IN \(([^)]*)\)\)/.exec(statement)?.[1] ?? '').matchAll(/'([^']+)'/g)].map(
    ([, state]) => state ?? '',
  )
}

void describe('documentation cannot drift', () => {
  void test('the states and arrows of the page are those of the code and of the schema', () => {
    const page = read('docs/reference/lifecycle.md')
    for (const [heading, tableName, states, arrows] of [
      ['event', 'events', EVENT_STATES, EVENT_ARROWS],
      ['operation', 'operations', OPERATION_STATES, OPERATION_ARROWS],
      ['batch', 'batches', BATCH_STATES, BATCH_ARROWS],
    ] as const) {
      assert.deepEqual(allowed(tableName), [...states], `${tableName}: schema`)
      const written = table(page, heading)
      assert.deepEqual(Object.keys(written), [...states], `${heading}: states on the page`)
      for (const [state, to] of Object.entries<readonly string[]>(arrows))
        assert.deepEqual(new Set(written[state]), new Set(to), `${heading} ${state}: arrows on the page`)
    }
  })

  void test('every event state is open or final', () => {
    assert.deepEqual(
      new Set<string>([...OPEN_EVENT_STATES, ...FINAL_EVENT_STATES]),
      new Set<string>(EVENT_STATES),
    )
    assert.equal(OPEN_EVENT_STATES.length + FINAL_EVENT_STATES.length, EVENT_STATES.length)
  })

  void test('a generated page is what its source renders', () => {
    for (const [path, render] of Object.entries(GENERATED_PAGES))
      assert.equal(read(path), render(read(path)), `${path}: run npm run docs`)
  })

  void test('the page of events names every type and every mapped attribute', () => {
    const page = read('docs/reference/events.md')
    for (const type of EVENT_TYPES)
      assert.ok(page.includes(`\`${type}\``) || page.includes(`\`${type.replace('worker', '')}\``), type)
    for (const { from } of DEFAULT_RULES) {
      const last = from.slice(from.lastIndexOf('.'))
      assert.ok(page.includes(`\`${from}\``) || page.includes(`\`${last}\``), from)
    }
  })

  void test('every span, counter and histogram of the table is used, and the page of telemetry has no others', () => {
    const sources = globSync('src/**/*.ts', { cwd: root.pathname })
      .map((path) => read(path))
      .join('\n')
    const used = new Set(
      [...sources.matchAll(/(?:span|count|record)\(\s*'(rollcall\.[\w.]+)'/g)].map(([, name]) => name),
    )
    const counted = Object.entries(INSTRUMENTS).flatMap(([name, { kind }]) =>
      kind === 'counter' || kind === 'histogram' ? [name] : [],
    )
    assert.deepEqual(used, new Set([...Object.keys(SPANS), ...counted]))
    const onPage = new Set(
      [...read('docs/reference/telemetry.md').matchAll(/`(rollcall\.[\w.]+)`/g)].map(([, name]) => name),
    )
    assert.deepEqual(
      onPage,
      new Set([...Object.keys(SPANS), ...Object.keys(INSTRUMENTS)].filter((name) => name.startsWith('roll'))),
    )
  })

  void test('a metric that the pages and the deployment name exists', () => {
    // Rules and dashboard are read with their labels in test/deploy/monitoring.test.ts.
    const files = globSync('{README.md,CHANGELOG.md,docs/**/*.md,deploy/**/*.*,*.yml,*.yaml}', {
      cwd: root.pathname,
    }).filter((path) => !/prometheus|grafana/.test(path))
    const exist = new Set(Object.keys(INSTRUMENTS).map((name) => prometheusName(name as InstrumentName)))
    const named = files.flatMap((path) =>
      [...read(path).matchAll(/\b(?:rollcall|process)_[a-z\d]+(?:_[a-z\d]+)+\b(?![_*<])/g)].map(([name]) => ({
        path,
        name,
      })),
    )
    assert.ok(named.length > 30, `only ${named.length} names were found`)
    for (const { path, name } of named) assert.ok(exist.has(name), `${path}: ${name}`)
  })

  void test('the architecture names every folder of src and of core, and no others', () => {
    const page = read('docs/explanation/architecture.md')
    const start = page.indexOf('## The folders')
    const rooms = page.slice(start, page.indexOf('\n## ', start))
    const folders = (path: string): readonly string[] =>
      readdirSync(new URL(path, root), { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => name)
    assert.deepEqual(
      new Set([...rooms.matchAll(/^\| `([a-z]+)\/`/gm)].map(([, name]) => name)),
      new Set(folders('src/')),
    )
    const [, core = ''] = /The folders of `core\/`([\s\S]*?)\n\n/.exec(rooms) ?? []
    assert.deepEqual(
      new Set([...core.matchAll(/`([a-z]+)`/g)].map(([, name]) => name)),
      new Set(folders('src/core/')),
    )
  })

  void test('a page that the program names exists', () => {
    const named = globSync('{src,deploy}/**/*.{ts,bicep,yaml}', { cwd: root.pathname }).flatMap((path) =>
      [...read(path).matchAll(/docs\/[\w/-]+\.md/g)].map(([page]) => ({ path, page })),
    )
    assert.ok(named.length > 5)
    for (const { path, page } of named) assert.ok(existsSync(new URL(page, root)), `${path}: ${page}`)
  })

  void test('no diagram uses a word of Mermaid as the name of a node', () => {
    const diagrams = globSync('{README.md,docs/**/*.md}', { cwd: root.pathname }).flatMap((path) =>
      [...read(path).matchAll(/^```mermaid\n([\s\S]*?)^```/gm)].map(([, text = '']) => ({ path, text })),
    )
    assert.ok(diagrams.length >= 5)
    for (const { path, text } of diagrams)
      assert.doesNotMatch(text, /(?:^|[\s&])(?:graph|flowchart|end|class|style|click|default)[[({]/m, path)
  })
})
