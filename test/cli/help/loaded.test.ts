import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { test } from 'node:test'

const ROOT = join(import.meta.dirname, '../../..')

/**
 * What a file imports when it is loaded: without types, and without what it imports when called.
 */
function importsOf(file: string): readonly string[] {
  const found = readFileSync(file, 'utf8').matchAll(/^import (?!type )(?:[^']* from )?'([^']+)'/gm)
  return [...found].map(([, name = '']) => (name.startsWith('.') ? join(dirname(file), name) : name))
}

function loadedBy(file: string): {
  readonly files: readonly string[]
  readonly libraries: readonly string[]
} {
  const files = new Set([join(ROOT, file)])
  const libraries = new Set<string>()
  for (const one of files)
    for (const name of importsOf(one))
      if (name.startsWith(ROOT)) files.add(name)
      else if (!name.startsWith('node:')) libraries.add(name)
  return { files: [...files].map((one) => relative(ROOT, one)), libraries: [...libraries] }
}

void test('the list of all commands loads none of them', () => {
  const { files, libraries } = loadedBy('src/cli/program.ts')
  assert.deepEqual(libraries, ['@commander-js/extra-typings'])
  assert.ok(files.length < 30, files.join('\n'))
})

void test('the help of a command loads the command line only: no other library, and nothing that acts', () => {
  const table = readFileSync(join(ROOT, 'src/cli/command-table.ts'), 'utf8')
  const commands = [...table.matchAll(/import\('(.+?)'\)/g)].map(([, name = '']) => join('src/cli', name))
  assert.ok(commands.includes('src/cli/commands/explain.ts'))
  for (const command of commands) {
    const { files, libraries } = loadedBy(command)
    assert.deepEqual(
      libraries.filter((name) => name !== '@commander-js/extra-typings'),
      [],
      command,
    )
    assert.deepEqual(
      files.filter((file) => /^src\/(?:adapters|http|local)\//.test(file)),
      [],
      command,
    )
  }
})
