import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { it } from 'node:test'
import { filesOf, type GroupName, GROUPS } from './one-process.ts'

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

const isGroup = (name: string): name is GroupName => Object.hasOwn(GROUPS, name)

function testsIn(file: string): readonly string[] {
  const name = /^test\/groups\/(.+)\.ts$/.exec(file)?.[1]
  return name !== undefined && isGroup(name) ? filesOf(name) : [file]
}

void it('every test file runs once in the gate, and npm test runs a part of them', () => {
  const run = (script: string) =>
    patternsOf(script)
      .flatMap((pattern) => globSync(pattern, { cwd: ROOT }))
      .flatMap(testsIn)
      .toSorted()
  const all = globSync('test/**/*.test.ts', { cwd: ROOT }).toSorted()
  assert.deepEqual(run('test:all'), all)
  const quick = new Set(run('test'))
  assert.ok(quick.size > all.length / 2)
  for (const file of quick) assert.ok(all.includes(file), file)
})
