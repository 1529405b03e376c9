import jsonata from 'jsonata'
import { RollcallError } from '../errors.ts'
import type { Json } from '../model.ts'
import { describeCode } from './codes.ts'
import { readsOf, type Reads } from './reads.ts'

/**
 * Without these one line of configuration could hold the process for ever (jsonata 2.2.2, README "Guardrails"). The clock behind `timeout`
 * is the wall's, so expressions are evaluated one after another, never side by side. Milliseconds, levels of nesting, items.
 */
const GUARDS = { timeout: 1_000, stack: 200, sequence: 10_000 } as const

/** They make one input give different answers, or hide from the compiler what an expression reads. */
const REFUSED = ['now', 'millis', 'random', 'shuffle', 'eval', 'assert', 'error']

/** A compiled JSONata expression. The same input gives the same answer. */
export interface Expression {
  readonly text: string
  /** Which places of its input the answer can depend on. */
  readonly reads: Reads
  /**
   * What it comes to; `undefined` when it comes to nothing. Rejects with `ExpressionFailed`, whose message says what went wrong and where in the
   * expression, and quotes no value.
   */
  evaluate(input: Json, bindings?: Readonly<Record<string, Json>>): Promise<Json | undefined>
}

/** Compiles an expression. Throws `ExpressionInvalid`, naming the place in the text. */
export function compileExpression(text: string): Expression {
  let compiled: jsonata.Expression
  try {
    compiled = jsonata(text, GUARDS)
  } catch (error) {
    const { code, position } = told(error)
    throw new RollcallError('ExpressionInvalid', `is no JSONata: ${describeCode(code)}${at(position)}`)
  }
  const { reads, variables } = readsOf(compiled.ast())
  const refused = REFUSED.find((name) => variables.has(name))
  if (refused !== undefined)
    throw new RollcallError(
      'ExpressionInvalid',
      `uses $${refused}; the same input has to give the same answer, whenever it is asked`,
    )
  return {
    text,
    reads,
    evaluate: async (input, bindings = {}) => {
      let answer: unknown
      try {
        answer = await compiled.evaluate(input, bindings)
      } catch (error) {
        const { code, position } = told(error)
        throw new RollcallError('ExpressionFailed', `${describeCode(code)}${at(position)}`)
      }
      return asJson(answer)
    },
  }
}

/** The library's own messages quote values, so only its codes and positions are taken over. */
function told(error: unknown): { readonly code: string; readonly position: number | null } {
  if (typeof error !== 'object' || error === null) return { code: 'unknown', position: null }
  const code: unknown = 'code' in error ? error.code : undefined
  const position: unknown = 'position' in error ? error.position : undefined
  if (error instanceof RangeError) return { code: 'D1011', position: null }
  return {
    code: typeof code === 'string' ? code : 'unknown',
    position: typeof position === 'number' ? position : null,
  }
}

function at(position: number | null): string {
  return position === null ? '' : ` (character ${position})`
}

/** Answers carry marks of the library on their lists; what is kept is plain. */
function asJson(answer: unknown): Json | undefined {
  if (answer === undefined || answer === null || isJsonScalar(answer)) return answer
  if (typeof answer !== 'object' || '_jsonata_function' in answer || '_jsonata_lambda' in answer)
    throw new RollcallError('ExpressionFailed', 'it gives a function where a value belongs; call it with ( )')
  // What was built from JSON by JSONata is JSON again once it is written out.
  return JSON.parse(JSON.stringify(answer)) as Json
}

function isJsonScalar(value: unknown): value is string | number | boolean {
  return (
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    (typeof value === 'number' && Number.isFinite(value))
  )
}
