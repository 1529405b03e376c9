/**
 * A change that no test can notice, because the code does the same with it: its file, from the
 * folder of the list; text of the change, as long as it takes to be unique; what it becomes; why it
 * has no effect.
 */
export type Known = readonly [file: string, find: string, replace: string, because: string]

/** The condition ends early where the rest finds nothing. */
export const ONLY_SPARES_WORK = 'it only spares work: what follows finds nothing either'
/** A default in place of a time that is compared with another. */
export const LONG_AGO = 'the time is always later than a millisecond after 1970'
/** A default in place of a count that the statement always returns. */
export const ALWAYS_A_ROW = 'the statement always returns a row'
