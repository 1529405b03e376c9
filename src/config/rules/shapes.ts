import type { z } from 'zod'
import { withWords } from '../../core/intake/access.ts'
import { compileShape, type Shape, type ShapeRules } from '../../core/intake/shape.ts'
import { SHIPPED_SHAPES } from '../../core/intake/shapes/shipped.ts'
import { own as ownOf } from '../../core/own.ts'
import type { FileContent, SHAPE, SourceContent } from '../schema.ts'
import type { Compilation } from './compilation.ts'

/**
 * The shapes of the file, by name; `shape: null` for one that cannot be used, which is a problem
 * already.
 */
export type Shapes = ReadonlyMap<string, { readonly rules: ShapeRules; readonly shape: Shape | null }>

export function shapesOf(shapes: FileContent['shapes'] | undefined, { tools, attempt }: Compilation): Shapes {
  return new Map(
    Object.entries(shapes ?? {}).map(([name, written]) => {
      const rules = shapeRules(written)
      const compile = (): Shape => compileShape(name, rules, tools.digest, tools.evaluator)
      return [name, { rules, shape: attempt(['shapes', name], compile) }]
    }),
  )
}

/** The shape of a source: its own rules, a shape of the file, or a shipped one. */
export function shapeOf(
  { name, shape, access }: SourceContent,
  index: number,
  shapes: Shapes,
  { problems, tools, attempt }: Compilation,
): Shape | null {
  const path = ['sources', index, 'shape']
  const own = typeof shape === 'string' ? shapes.get(shape) : undefined
  const rules =
    typeof shape === 'object'
      ? shapeRules(shape)
      : (own?.rules ?? (shape === undefined ? undefined : ownOf(SHIPPED_SHAPES, shape)))
  if (access !== undefined && rules?.access === undefined)
    problems.push({
      path: ['sources', index, 'access'],
      message: 'needs a shape that has access rules, and the shape of this source has none',
    })
  if (shape === undefined) return null
  if (rules === undefined) {
    const names = [...Object.keys(SHIPPED_SHAPES), ...shapes.keys()]
    problems.push({ path, message: `must be one of ${names.join(', ')}, or rules` })
    return null
  }
  if (own && access === undefined) return own.shape
  const worded = access && rules.access ? { ...rules, access: withWords(rules.access, access) } : rules
  return attempt(path, () =>
    compileShape(typeof shape === 'string' ? shape : name, worded, tools.digest, tools.evaluator),
  )
}

function shapeRules({
  event,
  xml,
  form,
  body,
  items,
  fields,
  id,
  access,
}: z.output<typeof SHAPE>): ShapeRules {
  return {
    event,
    ...(xml === undefined ? {} : { xml }),
    ...(form === undefined ? {} : { form }),
    ...(body === undefined ? {} : { body }),
    ...(access === undefined ? {} : { access }),
    ...(items === undefined ? {} : { items }),
    ...(fields === undefined ? {} : { fields }),
    ...(id === undefined ? {} : { id }),
  }
}
