import { join } from 'node:path'

/**
 * Where test processes keep compiled code. Half of what a test file or a process costs is
 * compiling.
 */
export const COMPILE_CACHE = join(import.meta.dirname, '..', '..', 'node_modules', '.cache', 'rollcall-tests')
