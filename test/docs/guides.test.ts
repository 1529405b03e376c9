import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { Client } from 'pg'
import { postgresConnection } from '../../src/adapters/ledger-sql/driver/postgres/address.ts'
import { type PostgresServer, startPostgres } from '../adapters/support/postgres.ts'
import { until } from '../adapters/support/until.ts'
import { files } from '../deploy/support.ts'
import { command } from '../fakes/cli.ts'
import { wordsOf } from '../fakes/command-line.ts'
import { guideFiles } from './support/guide-files.ts'
import { type GuideWorld, guideWorld } from './support/guide-world.ts'
import { commandSpans, stepsOf } from './support/page.ts'
import { type Ended, openShell, type Said, type Shell } from './support/shell.ts'
import { answerOf } from './support/tools/answers.ts'
import { TOOLS } from './support/tools/commands.ts'
import { unknownNames } from './support/tools/names.ts'
import { readToolLine } from './support/tools/read-line.ts'

/**
 * `as-written.test.ts` types README, Try it and the examples; the doubles have tests of what their
 * pages type.
 */
const PAGES = files('docs/{start,guides,reference}/*.md').filter((page) => !/try-it|doubles/.test(page))

/**
 * These last until Ctrl-C (`long-running.test.ts`), are Try it under another name, or are suites
 * that the gate runs by themselves.
 */
const TYPED_ELSEWHERE =
  /^(?:\w+=\S+ )*(?:rollcall (?:run|demo|health|local(?! feed)\b)|node .*--test test\/suites\/)/

/** How a command ends here, where it is not with 0. */
const CODES: readonly (readonly [RegExp, number, string])[] = [
  [/^alerts/, 9, 'alerts are open'],
  [/^brake status/, 5, 'the brake holds employees'],
  [/^status/, 10, 'no connector runs'],
  [/^plan(?!.*--employee)/, 7, 'an event would be refused'],
  [/^audit/, 4, 'no entry of that kind'],
  [/^findings .*DisabledElsewhere/, 4, 'no finding of that kind'],
  [/^ledger restored/, 4, 'the ledger is not held'],
  [/^leavers resend/, 4, 'nothing of the leaver has failed'],
  [/^trace batch-9/, 4, 'there were fewer batches'],
  [/hr-events#4711/, 4, 'there were fewer messages'],
  [/^blocks/, 4, 'the block was lifted by the line before, or there was none'],
  [/^brake (?:release 20011|refuse)/, 4, 'the line before released all'],
  [/^replays cancel 1/, 4, 'the line before ended the run'],
  [/^ledger rotate-key/, 2, 'no key is configured'],
  [/^ledger migrate --grant-to/, 2, 'this ledger is a file, which has no roles'],
  [/^shape test samples.hire.json --expect/, 1, 'what is expected was written with other rules'],
  [/^local feed .*--queue vendors/, 1, 'the double has no such queue'],
  [/^init --shape/, 1, 'the line before wrote the file'],
  [/^unblock/, 4, 'the employee is not blocked in this ledger'],
  [/^findings acknowledge finding-12 finding-13/, 7, 'the line before acknowledged one'],
  [/^trace first-user-1/, 4, 'no connector runs that would have taken it in; below, one does'],
  [/^replay dl-17 dl-18/, 7, 'other dead letters died of a name that is taken'],
  [/^dead-letters names/, 1, 'another page wrote the file'],
  [/^dead-letters archive/, 4, 'the line before discarded the dead letter'],
]

/** What a page assumes to be exported. */
const EXPORTED: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'docs/guides/sources.md': { ROLLCALL_CONFIG: 'examples/notices/rollcall.yaml', HERON_TOKEN: 'not-used' },
  'docs/guides/alerts.md': { ROLLCALL_CONFIG: 'channels.yaml' },
  'docs/reference/commands.md': { ROLLCALL_CONFIG: 'channels.yaml' },
  'docs/guides/deploy.md': {
    CERTIFICATE: '../../certificate.pem',
    CLUSTER: 'contoso',
    CLUSTER_GROUP: 'contoso',
    DATABASE_ADMINISTRATOR_NAME: 'rollcall-administrators',
    DATABASE_ADMINISTRATOR_OBJECT_ID: '00000000-0000-0000-0000-000000000000',
    SECRET: 'secret',
  },
}

let shell: Shell
let world: GuideWorld
let postgres: PostgresServer
before(async () => {
  shell = await openShell({ tools: [...TOOLS, 'sudo'], tool, typesWhatIsAsked: true })
  for (const [name, text] of Object.entries(guideFiles())) {
    mkdirSync(dirname(join(shell.folder, name)), { recursive: true })
    writeFileSync(join(shell.folder, name), text)
  }
  world = await guideWorld(shell.folder)
  postgres = await startPostgres()
  const admin = new Client(postgresConnection(postgres.admin, { kind: 'password', password: null }))
  await admin.connect()
  for (const role of ['rollcall-connector', 'rollcall_run', 'runner'])
    await admin.query(`CREATE ROLE "${role}"`).catch(() => {})
  await admin.end()
})
after(async () => {
  await postgres.close()
  await world[Symbol.asyncDispose]()
  await shell[Symbol.asyncDispose]()
})

