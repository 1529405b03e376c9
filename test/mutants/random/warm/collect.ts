import { mock } from 'node:test'

/**
 * Stands in for `node:test` in a warm process: it collects the tests of a file instead of running
 * them, so that some of them can run, and run again.
 */
type Hook = () => unknown
type Body = (context: object) => unknown
/** Options may stand before the body. */
type Declaration = readonly [body: Body] | readonly [options: { readonly skip?: unknown }, body: Body]

interface Suite {
  readonly parent: Suite | null
  readonly before: Hook[]
  readonly after: Hook[]
  readonly beforeEach: Hook[]
  readonly afterEach: Hook[]
}

export interface CollectedTest {
  readonly name: string
  /** Rejects with what fails, or once `limitMs` are over. */
  run(limitMs: number): Promise<void>
}

/** The tests of one load of a file. */
export interface Collection {
  readonly tests: readonly CollectedTest[]
  /** Runs the hooks after the suites that were begun. */
  end(): Promise<void>
}

interface Loading {
  suite: Suite
  readonly tests: CollectedTest[]
  readonly begun: Suite[]
}

const suiteIn = (parent: Suite | null): Suite => ({
  parent,
  before: [],
  after: [],
  beforeEach: [],
  afterEach: [],
})
let loading: Loading = { suite: suiteIn(null), tests: [], begun: [] }

/** Collects what `load` declares. */
export async function collect(load: () => Promise<unknown>): Promise<Collection> {
  const root = suiteIn(null)
  const own: Loading = { suite: root, tests: [], begun: [root] }
  loading = own
  await load()
  for (const hook of root.before) await hook()
  return {
    tests: own.tests,
    end: async () => {
      for (const suite of own.begun.splice(0).toReversed()) for (const hook of suite.after) await hook()
    },
  }
}

async function runInside(body: Body, name: string, suites: readonly Suite[], begun: Suite[]): Promise<void> {
  for (const suite of suites) {
    if (begun.includes(suite)) continue
    begun.push(suite)
    for (const hook of suite.before) await hook()
  }
  const ends: Hook[] = []
  for (const suite of suites) for (const hook of suite.beforeEach) await hook()
  try {
    await body({ name, mock, after: (hook: Hook) => void ends.push(hook), diagnostic: () => {} })
  } finally {
    for (const hook of ends) await hook()
    for (const suite of suites.toReversed()) for (const hook of suite.afterEach) await hook()
    mock.reset()
  }
}

function suitesAround(suite: Suite): readonly Suite[] {
  return suite.parent === null ? [suite] : [...suitesAround(suite.parent), suite]
}

function bodyOf(declaration: Declaration): Body {
  return declaration.length === 1 ? declaration[0] : declaration[1]
}

export function describe(_name: string, ...declaration: Declaration): void {
  const { suite: outer } = loading
  loading.suite = suiteIn(outer)
  bodyOf(declaration)({})
  loading.suite = outer
}

/** A test with options that skip it is not collected. */
export function test(name: string, ...declaration: Declaration): Promise<void> {
  const { suite, tests, begun } = loading
  const [options] = declaration
  const body = bodyOf(declaration)
  const isSkipped = typeof options === 'object' && Boolean(options.skip)
  if (!isSkipped)
    tests.push({
      name,
      run: async (limitMs) => {
        const { promise: overdue, reject } = Promise.withResolvers<never>()
        const timer = setTimeout(reject, limitMs, new Error(`${name}: takes too long`))
        try {
          await Promise.race([runInside(body, name, suitesAround(suite), begun), overdue])
        } finally {
          clearTimeout(timer)
        }
      },
    })
  return Promise.resolve()
}
export const it = test
export { mock }

export const before = (hook: Hook): void => void loading.suite.before.push(hook)
export const after = (hook: Hook): void => void loading.suite.after.push(hook)
export const beforeEach = (hook: Hook): void => void loading.suite.beforeEach.push(hook)
export const afterEach = (hook: Hook): void => void loading.suite.afterEach.push(hook)
