import { own } from '../own.ts'

/**
 * The places of its input that an expression can depend on: dotted paths, each with everything
 * below it, or everything.
 */
export type Reads =
  | { readonly kind: 'everything' }
  | { readonly kind: 'paths'; readonly paths: ReadonlySet<string> }

/**
 * Where the evaluation is in the input: at a path, or in a value made from values already read
 * (`derived`). A path without steps is the whole input.
 */
type Place = readonly string[] | 'derived'

/**
 * Walks the tree of an expression (jsonata 2.2.2, `ast()`). Never reports too little: an unknown
 * node reads everything.
 */
export function readsOf(ast: unknown): Reads {
  const walk = new Walk()
  walk.visit(ast, [])
  return walk.everything ? { kind: 'everything' } : { kind: 'paths', paths: walk.paths }
}

/**
 * Whether a change at `path` can change the answer: the expression reads `path`, or a place above
 * or below it.
 */
export function touches(reads: Reads, path: string): boolean {
  if (reads.kind === 'everything' || reads.paths.has(path)) return true
  for (const read of reads.paths) if (isBelow(path, read) || isBelow(read, path)) return true
  return false
}

/** Whether the place is a part of what `parent` names. */
export function isBelow(path: string, parent: string): boolean {
  return path.charAt(parent.length) === '.' && path.startsWith(parent)
}

/**
 * Functions that use the context when they get fewer arguments than this. The others may when they
 * get none.
 */
const CONTEXT_FROM: Readonly<Record<string, number>> = {
  lookup: 2,
  each: 2,
  sift: 2,
  map: 2,
  filter: 2,
  substring: 2,
  contains: 2,
  split: 2,
}

class Walk {
  readonly paths = new Set<string>()
  everything = false

  /** The place of the answer of `node`, evaluated at `place`. */
  visit(node: unknown, place: Place): Place {
    if (typeof node !== 'object' || node === null) return 'derived'
    switch (field(node, 'type')) {
      case 'string':
      case 'number':
      case 'value':
      case 'regex':
        return 'derived'
      case 'variable':
        return this.#variable(node, place)
      case 'path':
        return this.#path(node, place)
      case 'function':
      case 'partial':
        return this.#call(node, place)
      case 'binary':
      case 'apply':
      case 'bind':
        this.#all([field(node, 'rhs')], place)
        // The left side of a binding is the variable it binds.
        if (field(node, 'type') !== 'bind') this.#all([field(node, 'lhs')], place)
        return 'derived'
      case 'unary':
        this.#all(
          [
            field(node, 'expression'),
            ...list(field(node, 'expressions')),
            ...list(field(node, 'lhs')).flatMap(list),
          ],
          place,
        )
        return 'derived'
      case 'condition':
        this.#all([field(node, 'condition'), field(node, 'then'), field(node, 'else')], place)
        return 'derived'
      case 'block':
        this.#all(list(field(node, 'expressions')), place)
        return 'derived'
      case 'lambda':
        this.#all([field(node, 'body')], place)
        return 'derived'
      default:
        this.everything = true
        return 'derived'
    }
  }

  /** All of them count as read, because their answers are used. */
  #all(nodes: readonly unknown[], place: Place): void {
    for (const node of nodes) this.#read(this.visit(node, place))
  }

  #read(place: Place): void {
    if (place === 'derived') return
    if (place.length === 0) this.everything = true
    else this.paths.add(place.join('.'))
  }

  #variable(node: object, place: Place): Place {
    const name = field(node, 'value')
    if (name === '') {
      this.#read(place)
      return place
    }
    if (name === '$') this.everything = true
    return 'derived'
  }

  #path(node: object, start: Place): Place {
    let place = start
    const steps = list(field(node, 'steps'))
    const last = steps.findLastIndex((step) => field(step, 'type') === 'name')
    for (const [index, step] of steps.entries()) {
      // When a step is bound to a variable, or uses the parent operator, the place is known only at
      // run time.
      if (['focus', 'index', 'ancestor', 'tuple'].some((mark) => field(step, mark) !== undefined))
        this.everything = true
      place =
        field(step, 'type') === 'name' ? this.#step(step, place, index === last) : this.#through(step, place)
      for (const stage of [...list(field(step, 'stages')), ...list(field(step, 'predicate'))])
        if (field(stage, 'type') === 'filter') this.#all([field(stage, 'expr')], place)
        else this.everything = true
    }
    for (const pair of list(field(field(node, 'group'), 'lhs'))) this.#all(list(pair), place)
    return place
  }

  /** A name on the way to a deeper one reads only that deeper place. */
  #step(step: unknown, place: Place, reads: boolean): Place {
    const name = field(step, 'value')
    if (place === 'derived' || typeof name !== 'string') return 'derived'
    const there = [...place, name]
    if (reads) this.#read(there)
    return there
  }

  /** A step that computes: its context counts as read, unless it is the first step. */
  #through(step: unknown, place: Place): Place {
    if (place !== 'derived' && place.length > 0) this.#read(place)
    if (field(step, 'type') === 'sort') {
      for (const term of list(field(step, 'terms'))) this.#all([field(term, 'expression')], place)
      return place
    }
    return this.visit(step, place)
  }

  #call(node: object, place: Place): Place {
    const procedure = field(node, 'procedure')
    const called = calledName(procedure)
    const given = list(field(node, 'arguments'))
    if (called === null) this.visit(procedure, place)
    else if (given.length < (own(CONTEXT_FROM, called) ?? 1)) this.#read(place)
    this.#all(given, place)
    return 'derived'
  }
}

/** The name of a function that is called by name. */
function calledName(procedure: unknown): string | null {
  const variable = field(procedure, 'type') === 'path' ? list(field(procedure, 'steps'))[0] : procedure
  const name = field(variable, 'value')
  return field(variable, 'type') === 'variable' && typeof name === 'string' ? name : null
}

function field(node: unknown, name: string): unknown {
  return typeof node === 'object' && node !== null ? Reflect.get(node, name) : undefined
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
