// In plain JavaScript, so that it runs before the first TypeScript file: stripping one without a
// cache loads the compiler, which takes longer than all of the rest.
import module from 'node:module'
import { join } from 'node:path'

// Ledger, exports, backups and caches contain personal data, so only the user of this process may
// read them.
process.umask(0o077)

// The compile cache halves the start time, so it comes before every other import. Node executes
// what is in the cache, so the folder must belong to the user.
const { XDG_CACHE_HOME: cacheHome, HOME: home } = process.env
const caches = cacheHome || (home && join(home, '.cache'))
// The default import, because an old Node would not link the name before assert-node.mjs speaks.
if (caches) {
  const folder = join(caches, 'rollcall')
  module.enableCompileCache?.(folder)
  // Threads do not take it over, and look for it in the environment.
  process.env['NODE_COMPILE_CACHE'] ??= folder
}
