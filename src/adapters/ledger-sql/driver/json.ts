/** What the ledger wrote itself, so its shape is known. */
export function parse<T>(json: string): T {
  return JSON.parse(json) as T
}
