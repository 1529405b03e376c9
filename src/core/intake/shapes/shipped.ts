import type { ShapeRules } from '../shape.ts'
import { adp } from './adp.ts'
import { bamboohr, bamboohrFields } from './bamboohr.ts'
import { eventGrid } from './event-grid.ts'
import { hibob } from './hibob.ts'
import { personio } from './personio.ts'
import { successfactors } from './successfactors.ts'

/** Shapes a configuration can name. */
export const SHIPPED_SHAPES: Readonly<Record<string, ShapeRules>> = {
  adp,
  bamboohr,
  'bamboohr-fields': bamboohrFields,
  'event-grid': eventGrid,
  hibob,
  personio,
  successfactors,
}
