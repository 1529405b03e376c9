import type { ShapeRules } from '../shape.ts'
import { adp } from './adp.ts'
import { bamboohr, bamboohrFields } from './bamboohr.ts'
import { deel } from './deel.ts'
import { eventGrid } from './event-grid.ts'
import { hibob } from './hibob.ts'
import { masstransit } from './envelopes/masstransit.ts'
import { nservicebus } from './envelopes/nservicebus.ts'
import { oracleHcm } from './oracle-hcm.ts'
import { paylocity } from './paylocity.ts'
import { personio } from './personio.ts'
import { rippling } from './rippling.ts'
import { scimEvents } from './scim-events.ts'
import { successfactors } from './successfactors.ts'
import { ukgPro } from './ukg-pro.ts'
import { workday } from './workday.ts'

/** Shapes a configuration can name. */
export const SHIPPED_SHAPES: Readonly<Record<string, ShapeRules>> = {
  adp,
  bamboohr,
  'bamboohr-fields': bamboohrFields,
  deel,
  'event-grid': eventGrid,
  hibob,
  masstransit,
  nservicebus,
  'oracle-hcm': oracleHcm,
  paylocity,
  personio,
  rippling,
  'scim-events': scimEvents,
  successfactors,
  'ukg-pro': ukgPro,
  workday,
}
