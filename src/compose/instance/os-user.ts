import { userInfo } from 'node:os'

/**
 * The user of the operating system that runs this process: the name, or `uid 1000` where it has
 * none.
 */
export function operatingSystemUser(): string {
  try {
    return userInfo().username
  } catch {
    // Containers often run under a number that the image has no entry for.
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
