import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { BENCHMARKS } from '../bench/support/list.ts'
import { commandOf, wordsOf } from '../fakes/command-line.ts'
import { ENTITIES, OF_NODE, read, root, VARIABLES } from '../deploy/support.ts'
import { stepsOf } from './support/page.ts'

/** Variables of other programs, of the deployment and of the tests. */
const OTHER_VARIABLES = new Set([
  'ACCEPT_EULA',
  'DATABASE_URL',
  'GRAPH_URL',
  'POSTGRES_PASSWORD',
  'SQL_PASSWORD',
  'SSL_CERT_FILE',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'AZURE_LOG_LEVEL',
  'NODE_DEBUG',
  'NO_COLOR',
  'OTEL_LOG_LEVEL',
  'OTEL_METRICS_EXPORTER',
  'OTEL_SEMCONV_STABILITY_OPT_IN',
  'SERVICEBUS_ADMINISTRATION_CONNECTION_STRING',
  'SERVICEBUS_CONFORMANCE_CONNECTION_STRING',
  'SERVICEBUS_PARTITIONED_CONNECTION_STRING',
])
const SCRIPTS = (
  JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>
  }
).scripts

const BENCHMARK_NAMES = new Set(BENCHMARKS.map(({ name }) => name))

const PAGES = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...globSync('{docs,examples}/**/*.md', { cwd: root }),
]
const commandSource = globSync('src/{main.ts,cli/**/*.ts}', { cwd: root })
  .map((path) => read(path))
  .join('\n')
const literals = (pattern: RegExp): ReadonlySet<string> =>
  new Set([...commandSource.matchAll(pattern)].map(([, name = '']) => name))
const COMMANDS = literals(/(?:\.command\(|group\(|selection\(\w+,|ending\(\w+,)\s*'([a-z-]+)'/g)
const OPTIONS = literals(/'--([a-z-]+)/g)

/** Command lines of `rollcall`, in code blocks and in code spans: the words behind the name. */
const commandLines = (text: string): readonly string[] =>
  [...text.matchAll(/(?:^|`|--silent |[A-Z_]+=\S+ )rollcall(?: --)? ([a-z][^`\n]*)/gm)].map(
    ([, line = '']) => line,
  )
const spans = (text: string): string => [...text.matchAll(/`([^`\n]+)`/g)].map(([span]) => span).join('\n')

void describe('what the pages name exists', () => {
  for (const page of PAGES)
    void test(page, () => {
      const text = read(page)
      for (const [, name = ''] of text.matchAll(/`([A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+)(?:=[^`]*)?`/g))
        assert.ok(
          VARIABLES.has(name) || OF_NODE.has(name) || OTHER_VARIABLES.has(name) || name.endsWith('_FILE'),
          `variable ${name}`,
        )
      for (const [, name = ''] of text.matchAll(/`(hr-[a-z-]+)`/g))
        assert.ok(ENTITIES.has(name), `queue ${name}`)
      for (const [, path = ''] of text.matchAll(
        /(?:`|\s)((?:deploy|src|test|scripts)\/[\w./-]*\w|docker-compose\.yml|azure\.yaml)/g,
      ))
        assert.ok(existsSync(join(root, path)), `file ${path}`)
      for (const [, name = ''] of text.matchAll(
        /npm (?:run (?:--silent )?)?(test|start|(?<=run (?:--silent )?)[a-z:]+)/g,
      ))
        assert.ok(name in SCRIPTS, `npm run ${name}`)
      for (const [, name = ''] of text.matchAll(/npm run bench -- .*?--only ([\w-]+)/g))
        assert.ok(BENCHMARK_NAMES.has(name), `benchmark ${name}`)
    })

  void test('the parser takes every command line of a shell block', async () => {
    let lines = 0
    for (const page of PAGES)
      for (const { script } of stepsOf(page))
        for (const line of commandLines(script.replaceAll(/\\\n\s*/g, ''))) {
          lines += 1
          const words = wordsOf(line.replace(/ [>|&].*/, ''))
          const ran = await commandOf(words).catch((error: unknown) =>
            assert.fail(`${page}: ${line}: ${String(error)}`),
          )
          assert.equal(ran.split(' ')[0], words[0], `${page}: ${line}`)
        }
    assert.ok(lines > 60, `only ${lines} command lines were found`)
  })

  void test('a command that is named in a sentence exists, with its options', () => {
    let lines = 0
    for (const page of PAGES)
      for (const line of commandLines(spans(read(page)))) {
        lines += 1
        const [command = ''] = line.split(/[\s|]/)
        assert.ok(COMMANDS.has(command), `${page}: rollcall ${line}`)
        const plain = line.replaceAll(/"[^"]*"|'[^']*'/g, '')
        for (const [, option = ''] of plain.matchAll(/\s--([a-z][a-z-]*)/g))
          assert.ok(OPTIONS.has(option), `${page}: rollcall ${line}: --${option}`)
      }
    assert.ok(lines > 60, `only ${lines} command lines were found`)
  })

  void test('every command has a place on the page of commands', () => {
    const page = read('docs/reference/commands.md')
    for (const command of COMMANDS)
      assert.match(page, new RegExp(`\`(?:[a-z-]+ )?${command}(?: [a-z]+)?\``), command)
  })
})
