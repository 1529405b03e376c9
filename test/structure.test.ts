import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join, normalize, sep } from 'node:path'
import { describe, it } from 'node:test'
import {
  BARRELS,
  CIRCLES,
  CROWDED_FOLDERS,
  IMPORTS_AGAINST_THE_DIRECTION,
  IMPORTS_OF_DOUBLES,
  LONG_FILES,
  LONG_FUNCTIONS,
} from './structure-exceptions.ts'

const MOST_FILES_IN_A_FOLDER = 15
const MOST_LINES_IN_A_FILE = 300
const MOST_LINES_IN_A_FUNCTION = 60

const ROOT = join(import.meta.dirname, '..')
const files = globSync('src/**/*.ts', { cwd: ROOT })
  .map((file) => file.split(sep).join('/'))
  .sort()
const texts = new Map(files.map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]))

/** The files of the project that `file` imports, types included. */
function importsOf(file: string, text: string): readonly string[] {
  const found = text.matchAll(/(?:from|import|import\()\s*'(\.{1,2}\/[^']+)'/g)
  return [...found].map(([, path = '']) =>
    normalize(join(dirname(file), path))
      .split(sep)
      .join('/'),
  )
}
const imports = new Map([...texts].map(([file, text]) => [file, importsOf(file, text)]))

/** The rooms, and what each of them may import besides itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  adapters: ['core'],
  config: ['core'],
  compose: ['core', 'config', 'adapters'],
  http: ['core', 'config', 'compose'],
  cli: ['core', 'config', 'compose', 'http', 'local'],
  local: [],
  // What others import from the npm package.
  package: ['core', 'adapters', 'local'],
  main: ['cli', 'core', 'private-cache.mjs'],
}
const roomOf = (file: string): string => file.split('/')[1]?.replace('.ts', '') ?? ''

/**
 * Fails on what is not an exception. An exception that is no longer needed is reported, so that it
 * can be removed.
 */
function holds(
  t: { diagnostic(message: string): void },
  found: readonly string[],
  exceptions: readonly string[],
) {
  assert.deepEqual(
    found.filter((one) => !exceptions.includes(one)),
    [],
  )
  for (const one of exceptions) if (!found.includes(one)) t.diagnostic(`no longer an exception: ${one}`)
}

/**
 * What opens the body of a function: `function name() {`, `=> {`, `name(): Type {` or the end of a
 * list of parameters.
 */
const OPENS_BODY = /\bfunction\b.* \{$|=> \{$|^ *(?:async )?[#\w]+\(.*\).* \{$|^ *\)(?:: .*)? \{$/
const OPENS_STATEMENT = /^ *(?:if|for|while|switch|catch)\b|^ *\) \{$/

/**
 * Functions by their first line. oxfmt puts a closing brace at the indentation of the line that
 * opens.
 */
function longFunctionsOf(file: string, text: string): readonly string[] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    if (!OPENS_BODY.test(line) || OPENS_STATEMENT.test(line)) return []
    const indent = /^ */.exec(line)?.[0] ?? ''
    const isAtIndent = (other: string): boolean => other.startsWith(indent) && other[indent.length] !== ' '
    const first = line.trim().startsWith(')') ? lines.slice(0, index).findLastIndex(isAtIndent) : index
    const last = index + 1 + lines.slice(index + 1).findIndex((other) => other.startsWith(`${indent}}`))
    return last - first >= MOST_LINES_IN_A_FUNCTION ? [`${file}: ${lines[first]?.trim() ?? ''}`] : []
  })
}

void describe('the structure of the source', () => {
  void it('imports run one way, from the edges to the core', (t) => {
    const wrong = [...imports].flatMap(([file, all]) =>
      all
        .map((other) => roomOf(other))
        .filter((room) => room !== roomOf(file) && !MAY_IMPORT[roomOf(file)]?.includes(room))
        .map((room) => `${file} imports ${room}`),
    )
    holds(t, [...new Set(wrong)], IMPORTS_AGAINST_THE_DIRECTION)
  })

  void it('no file imports itself by way of others, types included', (t) => {
    const done = new Set<string>()
    const path: string[] = []
    const circles: string[] = []
    const visit = (file: string): void => {
      const at = path.indexOf(file)
      if (at !== -1) circles.push([...path.slice(at), file].join(' → '))
      if (at !== -1 || done.has(file)) return
      path.push(file)
      for (const other of imports.get(file) ?? []) visit(other)
      path.pop()
      done.add(file)
    }
    for (const file of files) visit(file)
    holds(t, circles, CIRCLES)
  })

  void it('a double imports nothing from the product or from the other double', (t) => {
    const wrong = [...imports].flatMap(([file, all]) => {
      const double = /^src\/local\/(service-bus|entra)\//.exec(file)?.[0]
      if (double === undefined) return []
      return all
        .filter((other) => !other.startsWith(double))
        .map((other) => `${file} imports ${roomOf(other)}`)
    })
    holds(t, wrong, IMPORTS_OF_DOUBLES)
  })

  void it('no file only passes on what another one exports', (t) => {
    const barrels = [...texts].flatMap(([file, text]) =>
      roomOf(file) !== 'package' && /^export (?:type )?(?:\*|\{[^}]*\}) from '\./m.test(text) ? [file] : [],
    )
    holds(t, barrels, BARRELS)
  })

  void it(`no folder holds more than ${MOST_FILES_IN_A_FOLDER} files side by side`, (t) => {
    const folders = Map.groupBy(files, (file) => dirname(file))
    const crowded = [...folders].flatMap(([folder, inside]) =>
      inside.length > MOST_FILES_IN_A_FOLDER ? [folder] : [],
    )
    holds(t, crowded, CROWDED_FOLDERS)
  })

  void it(`no file is longer than ${MOST_LINES_IN_A_FILE} lines`, (t) => {
    const long = [...texts].flatMap(([file, text]) =>
      text.split('\n').length > MOST_LINES_IN_A_FILE + 1 ? [file] : [],
    )
    holds(t, long, LONG_FILES)
  })

  void it(`no function is longer than ${MOST_LINES_IN_A_FUNCTION} lines`, (t) => {
    holds(
      t,
      [...texts].flatMap(([file, text]) => longFunctionsOf(file, text)),
      LONG_FUNCTIONS,
    )
  })
})
