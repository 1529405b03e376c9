/**
 * Releases. `prepare 1.2.3` writes the version and the date where they stand, and says what to type
 * next; `assets v1.2.3` makes the folder that a release publishes. With `--dry-run`, prepare only
 * says what it would write.
 */
import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { makeAssets } from './release/assets.ts'
import { prepare } from './release/prepare.ts'

const ROOT = join(import.meta.dirname, '..')
const USAGE =
  'usage: node scripts/release.ts prepare VERSION [--date YYYY-MM-DD] [--dry-run]\n' +
  '       node scripts/release.ts assets TAG [--to FOLDER]'

/** Returns the lines to print. Throws an `Error` that says what is in the way. */
export function release(argv: readonly string[]): readonly string[] {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      date: { type: 'string', default: new Date().toISOString().slice(0, 10) },
      'dry-run': { type: 'boolean', default: false },
      to: { type: 'string', default: 'release' },
    },
  })
  const [command, which] = positionals
  if (which === undefined) throw new Error(USAGE)
  if (command === 'prepare') return prepared(which, values.date, values['dry-run'])
  if (command !== 'assets') throw new Error(USAGE)
  const to = resolve(ROOT, values.to)
  const run = (program: string, args: readonly string[], cwd: string): string =>
    execFileSync(program, args, { cwd, encoding: 'utf8', maxBuffer: 64_000_000 })
  return makeAssets({ root: ROOT, tag: which, to, run }).map((file) => join(values.to, file))
}

function prepared(version: string, date: string, dryRun: boolean): readonly string[] {
  const edits = prepare(ROOT, version, date)
  const places = edits.map(({ path, lines }) => `${path}: line ${lines.join(', ')}`)
  if (dryRun) return ['would write:', ...places, 'nothing was written']
  for (const { path, text } of edits) writeFileSync(join(ROOT, path), text)
  return [
    'written:',
    ...places,
    'next:',
    `  git commit --all --message "release ${version}"`,
    `  git tag --annotate v${version} --message "${version}"`,
    `  git push --follow-tags`,
  ]
}

if (import.meta.main)
  try {
    console.log(release(process.argv.slice(2)).join('\n'))
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
    process.exitCode = 1
  }
