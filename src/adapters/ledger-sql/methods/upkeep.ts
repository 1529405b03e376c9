import type { InstanceLedger } from '../../../core/ledger/port/instances.ts'
import type { UpkeepLedger } from '../../../core/ledger/port/upkeep.ts'
import { ageOut } from '../upkeep/age-out.ts'
import { cutMoments } from '../upkeep/cut-moments.ts'
import { age, foundOlder, ledgerRestored } from '../upkeep/ledger-age.ts'
import { announceInstance, endInstance, listInstances } from '../instances/instances.ts'
import { erase, foldAway, retentionPage } from '../upkeep/retention.ts'
import { countElsewhere } from '../upkeep/unknown-destinations.ts'
import { lease } from '../submit/leases.ts'
import type { Transactions } from './transactions.ts'

/** The methods of the ledger for instances, retention and erasure. */

export function instanceMethods({ write, read }: Transactions): InstanceLedger {
  return {
    announceInstance: (one) => write((sql) => announceInstance(sql, one)),
    endInstance: (id, now) => write((sql) => endInstance(sql, id, now)),
    listInstances: (now) => read((sql) => listInstances(sql, now)),
  }
}

export function upkeepMethods({ write, read, instance, scrub }: Transactions): UpkeepLedger {
  return {
    takeLease: (query) => write((sql) => lease(sql, query)),
    cutMoments: (cut) => write((sql) => cutMoments(sql, cut)),
    listRetention: (query) => read((sql) => retentionPage(sql, query)),
    foldEvents: (cuts, settledBefore, now) =>
      write((sql) => foldAway(sql, instance, cuts, settledBefore, now)),
    removeAged: (query) => write((sql) => ageOut(sql, query)),
    eraseEmployee: async (erasure, now) => {
      const erased = await write((sql) => erase(sql, instance, erasure, now))
      return erased && { ...erased, filesClean: await scrub() }
    },
    countElsewhere: (destinations) => read((sql) => countElsewhere(sql, destinations)),
    readAge: () => read(age),
    markOlder: (mark, now) => write((sql) => foundOlder(sql, mark, now)),
    markRestored: (order, now) => write((sql) => ledgerRestored(sql, order, now)),
  }
}
