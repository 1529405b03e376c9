import { BATCH_ARROWS, EVENT_ARROWS, OPERATION_ARROWS } from '../../../../src/core/ledger/lifecycle.ts'

const ARROWS = { events: EVENT_ARROWS, operations: OPERATION_ARROWS, batches: BATCH_ARROWS }

/** SQL that is true of a row whose state changes in a way the lifecycle does not know. */
function illegal(arrows: Readonly<Record<string, readonly string[]>>): string {
  const legal = Object.entries(arrows).flatMap(([from, all]) => all.map((to) => `'${from}>${to}'`))
  return `OLD.state <> NEW.state AND OLD.state || '>' || NEW.state NOT IN (${legal.join(', ')})`
}

/** Triggers that make SQLite refuse every change of state that has no arrow. */
export const SQLITE_ARROWS: readonly string[] = Object.entries(ARROWS).map(
  ([table, arrows]) =>
    `CREATE TRIGGER ${table}_arrows BEFORE UPDATE OF state ON ${table} WHEN ${illegal(arrows)}
     BEGIN SELECT RAISE(ABORT, '${table}: this change of state has no arrow in the lifecycle'); END`,
)

/** The same for PostgreSQL; the error names the change. */
export const POSTGRES_ARROWS: readonly string[] = [
  `CREATE FUNCTION refuse_arrow() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN RAISE EXCEPTION '%: % to % has no arrow in the lifecycle', TG_TABLE_NAME, OLD.state, NEW.state; END $$`,
  ...Object.entries(ARROWS).map(
    ([table, arrows]) =>
      `CREATE TRIGGER ${table}_arrows BEFORE UPDATE OF state ON ${table}
       FOR EACH ROW WHEN (${illegal(arrows)}) EXECUTE FUNCTION refuse_arrow()`,
  ),
]
