import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { readLedger } from '../adapters/support/read-ledger.ts'
import { until } from '../adapters/support/until.ts'
import { files } from '../deploy/support.ts'
import { missingLines, stepsOf } from './support/page.ts'
import { openShell, type Shell } from './support/shell.ts'

/** Commands that end with another code than 0, as the text beside them says. */
const CODES: Readonly<Record<string, number>> = {
  'plan --events examples/mapping/events.jsonl --alone --show-values': 7,
  // Try it: the connector of the demo has ended. That of the three terminals runs.
  'status, after npm start': 10,
}
/** The last command of these blocks lasts until Ctrl-C, in a terminal of its own. */
const SERVES = /(?:-- (?:run|local [^\n]*)|\nnode [^\n]*\.mjs)\n$/

/** README and Try it begin with the same demo. It is run once. */
const FIRST = 'npm ci && npm start\n'

let shell: Shell
let demos = 0
before(async () => {
  shell = await openShell()
})
after(() => shell[Symbol.asyncDispose]())

/** Types every block of a page, and compares what is printed with what the page shows. */
async function type(page: string): Promise<void> {
  const terminal = page.replaceAll(/\W/g, '-')
  let serving = 0
  for (const { script, shown } of stepsOf(page)) {
    if (SERVES.test(script) && !script.includes('local feed')) {
      serving += 1
      const printed = shell.serve(script, `${terminal}-${serving}`)
      await until('the doubles are ready', () => /^# ready$/m.test(writtenTo('local.env')))
      if (shown !== null)
        await until(`${script} prints what is shown`, () => missingLines(shown, printed()).length === 0)
      continue
    }
    if (script === FIRST && (demos += 1) > 1) continue
    const { code, stdout, stderr, commands } = await shell.run(script, terminal)
    const said = `${script}\n${stdout}\n${stderr}`
    for (const { line, code } of commands) {
      const expected = CODES[line] ?? CODES[serving === 0 ? `${line}, after npm start` : line] ?? 0
      assert.equal(code, expected, `${line}: ${said}`)
    }
    assert.equal(code, commands.at(-1)?.code ?? 0, said)
    if (shown !== null) assert.deepEqual(missingLines(shown, `${stdout}\n${stderr}`), [], said)
    if (serving > 0) await until('every event has its outcome', everythingAnswered, 60_000, 100)
  }
}

function writtenTo(name: string): string {
  const file = join(shell.folder, name)
  return existsSync(file) ? readFileSync(file, 'utf8') : ''
}

/** Whether the connector of Try it has an outcome for every event that is due. */
async function everythingAnswered(): Promise<boolean> {
  const path = join(shell.folder, 'try.db')
  // The connector may still be making its ledger.
  if (!existsSync(path)) return false
  return readLedger(path, async (ledger) => {
    const { totals, stateCounts } = await ledger.readCounts()
    const { received, incomplete, planned } = stateCounts.events
    return totals.messages > 0 && received + incomplete + planned + stateCounts.unpublished === 0
  }).catch(() => false)
}

void describe('what the pages tell to type works as it is written', () => {
  // What lasts need not last while the others are typed.
  const inTheDoubles = ['docs/start/try-it.md', 'examples/outcomes/README.md']
  for (const page of ['README.md', ...inTheDoubles]) void test(page, () => type(page))
  const others = files('examples/*/README.md').filter((page) => !inTheDoubles.includes(page))
  for (const [at, page] of others.entries())
    void test(page, async () => {
      if (at === 0) await shell.interrupt()
      await type(page)
    })
})
