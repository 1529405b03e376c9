/** A duration with its unit: `1.5 h`. Never zero or below: less than a tenth of a second says so. */
export function span(ms: number): string {
  if (ms < SHORTEST_MS) return 'under 0.1 s'
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
  ] as const
  const [length, unit] = units.find(([length]) => ms >= 2 * length) ?? [1_000, 's']
  return `${(ms / length).toFixed(1)} ${unit}`
}

const SHORTEST_MS = 100
