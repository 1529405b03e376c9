import { releaseVersion } from '../../compose/instance/release.ts'

/** `rollcall 1.2.3 (node v24.1.0)`. */
export function versionOf(): string {
  return `rollcall ${releaseVersion()} (node ${process.version})`
}
