import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { files } from '../deploy/support.ts'
import { missingLines, stepsOf } from './support/page.ts'
import { openShell, type Shell } from './support/shell.ts'

/** Commands that end with another code than 0, as the text beside them says. */
const CODES: Readonly<Record<string, number>> = {
  'plan --events examples/mapping/events.jsonl --alone --show-values': 7,
}

let shell: Shell
before(async () => {
  shell = await openShell()
})
after(() => shell[Symbol.asyncDispose]())

/** Types every block of a page, and compares what is printed with what the page shows. */
async function type(page: string): Promise<void> {
  for (const { script, shown } of stepsOf(page)) {
    const { code, stdout, stderr, commands } = await shell.run(script, page.replaceAll(/\W/g, '-'))
    const said = `${script}\n${stdout}\n${stderr}`
    for (const { line, code } of commands) assert.equal(code, CODES[line] ?? 0, `${line}: ${said}`)
    assert.equal(code, commands.at(-1)?.code ?? 0, said)
    if (shown !== null) assert.deepEqual(missingLines(shown, `${stdout}\n${stderr}`), [], said)
  }
}

void describe('what the pages tell to type works as it is written', () => {
  for (const page of files('examples/*/README.md')) void test(page, () => type(page))
})
