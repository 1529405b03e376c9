import { enableCompileCache } from 'node:module'
import * as fc from 'fast-check'
import { COMPILE_CACHE } from './fakes/compile-cache.ts'

enableCompileCache(COMPILE_CACHE)
// Threads and processes that inherit the environment use it too.
process.env['NODE_COMPILE_CACHE'] ??= COMPILE_CACHE

/** Property tests try the same cases every time. `SEED=n` tries others, and a failure names its seed. */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['SEED'] ?? 1) })
