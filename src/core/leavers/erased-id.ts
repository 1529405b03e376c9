/** An erasure leaves a hash instead of the employee id. */
export const isErasedId = (employeeId: string): boolean => employeeId.startsWith('erased:')
