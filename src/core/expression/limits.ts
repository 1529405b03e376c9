/**
 * Processor time that one expression may use over one input. A limit on wall time would end
 * harmless expressions on a throttled machine.
 */
export const EVALUATION_MS = 500
/** Levels of nesting, and items of a list (jsonata 2.2.2, README "Guardrails"). */
export const GUARDS = { stack: 200, sequence: 10_000 } as const
/** Characters of an input, and of an answer, each written as JSON. */
export const LONGEST_JSON = 4_000_000

export const TOO_LONG = 'it takes too long: more processor time than one evaluation may use'
export const TOO_MUCH_MEMORY = 'it needs too much memory'
export const INPUT_TOO_LONG = `its input is longer than ${LONGEST_JSON.toLocaleString('en')} characters`
export const ANSWER_TOO_LONG = `its answer is longer than ${LONGEST_JSON.toLocaleString('en')} characters`
