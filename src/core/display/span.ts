/** A duration with its unit: `1.5 h`. */
export function span(ms: number): string {
  const units = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
  ] as const
  const [length, unit] = units.find(([length]) => ms >= 2 * length) ?? [1_000, 's']
  return `${(ms / length).toFixed(1)} ${unit}`
}
