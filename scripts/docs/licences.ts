import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

export interface Licensed {
  readonly name: string
  readonly version: string
  /** An SPDX expression, as the package says it. */
  readonly licence: string
}

interface Lock {
  readonly packages: Readonly<
    Record<string, { readonly version?: string; readonly dev?: boolean; readonly license?: string }>
  >
}

/**
 * Every package that an installation without development dependencies has, sorted by name and
 * version.
 */
export function productionPackages(): readonly Licensed[] {
  const { packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as Lock
  const found = new Map<string, Licensed>()
  for (const [path, { version = '', dev = false, license = '' }] of Object.entries(packages)) {
    if (path === '' || dev) continue
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length)
    found.set(`${name} ${version}`, { name, version, licence: licenceIn(path) ?? license })
  }
  return [...found].toSorted(([one], [other]) => (one < other ? -1 : 1)).map(([, licensed]) => licensed)
}

/** What the installed package says; `null` for one that this platform does not install. */
function licenceIn(path: string): string | null {
  const file = join(ROOT, path, 'package.json')
  if (!existsSync(file)) return null
  const { license } = JSON.parse(readFileSync(file, 'utf8')) as {
    readonly license?: string | { readonly type: string }
  }
  return typeof license === 'object' ? license.type : (license ?? null)
}

/** docs/reference/licences.md, wholly generated. */
export function renderLicences(): string {
  const packages = productionPackages()
  const counts = Map.groupBy(packages, ({ licence }) => licence)
  return [
    '# Licences',
    '',
    'Rollcall is under the MIT licence. An installation without development dependencies has these packages. Most have',
    'the text of their licence in their folder under `node_modules`. `npm run docs` writes this page from the lock file',
    'and the installed packages.',
    '',
    '| licence | packages |',
    '| --- | --- |',
    ...[...counts]
      .toSorted(([, one], [, other]) => other.length - one.length)
      .map(([licence, of]) => `| ${licence} | ${of.length} |`),
    '',
    '| package | version | licence |',
    '| --- | --- | --- |',
    ...packages.map(({ name, version, licence }) => `| \`${name}\` | ${version} | ${licence} |`),
    '',
  ].join('\n')
}