/**
 * A tool that is not run: what its own documentation and the files of the deployment say about the
 * line.
 */
async function tool(words: readonly string[], folder: string): Promise<Said> {
  // The files of the reader belong to the user of the test already.
  if (words[0] === 'sudo') return { code: 0, stdout: '', stderr: '' }
  const line = readToolLine(words)
  const unknown = await unknownNames(line, relative(shell.folder, folder))
  const problems = [...line.problems, ...unknown.map((name) => `${name} is defined nowhere`)]
  return {
    code: problems.length > 0 ? 64 : 0,
    stdout: answerOf(line),
    stderr: problems.map((problem) => `${words.join(' ')}: ${problem}\n`).join(''),
  }
}

/** The same script for the database server of the tests: that of the page is the reader's. */
async function withDatabase(script: string): Promise<string> {
  if (!script.includes('postgres://')) return script
  const url = await postgres.database()
  return script.replaceAll(/"?postgres:\/\/[^\s"]+"?/g, `'${url}'`).replaceAll('LEDGER_AUTH=entra ', '')
}

const typed = (script: string): string =>
  script
    .split('\n')
    .filter((line) => !TYPED_ELSEWHERE.test(line))
    .join('\n')

/** Lines in which the shell has nothing to do but to split them into words. */
const PLAIN = /^(?:rollcall (?:[\w ./:@{}%,=+-]|"[^"$`]*")+(?:#.*)?\n)+$/

/** Lines of the start and the guides that were typed; the reference repeats many of them. */
const alreadyTyped = new Set<string>()

/** Costs function calls instead of processes. */
async function withoutShell(
  page: string,
  script: string,
  environment: Readonly<Record<string, string>>,
): Promise<Ended> {
  const commands: { line: string; code: number }[] = []
  const printed = { stdout: '', stderr: '' }
  for (const line of script.trim().split('\n')) {
    const argv = wordsOf(line).slice(1)
    if (!page.startsWith('docs/reference/')) alreadyTyped.add(argv.join(' '))
    else if (alreadyTyped.has(argv.join(' '))) continue
    const { code, stdout, stderr } = await command(argv, environment, { types: 'what is asked' })
    commands.push({ line: argv.join(' '), code })
    printed.stdout += stdout
    printed.stderr += stderr
  }
  return { code: commands.at(-1)?.code ?? 0, ...printed, commands }
}

const terminalOf = (page: string): string => page.replaceAll(/\W/g, '-')

void describe('what the guides tell to type works as it is written', () => {
  for (const page of PAGES)
    void test(page, async () => {
      const environment = { ...world.environment, ...EXPORTED[page] }
      const exported = Object.entries(environment).map(([name, value]) => `export ${name}='${value}'`)
      await shell.run(exported.join('\n'), terminalOf(page))
      for (const step of stepsOf(page)) {
        const script = await withDatabase(typed(step.script))
        world.reset()
        const { code, stdout, stderr, commands } = PLAIN.test(script)
          ? await withoutShell(page, script, environment)
          : await shell.run(`set -u\n${script}`, terminalOf(page))
        const said = `${script}\n${stdout}\n${stderr}`
        for (const { line, code } of commands) {
          const [, expected = 0] = CODES.find(([pattern]) => pattern.test(line)) ?? []
          assert.ok(code === 0 || code === expected, `${line} ended with ${code}: ${said}`)
        }
        assert.equal(code, commands.at(-1)?.code ?? 0, said)
      }
    })

  for (const page of PAGES) {
    const spans = commandSpans(page, TOOLS)
    if (spans.length > 0)
      void test(`${page}, in its sentences and tables`, async () => {
        for (const span of spans) {
          const line = readToolLine(wordsOf(span.replace(/ >.*/, '').replace('…', '')), span.includes('…'))
          assert.deepEqual([...line.problems, ...(await unknownNames(line))], [], span)
        }
      })
  }
})

void test('the first user and the first leaver of a tenant end as the page says', async () => {
  world.reset()
  await using _connector = await world.run()
  const type = (line: string) => shell.run(line, terminalOf('docs/start/connect-a-tenant.md'))
  const shows = async (line: string, what: RegExp): Promise<boolean> => what.test((await type(line)).stdout)
  for (const [event, what] of [
    ['first-user', /Entra object \w+-[\s\S]*\(joiner\): confirmed/],
    ['first-leaver', /changed +active +true → false[\s\S]*: disable success/],
  ] as const) {
    assert.equal((await type(`rollcall local feed ${event}.jsonl`)).code, 0)
    await until(`${event} is confirmed`, () => shows(`rollcall trace ${event}-1`, what), 60_000, 100)
  }
  await until(
    'no case of 90001 is open',
    async () => !(await shows('rollcall leavers', /\b90001\b/)),
    60_000,
    100,
  )
})
