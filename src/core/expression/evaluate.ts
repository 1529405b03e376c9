import jsonata from 'jsonata'
import type { Json } from '../model.ts'
import { describeFailure } from './codes.ts'
import type { Evaluated, Evaluation, Evaluator } from './evaluator.ts'
import { ANSWER_TOO_LONG, GUARDS, INPUT_TOO_LONG, LONGEST_JSON } from './limits.ts'
import { LinearRegex } from './linear-regex.ts'
import { PARSE, parseFunction } from './parse-function.ts'

/**
 * An answer as JSON text, so that its size is known before it is passed on. `value: null` when
 * there is no value.
 */
export type Written =
  | { readonly kind: 'value'; readonly value: string | null }
  | { readonly kind: 'failed'; readonly why: string }

/** An input as JSON text, or why it cannot be written. */
export function writeInput(input: Json): Written {
  const value = JSON.stringify(input)
  return value.length > LONGEST_JSON ? { kind: 'failed', why: INPUT_TOO_LONG } : { kind: 'value', value }
}

export function readAnswer(written: Written): Evaluated {
  if (written.kind === 'failed') return written
  return {
    kind: 'value',
    // A value that JSONata made from JSON is JSON again once it is written as text.
    value: written.value === null ? undefined : (JSON.parse(written.value) as Json),
  }
}

const regexEngine: object = { RegexEngine: LinearRegex }

/** Expressions come from the configuration, so there are few. */
const compiled = new Map<string, jsonata.Expression>()

function prepared(text: string): jsonata.Expression {
  const expression = jsonata(text, { ...GUARDS, ...regexEngine })
  expression.registerFunction(PARSE.name, parseFunction, PARSE.signature)
  return expression
}

/** Evaluates one expression, without a time limit. */
export async function evaluateWritten(
  text: string,
  input: Json,
  bindings: Readonly<Record<string, Json>>,
): Promise<Written> {
  try {
    let expression = compiled.get(text)
    if (!expression) compiled.set(text, (expression = prepared(text)))
    return write(await expression.evaluate(input, bindings))
  } catch (error) {
    return { kind: 'failed', why: describeFailure(error) }
  }
}

function write(answer: unknown): Written {
  // Functions, and numbers that JSON does not have, are not values.
  if (typeof answer === 'function' || (typeof answer === 'object' && answer !== null && isFunction(answer)))
    return { kind: 'failed', why: 'it gives a function where a value belongs; call it with ( )' }
  if (typeof answer === 'number' && !Number.isFinite(answer))
    return { kind: 'failed', why: 'it gives a number that is out of range' }
  if (typeof answer === 'string' && answer.length > LONGEST_JSON)
    return { kind: 'failed', why: ANSWER_TOO_LONG }
  const value = answer === undefined ? null : JSON.stringify(answer)
  return (value?.length ?? 0) > LONGEST_JSON
    ? { kind: 'failed', why: ANSWER_TOO_LONG }
    : { kind: 'value', value }
}

function isFunction(answer: object): boolean {
  return '_jsonata_function' in answer || '_jsonata_lambda' in answer
}

/**
 * Evaluates in the caller's thread and cannot be interrupted: for tests, and for inputs that do not
 * come from outside. The production evaluator is `expressionProcess`.
 */
export function evaluateHere(): Evaluator {
  return {
    evaluate: ({ expressions, input, bindings }: Evaluation) => {
      const written = writeInput(input)
      return Promise.all(
        expressions.map(async (text) => {
          if (written.kind === 'failed' || written.value === null) return readAnswer(written)
          return readAnswer(await evaluateWritten(text, JSON.parse(written.value) as Json, bindings))
        }),
      )
    },
  }
}
