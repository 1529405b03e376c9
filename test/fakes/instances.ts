import { type Instance, RULE_PARTS, type RulePart } from '../../src/core/ledger/port/instances.ts'
import { LOOPS } from '../../src/core/loops.ts'
import { day } from './events.ts'

const hashes: Readonly<Record<RulePart, string>> = {
  mapping: 'm1',
  sources: 's1',
  shapes: 'h1',
  activation: 'a1',
  notices: 'n1',
  targets: 't1',
  pilot: 'p1',
  'source settings': 'z1',
}

/** An instance that runs everything and was just seen, with `more` in place of what it says. */
export function anInstance(id: string, more: Partial<Instance> = {}): Instance {
  const ruleHashes = more.ruleHashes ?? hashes
  return {
    id,
    name: `name of ${id}`,
    host: 'host-1',
    version: '1.2.3',
    startedAt: day(1),
    seenAt: day(1),
    endedAt: null,
    loops: LOOPS,
    shared: true,
    configHash: 'c1',
    rulesHash: RULE_PARTS.map((part) => ruleHashes[part]).join(' '),
    ruleHashes,
    limits: {
      brake: { windowMs: 86_400_000, absolute: 500, percent: 5, floor: 50 },
      callsPerDay: 2_000,
      callsPer5s: 40,
      batchOperations: 50,
      failedAttempts: 3,
      quietMs: 2_000,
      maxWaitMs: 120_000,
      clockSkewMs: 5_000,
      leaseMs: 15_000,
      emergency: null,
    },
    ...more,
  }
}
