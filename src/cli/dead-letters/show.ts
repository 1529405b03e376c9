import { withStores } from '../../compose/dead-letters/stores.ts'
import { readConfig } from '../../compose/config.ts'
import { EXIT_CODES, RollcallError } from '../../core/errors.ts'
import type { SourceMessage } from '../../core/ports.ts'
import { type DeadLetter, factsOf, parseDeadLetterId } from '../../core/report/dead-letters/dead-letter.ts'
import { findDeadLetter, findMessage } from '../../core/report/dead-letters/find.ts'
import { reasonOf } from '../../core/report/outcomes/reason-catalogue.ts'
import { shortened } from '../../core/display/visible.ts'
import { discloseIn, type DisclosureOptions, expectDisclosure } from '../support/options/disclosure.ts'
import { type Format, printJson, printLines, printTable, say } from '../support/output.ts'
import { ledgerEmployees, readable } from './row.ts'

/**
 * Shows one dead letter, what its code means and what to do. Exit 4 when the id is not that of a
 * dead letter.
 */
export async function showDead(
  environment: NodeJS.ProcessEnv,
  id: string,
  { output, ...disclosure }: DisclosureOptions & { readonly output: Format },
): Promise<number> {
  const { showValues } = disclosure
  const name = parseDeadLetterId(id)
  if (!name)
    throw new RollcallError(
      'ArgumentInvalid',
      'the id of a dead letter is dl-<number> in the ledger and <queue>#<number> on the bus',
    )
  // What is on the bus is not a value of the ledger, and can be seen with any tool of the bus.
  if (name.store === 'ledger') expectDisclosure(disclosure)
  const config = readConfig(environment)
  return await withStores(config, name.store, say, async (stores) => {
    const dead = await findDeadLetter(stores, name)
    if (!dead) {
      say(`${shortened(id)} is no longer a dead letter; rollcall dead-letters list shows all of them`)
      return EXIT_CODES.notFound
    }
    await discloseIn(config, ledgerEmployees([dead]), disclosure)
    const message = await findMessage(stores, dead)
    const body = message?.text ?? null
    const facts = { ...readable(dead, showValues), ...originOf(dead, message, showValues) }
    const advice = reasonOf(factsOf(dead).code)
    if (output === 'json') {
      const { cause, fix, owner, waitingHelps } = advice
      printJson({ ...facts, ...(showValues ? { body } : {}), cause, fix, owner, waitingHelps })
      return EXIT_CODES.done
    }
    const rows = Object.entries(facts).filter(([, value]) => value !== null)
    printTable(
      [id, ''],
      [
        ...rows.map(([key, value]) => [key, cell(value)]),
        ['cause', advice.cause],
        ['what to do', advice.fix],
        ['owner', advice.owner],
      ],
    )
    if (showValues && body !== null) printLines('', ...body.split('\n'))
    return EXIT_CODES.done
  })
}

/** What is known about the message that it arrived in. */
function originOf(
  dead: DeadLetter,
  message: SourceMessage | null,
  showValues: boolean,
): Readonly<Record<string, unknown>> {
  const properties = message?.properties ?? {}
  const body = message?.text ?? null
  return {
    // A message on the bus is still where it arrived.
    arrivedAs: message && dead.store === 'ledger' ? `${message.entity}#${message.sequence}` : null,
    contentType: message?.contentType ?? null,
    properties: showValues ? properties : Object.keys(properties),
    bytes: body === null ? null : Buffer.byteLength(body),
  }
}

function cell(value: unknown): string {
  if (Array.isArray(value)) return value.map(String).join(', ')
  return typeof value === 'string' ? value : JSON.stringify(value)
}
