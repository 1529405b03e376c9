/** The page of an employee. The id is in the query, because it may hold any character. */
export function employeeHref(employeeId: string, next: string | null = null): string {
  return `/employee?${new URLSearchParams({ id: employeeId, ...(next === null ? {} : { next }) }).toString()}`
}
