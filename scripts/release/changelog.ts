const UNRELEASED = '## Unreleased\n'

/** A version as a pattern that matches only itself. */
export const literal = (version: string): string => version.replaceAll('.', String.raw`\.`)

/** The section of a release, without its heading; `null` when the changelog has none. */
export function sectionOf(changelog: string, version: string): string | null {
  const [, body] = changelog.split(new RegExp(`^## ${literal(version)}(?: .*)?\n`, 'm'))
  return body === undefined ? null : (body.split(/^## /m)[0] ?? '').trim()
}

/**
 * What is unreleased becomes the section of this version. Throws an `Error` when there is nothing
 * to release.
 */
export function released(changelog: string, version: string, date: string): string {
  const [before, after] = changelog.split(UNRELEASED)
  if (before === undefined || after === undefined) throw new Error('CHANGELOG.md has no section Unreleased')
  if ((after.split(/^## /m)[0] ?? '').trim() === '')
    throw new Error('CHANGELOG.md says nothing under Unreleased')
  if (sectionOf(changelog, version) !== null) throw new Error(`CHANGELOG.md has a section ${version} already`)
  return `${before}${UNRELEASED}\n## ${version} – ${date}\n${after}`
}
