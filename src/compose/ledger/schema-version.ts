import { MIGRATIONS } from '../../adapters/ledger-sql/schema.ts'

/** The version of the tables that this release works with. */
export const LEDGER_SCHEMA = MIGRATIONS.length
