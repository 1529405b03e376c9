/** The loops that can run in different processes: intake with hydrate; plan, submit and the look at the job; correlate with retention; publish. */
export const LOOPS = ['intake', 'provision', 'correlate', 'publish'] as const
export type Loop = (typeof LOOPS)[number]
