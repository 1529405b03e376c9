import asyncHooks from 'node:async_hooks'
import { enableCompileCache, syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { isMainThread } from 'node:worker_threads'

// In plain JavaScript, so that it runs before the first TypeScript file: stripping one without a
// cache loads the compiler. The folder is that of test/fakes/compile-cache.ts.
const folder = join(import.meta.dirname, '..', 'node_modules', '.cache', 'rollcall-tests')
enableCompileCache(folder)
// Threads and processes that inherit the environment use it too.
process.env['NODE_COMPILE_CACHE'] ??= folder

/**
 * The test runner follows every promise to learn which test it belongs to, which costs up to a
 * third of the time of a test that waits often. It uses that only to name the test when a rejected
 * promise is not handled. Without it, such a rejection fails the test file instead of the test.
 * Timers, sockets and streams are followed as before. See `trackPromises` in
 * https://nodejs.org/api/async_hooks.html.
 */
const { createHook } = asyncHooks
asyncHooks.createHook = (options) => createHook({ trackPromises: false, ...options })
syncBuiltinESMExports()
process.on('unhandledRejection', () => (process.exitCode = 1))

/**
 * Property tests try the same cases every time. `SEED=n` tries others, and a failure names its
 * seed.
 */
if (isMainThread) {
  // Threads of the code get this file too, and have no use for it.
  const fc = await import('fast-check')
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['SEED'] ?? 1) })
}
