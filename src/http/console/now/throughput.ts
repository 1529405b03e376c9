import { type Span, SPANS, sumOf } from '../../../core/history/series.ts'
import { bars } from './bars.ts'
import { counted, unit } from '../layout.ts'
import { chips, hrefOf } from '../list.ts'
import { type Markup, markup } from '../markup.ts'
import { lasting, type Times } from '../times.ts'
import type { History } from './history.ts'

const NAMES: Readonly<Record<Span, string>> = { hour: 'last hour', day: 'last 24 hours', week: 'last 7 days' }

/** Throughput and time to outcome over a span, with the same figures as a table. */
export function throughputCard(history: History, times: Times): Markup {
  const { span, received, operations, finished, waits } = history
  const known = received.some((value) => value !== null)
  const tabs = chips(
    'Span',
    (Object.keys(SPANS) as Span[]).map((one) => ({
      text: NAMES[one],
      href: hrefOf('/', { over: one === 'hour' ? null : one }),
      count: null,
      chosen: one === span,
    })),
  )
  return markup`<section class="card throughput" aria-labelledby="throughput"><div class="heading"><h2 id="throughput">Throughput</h2>${tabs}</div>
${
  known
    ? markup`<div class="charts">
${chart('Received', received, ['event', 'events'], span)}
${chart('Planned to send', operations, ['operation', 'operations'], span)}
${chart('Outcomes', finished, ['outcome', 'outcomes'], span)}
<div><p class="label">Time to outcome</p>${waitText(waits)}</div>
</div>${table(history, times)}`
    : markup`<p class="quiet">Nothing is known yet: a connector that plans keeps these figures once a minute.</p>`
}</section>`
}

function chart(
  name: string,
  values: readonly (number | null)[],
  units: readonly [one: string, many: string],
  span: Span,
): Markup {
  const sum = sumOf(values)
  const steps = values.filter((value) => value !== null).length
  const minutes = (steps * SPANS[span].stepMs) / 60_000
  const rate = minutes === 0 ? '' : ratePer(sum, minutes)
  const total = unit(sum, ...units)
  return markup`<div><p class="label">${name}</p><p class="n">${counted(sum)} <small>${sum === 1 ? units[0] : units[1]}</small></p>${bars(values, `${name}: ${total} in the ${NAMES[span]}, a bar for each ${lasting(SPANS[span].stepMs)}`)}<p class="age">${rate}</p></div>`
}

/** The mean, in the unit in which it is a number that can be read. */
function ratePer(sum: number, minutes: number): string {
  if (sum === 0) return 'none'
  const [value, per] =
    sum / minutes >= 1
      ? [sum / minutes, 'a minute']
      : sum / minutes >= 1 / 60
        ? [(sum / minutes) * 60, 'an hour']
        : [(sum / minutes) * 1_440, 'a day']
  return `${value >= 10 ? counted(Math.round(value)) : value.toFixed(1)} ${per}`
}

function waitText({ outcomes, halfMs, mostMs }: History['waits']): Markup {
  if (outcomes === 0) return markup`<p class="n"><small>no outcome</small></p>`
  return markup`<p class="n"><small>half within</small> ${halfMs === null ? 'over 7 d' : lasting(halfMs)}</p><p class="age">${mostMs === null ? 'more than 5 % took over 7 d' : `95 % within ${lasting(mostMs)}`}, of ${unit(outcomes, 'outcome')}</p>`
}

function table({ steps, received, operations, finished }: History, times: Times): Markup {
  const cell = (value: number | null | undefined): string =>
    value === null || value === undefined ? 'not known' : counted(value)
  const rows = steps.map(
    (step, index) =>
      markup`<tr><td>${times.plain(step)}</td><td>${cell(received[index])}</td><td>${cell(operations[index])}</td><td>${cell(finished[index])}</td></tr>`,
  )
  return markup`<details><summary>The same as a table</summary><table><thead><tr><th scope="col">From</th><th scope="col">Events received</th><th scope="col">Operations planned</th><th scope="col">Outcomes</th></tr></thead><tbody>${rows}</tbody></table></details>`
}
