import type { Dialect } from '../driver/sql.ts'
import { alertTables } from './first/alerts.ts'
import { employeeTables } from './first/employees.ts'
import { intakeTables } from './first/intake.ts'
import { leaverTables } from './first/leavers.ts'
import { provisionTables } from './first/provision.ts'
import { reportTables } from './first/report.ts'
import { upkeepTables } from './first/upkeep.ts'

/**
 * Migration 1: the tables of the first release. Its literals are frozen once that release is out.
 * What changes later is another migration; a test holds the states that the tables allow against
 * the states of the code.
 */
export const firstMigration = (dialect: Dialect): readonly string[] => [
  ...intakeTables(dialect),
  ...employeeTables(dialect),
  ...leaverTables(dialect),
  ...provisionTables(dialect),
  ...reportTables(dialect),
  ...upkeepTables(dialect),
  ...alertTables(dialect),
]
