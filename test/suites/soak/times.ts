import { HOUR } from '../simulation/story.ts'

export { HOUR, MINUTE } from '../simulation/story.ts'
export const SECOND = 1_000
export const DAY = 24 * HOUR
