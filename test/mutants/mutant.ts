/** A way to break the code: in `file`, the one place that reads `find` becomes `replace`. */
export interface Mutant {
  /** What is wrong with the code then. */
  readonly breaks: string
  readonly file: string
  readonly find: string
  readonly replace: string
}

/** Mutants of one part of the code, and the tests that have to notice each of them. */
export interface MutantList {
  /** Where the files are, from the root of the repository. */
  readonly folder: string
  /** Test files, from the root of the repository. At least one test must fail for each mutant. */
  readonly suites: readonly string[]
  readonly mutants: readonly ListedMutant[]
}

export interface ListedMutant extends Mutant {
  /** The test files next to this mutant, instead of those of the list. */
  readonly suites?: readonly string[]
}
