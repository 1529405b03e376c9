import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { filesOf, ONE_PROCESS, type Together } from './one-process.ts'

const ROOT = join(import.meta.dirname, '..')

/**
 * What a script of `package.json` gives the test runner, with what the script that it begins with
 * gives.
 */
function patternsOf(name: string): readonly string[] {
  const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>
  }
  const [first = '', rest = ''] = (scripts[name] ?? '').split(' -- ')
  const before = first === 'npm test' ? patternsOf('test') : []
  return [...before, ...rest.split(' ').map((one) => one.replaceAll('"', ''))]
}

const isTogether = (file: string): file is Together => Object.hasOwn(ONE_PROCESS, file)

void it('every test file runs once in the gate, and npm test runs a part of them', () => {
  const run = (script: string) =>
    patternsOf(script)
      .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
      .flatMap((file) => (isTogether(file) ? filesOf(file) : [file]))
      .toSorted()
  const all = globSync('test/**/*.test.ts', { cwd: ROOT }).toSorted()
  assert.deepEqual(run('test:all'), all)
  const quick = new Set(run('test'))
  assert.ok(quick.size > all.length / 2)
  for (const file of quick) assert.ok(all.includes(file), file)
})
