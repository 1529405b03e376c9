import jsonata from 'jsonata'
import { RollcallError } from '../errors.ts'
import type { Json } from '../model.ts'
import { describeFailure } from './codes.ts'
import { compileDirect, type Direct } from './direct.ts'
import type { Evaluated, Evaluator } from './evaluator.ts'
import { checkRegex } from './linear-regex.ts'
import { namesOf } from './names.ts'
import { readsOf, type Reads } from './reads.ts'

/**
 * With these functions, the same input could give different answers, or the compiler could not see
 * what an expression reads.
 */
const REFUSED = ['now', 'millis', 'random', 'shuffle', 'eval', 'assert', 'error']

/**
 * An accepted expression. Every JSONata text of the configuration is compiled to one before it is
 * used.
 */
export interface Expression {
  readonly text: string
  /** The places of its input that the answer can depend on. */
  readonly reads: Reads
  /** The variables and functions that it names, without their `$`. */
  readonly variables: ReadonlySet<string>
  /** The names of fields that it looks for and does not make itself. */
  readonly fields: ReadonlySet<string>
  /** Evaluates it without JSONata, where it is simple enough. */
  readonly direct: Direct | null
}

/**
 * Throws `ExpressionInvalid`, naming the place in the text: for what is not JSONata, for functions
 * that are refused, and for a regular expression that cannot be matched in linear time. Evaluates
 * nothing.
 */
export function compileExpression(text: string): Expression {
  let ast: unknown
  try {
    ast = jsonata(text).ast()
  } catch (error) {
    throw new RollcallError('ExpressionInvalid', `is not JSONata: ${describeFailure(error)}`)
  }
  const { variables, regexes, fields } = namesOf(ast)
  const refused = REFUSED.filter((name) => variables.has(name))
  if (refused.length > 0)
    throw new RollcallError(
      'ExpressionInvalid',
      `uses ${refused.map((name) => `$${name}`).join(', ')}; the same input has to give the same answer, whenever it is asked`,
    )
  for (const regex of regexes) checkRegex(regex)
  return { text, reads: readsOf(ast), variables, fields, direct: compileDirect(ast) }
}

/** Evaluates one expression over one input. */
export async function evaluateOne(
  evaluator: Evaluator,
  { text }: Expression,
  input: Json,
  bindings: Readonly<Record<string, Json>> = {},
): Promise<Evaluated> {
  const [answer] = await evaluator.evaluate({ expressions: [text], input, bindings })
  return answer ?? { kind: 'value', value: undefined }
}
