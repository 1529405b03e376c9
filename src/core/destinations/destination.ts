/**
 * A destination is where records are sent: one provisioning job with its own mapping, log, state
 * and holds. Every employee belongs to one destination at a time. A connector with a single job has
 * the destination of this name.
 */
export const DEFAULT_DESTINATION = 'default'

/** The destination as a report or an outcome names it: not at all where there is a single job. */
export function destinationField(name: string | null): { readonly destination?: string } {
  return name === null || name === DEFAULT_DESTINATION ? {} : { destination: name }
}

/**
 * The calls of these destinations count together: Entra limits them per tenant, not per job
 * (Microsoft Learn, "API-driven inbound provisioning concepts").
 */
export const DEFAULT_QUOTA = 'default'
