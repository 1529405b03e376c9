/** The part of a day's calls that something takes: in percent of a day, or in days from one on. */
export function quotaInWords(days: number): string {
  if (days < 1) return `${roundedUp(days * 100)} % of a day's quota`
  const rounded = roundedUp(days)
  return `${rounded} ${rounded === 1 ? 'day' : 'days'} of quota`
}

/** To one decimal; what binary fractions add does not count. */
const roundedUp = (value: number): number => Math.ceil(value * 10 - 1e-9) / 10
