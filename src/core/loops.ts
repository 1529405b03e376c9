/**
 * The groups of loops that can run in different processes: intake and hydrate; plan, submit and
 * job; correlate and retention; publish and copies.
 */
export const LOOPS = ['intake', 'provision', 'correlate', 'publish'] as const
export type Loop = (typeof LOOPS)[number]
