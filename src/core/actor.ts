/** Who acts, as the audit trail names it. */
export interface Actor {
  /**
   * What is known for certain, and stays when the name changes: an object id, an operating-system
   * user.
   */
  readonly id: string
  readonly name: string
}

/**
 * `Ann Example (7c0e…)`, or the name alone when it is the id. What stands in the last parentheses
 * was not typed by who acts.
 */
export const actorText = ({ id, name }: Actor): string => (id === name ? name : `${name} (${id})`)
