import * as fc from 'fast-check'

/** Property tests try the same cases every time, so that a run says something of the change. `SEED=n` tries others; a failure names its seed. */
fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(process.env['SEED'] ?? 1) })
