import { readFileSync } from 'node:fs'
import { findPackageJSON } from 'node:module'

/** The release that runs, from the `package.json` of Rollcall. */
export function releaseVersion(): string {
  const manifest = findPackageJSON(import.meta.url)
  const content: unknown = manifest === undefined ? null : JSON.parse(readFileSync(manifest, 'utf8'))
  return typeof content === 'object' && content !== null && 'version' in content
    ? String(content.version)
    : 'unknown'
}
