/**
 * What an expression sees: the text of a source attribute, and whether a value of the target
 * attribute is taken already.
 */
export interface Scope {
  read(path: string): string | undefined
  isTaken(value: string): boolean
}

export type Node = (scope: Scope) => string | undefined
type Args = readonly Node[]

const text = (args: Args, index: number, scope: Scope): string => args[index]?.(scope) ?? ''
export const truth = (value: boolean): string => (value ? 'True' : 'False')
const isTrue = (value: string | undefined): boolean => value?.toLowerCase() === 'true'

/**
 * A subset of the functions of attribute-mapping expressions, named as in Microsoft's "Reference
 * for writing expressions for attribute mappings in Microsoft Entra ID". A missing value is the
 * empty text, and an empty result flows as null.
 */
export const FUNCTIONS: Readonly<Record<string, (args: Args, scope: Scope) => string | undefined>> = {
  append: (args, scope) => text(args, 0, scope) + text(args, 1, scope),
  coalesce: (args, scope) =>
    args.map((arg) => arg(scope)).find((value) => value !== undefined && value !== ''),
  iif: (args, scope) => (isTrue(args[0]?.(scope)) ? args[1]?.(scope) : args[2]?.(scope)),
  isnullorempty: (args, scope) => truth(text(args, 0, scope) === ''),
  ispresent: (args, scope) => truth(text(args, 0, scope) !== ''),
  join: (args, scope) =>
    args
      .slice(1)
      .map((arg) => arg(scope) ?? '')
      .filter((value) => value !== '')
      .join(text(args, 0, scope)),
  left: (args, scope) => text(args, 0, scope).slice(0, Number(text(args, 1, scope))),
  mid: (args, scope) => {
    const start = Number(text(args, 1, scope)) - 1
    return text(args, 0, scope).slice(start, start + Number(text(args, 2, scope)))
  },
  normalizediacritics: (args, scope) => text(args, 0, scope).normalize('NFD').replaceAll(/\p{M}/gu, ''),
  not: (args, scope) => truth(!isTrue(args[0]?.(scope))),
  replace: (args, scope) => text(args, 0, scope).replaceAll(text(args, 1, scope), text(args, 4, scope)),
  selectuniquevalue: (args, scope) =>
    args.map((arg) => arg(scope)).find((value) => value !== undefined && !scope.isTaken(value)),
  stripspaces: (args, scope) => text(args, 0, scope).replaceAll(' ', ''),
  switch: (args, scope) => {
    const value = text(args, 0, scope)
    for (let index = 2; index + 1 < args.length; index += 2) {
      if (text(args, index, scope) === value) return args[index + 1]?.(scope)
    }
    return args[1]?.(scope)
  },
  tolower: (args, scope) => text(args, 0, scope).toLowerCase(),
  toupper: (args, scope) => text(args, 0, scope).toUpperCase(),
  trim: (args, scope) => text(args, 0, scope).trim(),
  word: (args, scope) => {
    const delimiters = new Set(text(args, 2, scope))
    const words: string[] = ['']
    for (const character of text(args, 0, scope)) {
      if (delimiters.has(character)) words.push('')
      else words[words.length - 1] = (words.at(-1) ?? '') + character
    }
    return words.filter((word) => word !== '')[Number(text(args, 1, scope)) - 1]
  },
}
