/** A case by the name that operators see and type. */
export const nameOf = (id: number): string => `leaver-${id}`
