import type { DirectoryLedger } from '../../../core/ledger/port/directory.ts'
import {
  listDifferences,
  recordDifferences,
  releaseEnabled,
  settleDifferences,
} from '../directory/differences.ts'
import { findAccountHolders, listActiveHolders } from '../directory/holders.ts'
import { readDirectoryRead, recordDirectoryRead, repairAccounts } from '../directory/reads.ts'
import type { Transactions } from './transactions.ts'

/** The methods of the ledger for comparisons with the accounts of the directory. */
export function directoryMethods({ write, read }: Transactions): DirectoryLedger {
  return {
    findAccountHolders: (accounts, now, seen) =>
      read((sql) => findAccountHolders(sql, accounts, { now, seen })),
    listActiveHolders: (query) => read((sql) => listActiveHolders(sql, query)),
    recordDifferences: (differences, now) => write((sql) => recordDifferences(sql, differences, now)),
    releaseEnabled: (employees, now) => write((sql) => releaseEnabled(sql, employees, now)),
    listDifferences: (query) => read((sql) => listDifferences(sql, query)),
    settleDifferences: (seqs, now) => write((sql) => settleDifferences(sql, seqs, now)),
    recordDirectoryRead: (one) => write((sql) => recordDirectoryRead(sql, one)),
    readDirectoryRead: () => read(readDirectoryRead),
    repairAccounts: (order, now) => write((sql) => repairAccounts(sql, order, now)),
  }
}
