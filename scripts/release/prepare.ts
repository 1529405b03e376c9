import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { literal, released } from './changelog.ts'

/** Files that name the release: images, the chart, commands on the pages. */
const NAMING = ['README.md', 'docker-compose.yml', 'docs/**/*.md', 'deploy/**/*.*', 'deploy/Dockerfile']
/** What other packages are called and numbered. */
const GENERATED = ['docs/reference/licences.md']

export interface Edit {
  readonly path: string
  readonly text: string
  /** Each changed line, by its number. */
  readonly lines: readonly number[]
}

/**
 * The edits that make a release of what is there. Throws an `Error` that says what is in the way.
 */
export function prepare(root: string, version: string, date: string): readonly Edit[] {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8')
  const { version: before } = JSON.parse(read('package.json')) as { readonly version: string }
  if (!/^\d+\.\d+\.\d+$/.test(version)) throw new Error(`${version} is not a version such as 1.2.3`)
  if (isLower(version, before))
    throw new Error(`${version} is lower than ${before}, the version in package.json`)
  const named = new RegExp(`(?<![\\d.])${literal(before)}(?![\\d.])`, 'g')
  const own = new RegExp(`("name": "rollcall",\n\\s*"version": ")${literal(before)}"`, 'g')
  const files = globSync(NAMING, { cwd: root }).filter((path) => !GENERATED.includes(path))
  return [
    edit('CHANGELOG.md', read('CHANGELOG.md'), (text) => released(text, version, date)),
    ...['package.json', 'package-lock.json'].map((path) =>
      edit(path, read(path), (text) => text.replaceAll(own, `$1${version}"`)),
    ),
    ...[...new Set(files)].map((path) => edit(path, read(path), (text) => text.replaceAll(named, version))),
  ].filter(({ lines }) => lines.length > 0)
}

function edit(path: string, before: string, change: (text: string) => string): Edit {
  const text = change(before)
  const was = before.split('\n')
  const lines = text.split('\n')
  // A changelog gets lines; everything else keeps its number of them.
  const changed =
    lines.length === was.length
      ? lines.flatMap((line, at) => (line === was[at] ? [] : [at + 1]))
      : [lines.findIndex((line, at) => line !== was[at]) + 1]
  return { path, text, lines: changed }
}

function isLower(one: string, other: string): boolean {
  const [left, right] = [one, other].map((version) => version.split('.').map(Number))
  for (const [at, part] of (left ?? []).entries()) {
    const difference = part - (right?.[at] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}
