import { readFileSync } from 'node:fs'

/** `rollcall 1.2.3 (node v24.1.0)`. */
export function versionOf(): string {
  const file = new URL('../../../package.json', import.meta.url)
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { readonly version: string }
  return `rollcall ${version} (node ${process.version})`
}
