import type { Equivalent } from './equivalent.ts'

type Known = readonly [file: string, find: string, replace: string, because: string]

const ONLY_SPARES = 'it only spares work: what follows finds nothing either'

const KEPT = 'it only spares work: the same path is parsed again'

const KNOWN: readonly Known[] = [
  [
    'report/correlate/changed-elsewhere.ts',
    'if (unexplained.length',
    'if (false && unexplained.length',
    ONLY_SPARES,
  ],
  ['report/correlate/changed-elsewhere.ts', 'if (suspicious', 'if (false && suspicious', ONLY_SPARES],
  [
    'report/correlate/changed-elsewhere.ts',
    'get(sent.employeeId)?.at ?? 0',
    'get(sent.employeeId)?.at ?? 1',
    'the time is always later than a millisecond after 1970',
  ],
  ['report/correlate/elsewhere.ts', 'if (unexplained', 'if (false && unexplained', ONLY_SPARES],
  [
    'report/correlate/evidence.ts',
    'if (a.operation.record',
    'if (false && a.operation.record',
    'it only spares work: the same record has the same values',
  ],
  [
    'report/correlate/loop.ts',
    'requestedWait(error) ?? 0',
    'requestedWait(error) ?? 1',
    'it waits for the window of the log at least',
  ],
  [
    'provision/quarantine.ts',
    'failures?.synchronized ?? 0',
    'failures?.synchronized ?? 1',
    'the share counts from 5,000 failures on',
  ],
  ['provision/pace.ts', 'share <= SCARCE ?', 'share < SCARCE ?', 'at SCARCE, the weight is 1 in both ways'],
  ['provision/pace.ts', 'share >= PLENTY', 'share > PLENTY', 'at PLENTY, the weight is 0'],
  [
    'provision/pace.ts',
    'limits.perDay - (leaver',
    'limits.perDay + (leaver',
    'without calls left, they are spread over the same time',
  ],
  [
    'provision/submit-loop.ts',
    'minTimeout: 0',
    'minTimeout: 1',
    'the ledger names the time of the next attempt',
  ],
  [
    'provision/submit-loop.ts',
    'maxTimeout: 0',
    'maxTimeout: 1',
    'the ledger names the time of the next attempt',
  ],
  ['provision/verdict.ts', 'named ?? 0', 'named ?? 1', 'the wait before a retry is always longer'],
  ['directory/attributes.ts', 'if (known !== undefined)', 'if (false && known !== undefined)', KEPT],
  ['directory/attributes.ts', '  paths.set(place, path)', '', KEPT],
  ['directory/guard.ts', 'if (disabled.length', 'if (false && disabled.length', ONLY_SPARES],
  [
    'directory/id-set.ts',
    'index < id.length',
    'index <= id.length',
    'it is another hash, as good as the first',
  ],
  ['alerts/deliver.ts', 'sent.afterMs ?? 0', 'sent.afterMs ?? 1', 'the wait grows from seconds'],
  ['alerts/deliver.ts', '(sent.afterMs ?? 0) : 0', '(sent.afterMs ?? 0) : 1', 'the wait grows from seconds'],
  [
    'alerts/deliver.ts',
    'delivery.notBefore - runtime.now()) : 0',
    'delivery.notBefore - runtime.now()) : 1',
    'it looks for the next a millisecond later',
  ],
  ['alerts/look.ts', 'if (count < logged.count)', 'if (count <= logged.count)', 'an equal count is kept'],
  [
    'alerts/quiet-hours.ts',
    'hour === undefined || minute',
    'hour === undefined && minute',
    'the pattern finds both or neither',
  ],
]

/** Those of the core that were found when whole files were tried. */
export const EQUIVALENT_IN_CORE: readonly Equivalent[] = KNOWN.map(([file, find, replace, because]) => ({
  file: `src/core/${file}`,
  find,
  replace,
  because,
}))
