import type { Written } from '../../core/expression/evaluate.ts'
import type { Json } from '../../core/model.ts'

/**
 * What one input is asked for. The input is JSON text, so that its size is known and nothing in it
 * is shared.
 */
export interface Task {
  readonly expressions: readonly string[]
  readonly input: string
  readonly bindings: Readonly<Record<string, Json>>
}

/** To the process: one batch at a time. */
export interface Batch {
  readonly tasks: readonly Task[]
}

/** From the process: that it can be used, and then the answers of each batch. */
export type Reply =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answers'; readonly answers: readonly (readonly Written[])[] }

/** The file descriptor on which the process says, before it ends itself, what it was evaluating. */
export const LAST_WORDS_FD = 4

/**
 * What the process was ended for, and the place in the batch of the expression that it evaluated.
 */
export interface LastWords {
  readonly limit: 'time' | 'memory'
  readonly task: number
  readonly expression: number
}

export function writeLastWords({ limit, task, expression }: LastWords): string {
  return `${limit} ${task} ${expression}\n`
}

/** `null` for anything else: the process ended without having been ended. */
export function parseLastWords(text: string): LastWords | null {
  const [, limit, task, expression] = /^(time|memory) (\d+) (\d+)\n/.exec(text) ?? []
  return limit === undefined
    ? null
    : { limit: limit === 'time' ? 'time' : 'memory', task: Number(task), expression: Number(expression) }
}

/** What the evaluating thread and the watchdog share: words of an `Int32Array`. */
export const SHARED = {
  /** Counts evaluations; 0 while there is none. */
  evaluation: 0,
  task: 1,
  expression: 2,
  /** Nothing is ever written here: what the watchdog waits on between two looks. */
  never: 3,
  words: 4,
} as const
